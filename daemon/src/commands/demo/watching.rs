//! Watches the sample on its way through the daemon.

use super::super::error::CommandError;
use super::daemon::Daemon;
use super::progress::Line;
use super::{Place, sample};
use medicosam_shared::case::{CaseDetail, CaseState, CaseSummary};
use medicosam_shared::client::{Client, ClientError};
use std::time::{Duration, Instant};

/// Time between two looks at the daemon.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Longest time that the demo waits for its result.
const PATIENCE: Duration = Duration::from_secs(600);

/// Copies the sample into the watched folder and waits until it is up for review.
pub async fn segment_sample(
    place: &Place,
    client: &Client,
    daemon: &Daemon,
    line: &mut Line,
) -> Result<CaseDetail, CommandError> {
    let deadline = Instant::now() + PATIENCE;
    line.show("starting the daemon");
    while let Err(error) = client.hello().await {
        let starting = matches!(error, ClientError::Unreachable { .. }) && daemon.is_running();
        if !starting || Instant::now() > deadline {
            return Err(error.into());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }

    line.show(&format!(
        "copying {} into {}",
        sample::NAME,
        place.incoming().display()
    ));
    let incoming = place.incoming();
    let copy = tokio::task::spawn_blocking(move || sample::export(&incoming));
    let copied = copy.await.map_err(std::io::Error::other).flatten();
    copied
        .map_err(|e| CommandError::new("demo-copy", format!("cannot copy the sample: {e}"), ""))?;

    loop {
        let case = client.cases().await?.cases.into_iter().next();
        match case {
            Some(case) if case.state == CaseState::Review => {
                return Ok(client.case(&case.id.0).await?);
            }
            Some(CaseSummary {
                state: CaseState::Failed | CaseState::Paused,
                fault: Some(fault),
                ..
            }) => return Err(fault.into()),
            Some(case) => line.show(&describe(client, case.state).await?),
            None => line.show("waiting until the file has settled"),
        }
        if Instant::now() > deadline {
            return Err(CommandError::new(
                "demo-slow",
                format!("no result after {} minutes", PATIENCE.as_secs() / 60),
                format!("The daemon's log is {}.", place.log().display()),
            ));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn describe(client: &Client, state: CaseState) -> Result<String, CommandError> {
    let status = client.status().await?;
    let progress = status.workers.iter().find_map(|worker| worker.progress);
    Ok(match (state, progress) {
        (CaseState::Embedding, Some(progress)) => {
            let slice = (progress.done + 1).min(progress.total);
            format!("embedding slice {slice} of {}", progress.total)
        }
        (CaseState::Embedding, None) => "reading the scan".to_owned(),
        (state, _) => state.to_string(),
    })
}
