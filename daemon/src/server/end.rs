//! When a run of the daemon ends.

use super::{Failure, ServerError, Shared, Until, system};
use crate::config::Config;
use medicosam_shared::case::CaseState;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Why a run ends.
#[derive(Debug)]
pub enum End {
    /// The daemon is to stop.
    Stop,
    /// It is to go on with another configuration.
    Reload(Box<Config>),
}

/// Ends when the daemon is stopped, when its configuration has changed and is to be read again, when
/// everything is done, or at a failure.
pub fn end_of_run(
    until: Until,
    shared: &Shared,
    failure: &Failure,
) -> Result<impl Future<Output = End> + Send + 'static, ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(system("listen for signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("listen for signals"))?;
    let hangup = signal(SignalKind::hangup()).map_err(system("listen for signals"))?;
    let reload = reload(hangup, Arc::clone(&shared.config));
    let (shared, failure) = (shared.clone(), failure.clone());
    let done = async move {
        match until {
            Until::Stopped => std::future::pending().await,
            Until::Done => everything_done(shared).await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => End::Stop,
            _ = interrupt.recv() => End::Stop,
            config = reload => End::Reload(config),
            () = done => End::Stop,
            () = failure.happened.notified() => End::Stop,
        }
    })
}

/// Waits until the daemon is asked to read its configuration again, and that has changed. One that is not
/// right changes nothing.
async fn reload(mut hangup: Signal, config: Arc<Config>) -> Box<Config> {
    loop {
        if hangup.recv().await.is_none() {
            // No more signals come.
            std::future::pending::<()>().await;
        }
        let before = Arc::clone(&config);
        let read = move || Config::load(&before.source, &before.data);
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(now)) => {
                let changes = now.differs_from(&config);
                if changes.is_empty() {
                    tracing::info!("the configuration was read again: nothing in it has changed");
                    continue;
                }
                for change in changes {
                    tracing::info!("the configuration has changed: {change}");
                }
                for problem in now.would_go_wrong() {
                    tracing::warn!("the configuration has a problem: {problem}");
                }
                return Box::new(now);
            }
            Ok(Err(error)) => tracing::error!(
                code = error.code(),
                "{error}; the daemon goes on with the configuration that it has"
            ),
            Err(error) => tracing::error!("the configuration cannot be read again: {error}"),
        }
    }
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
