//! Watches the sample on its way through the daemon.

use super::super::error::CommandError;
use super::daemon::Daemon;
use super::progress::Line;
use super::{Place, sample};
use medicosam_shared::case::{CaseDetail, CaseState, CaseSummary};
use medicosam_shared::client::{Client, ClientError};
use medicosam_shared::progress::Progress;
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
    Ok(in_words(state, progress))
}

/// What the daemon is doing, in a line.
fn in_words(state: CaseState, progress: Option<Progress>) -> String {
    match (state, progress) {
        (CaseState::Embedding, Some(Progress { done, total })) => {
            format!("embedding slice {} of {total}", (done + 1).min(total))
        }
        (CaseState::Embedding, None) => "reading the scan".to_owned(),
        (CaseState::Segmenting, Some(Progress { done, total })) if done < total => {
            format!("segmenting slice {} of {total}", done + 1)
        }
        (CaseState::Segmenting, Some(_)) => "comparing the slices with each other".to_owned(),
        (state, _) => state.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_says_how_far_it_is() {
        let at = |state, done| in_words(state, Some(Progress { done, total: 3 }));
        assert_eq!(in_words(CaseState::Embedding, None), "reading the scan");
        assert_eq!(at(CaseState::Embedding, 0), "embedding slice 1 of 3");
        assert_eq!(at(CaseState::Embedding, 3), "embedding slice 3 of 3");
        assert_eq!(at(CaseState::Segmenting, 2), "segmenting slice 3 of 3");
        let last = at(CaseState::Segmenting, 3);
        assert_eq!(last, "comparing the slices with each other");
        assert_eq!(in_words(CaseState::Waiting, None), "waiting");
    }
}
