//! When a run of the daemon ends.

use super::{Failure, ServerError, Shared, Until, system};
use medicosam_shared::case::CaseState;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Ends when the daemon is stopped, when everything is done, or at a failure.
pub fn end_of_run(
    until: Until,
    shared: &Shared,
    failure: &Failure,
) -> Result<impl Future<Output = ()> + Send + 'static, ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(system("listen for signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("listen for signals"))?;
    let (shared, failure) = (shared.clone(), failure.clone());
    let done = async move {
        match until {
            Until::Stopped => std::future::pending().await,
            Until::Done => everything_done(shared).await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = done => {}
            () = failure.happened.notified() => {}
        }
    })
}

async fn everything_done(shared: Shared) {
    let mut of_cases = shared.store.changes().listen();
    let mut of_roots_and_workers = shared.live.listen();
    loop {
        if shared.live.is_settled() && nothing_goes_on(&shared).await {
            return;
        }
        tokio::select! {
            () = of_cases.changed() => {}
            () = of_roots_and_workers.changed() => {}
        }
    }
}

/// Whether no case is under way. Paused cases wait for something that may never come, and so does
/// a daemon without a device.
async fn nothing_goes_on(shared: &Shared) -> bool {
    if shared.live.is_paused() {
        return true;
    }
    // The store may block on the disk.
    let store = Arc::clone(&shared.store);
    let counts = tokio::task::spawn_blocking(move || store.counts()).await;
    let under_way = [
        CaseState::Waiting,
        CaseState::Embedding,
        CaseState::Segmenting,
    ];
    match counts {
        Ok(Ok(counts)) => !under_way.iter().any(|state| counts.contains_key(state)),
        Ok(Err(_)) | Err(_) => false,
    }
}
