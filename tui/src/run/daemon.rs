//! The daemon's side: its event log is followed without end, and questions are asked in between.

use crate::app::{Answer, Effect, Failure};
use futures_util::StreamExt;
use medicosam_shared::api::{
    CaseList, DecisionRequest, DraftRequest, OutputChoice, RetryRequest, Status,
};
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary, Fault};
use medicosam_shared::client::{Client, ClientError};
use medicosam_shared::fault_code::FaultCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// Time before the next try to reach the daemon; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Follows the event log. After a break it goes on with the entry after the last one that came,
/// so that nothing is missed. Ends when nobody listens any more.
pub async fn follow(client: Client, answers: Sender<Answer>) {
    let mut last = None;
    let mut tries = 0;
    loop {
        let (connected, failure) = follow_once(&client, &answers, &mut last).await;
        tries = if connected { 0 } else { tries + 1 };
        if answers.send(Answer::Disconnected(failure)).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSES[tries.min(PAUSES.len() - 1)]).await;
    }
}

/// One connection: whether there was any, and why it ended.
async fn follow_once(
    client: &Client,
    answers: &Sender<Answer>,
    last: &mut Option<u64>,
) -> (bool, Failure) {
    let connected = async {
        client.hello().await?;
        everything(client).await
    };
    let (list, status) = match connected.await {
        Ok(everything) => everything,
        Err(error) => return (false, error.into()),
    };
    // A log that is shorter than before is another daemon's.
    let newest = list.last_event;
    let after = last.map_or(newest, |last| last.min(newest));
    let events = match client.events(after).await {
        Ok(events) => events,
        Err(error) => return (false, error.into()),
    };
    if answers
        .send(Answer::Connected { list, status })
        .await
        .is_err()
    {
        return (true, ended());
    }
    let mut events = std::pin::pin!(events);
    *last = Some(after);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                *last = Some(event.seq);
                if answers.send(Answer::Happened(event)).await.is_err() {
                    break;
                }
            }
            Err(error) => return (true, error.into()),
        }
    }
    (true, ended())
}

/// Follows the transient state of the daemon, and lets others see that `case` is looked at here,
/// until it is aborted. Resumes by itself after a break.
pub async fn live(client: Client, case: Option<CaseId>, answers: Sender<Answer>) {
    loop {
        if let Ok(live) = client.live(case.as_ref()).await {
            let mut live = std::pin::pin!(live);
            while let Some(Ok(now)) = live.next().await {
                if answers.send(Answer::Live(now)).await.is_err() {
                    return;
                }
            }
        }
        tokio::time::sleep(PAUSES[PAUSES.len() - 1]).await;
    }
}

fn ended() -> Failure {
    Failure::from(Fault {
        code: FaultCode::ConnectionBroken.into(),
        message: "the daemon has ended the connection".to_owned(),
        hint: String::new(),
    })
}

async fn everything(client: &Client) -> Result<(CaseList, Status), ClientError> {
    tokio::try_join!(client.cases(), client.status())
}

/// Asks the daemon for something, and sends its answer.
pub async fn ask(client: Client, effect: Effect, answers: Sender<Answer>) {
    if let Some(answer) = answer(&client, effect).await {
        // Nobody listens any more when the client ends.
        let _ = answers.send(answer).await;
    }
}

/// Tries a case again. Only the result that lies there now is replaced.
async fn retry_with(
    client: &Client,
    case: &CaseId,
    output: OutputChoice,
) -> Result<CaseSummary, ClientError> {
    let found = match output {
        OutputChoice::Replace => client.case(&case.0).await?.output_found,
        OutputChoice::Keep => None,
    };
    let request = RetryRequest {
        output: Some(output),
        found: found.and_then(|found| found.sha256),
    };
    client.retry(case, &request).await
}

async fn answer(client: &Client, effect: Effect) -> Option<Answer> {
    Some(match effect {
        Effect::Quit
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Rest
        | Effect::Call(_)
        | Effect::Copy(_)
        | Effect::SaveFilters(_) => return None,
        Effect::ReadAhead(case) => {
            // If it cannot be read, the reviewer who opens the case sees why.
            let _ = client.read_ahead(&case).await;
            return None;
        }
        Effect::LoadEverything => {
            Answer::Everything(everything(client).await.map_err(Failure::from))
        }
        Effect::LoadSome(ids) => some(client, &ids).await,
        Effect::LoadCase(case) => {
            let result = detail(client, &case).await;
            Answer::Case { case, result }
        }
        Effect::Peek(case) => Answer::Peeked(detail(client, &case).await),
        Effect::LoadSlice {
            coloured,
            case,
            plane,
            index,
            reduced,
        } => {
            let slice = (plane, index);
            let result = match (client.host(), coloured) {
                (Some(_), true) => client.coloured_slice_packed(&case, slice, reduced).await,
                (Some(_), false) => client.slice_packed(&case, slice, reduced).await,
                (None, true) => client.coloured_slice(&case, plane, index).await,
                (None, false) => client.slice(&case, plane, index).await,
            };
            Answer::Slice {
                case,
                plane,
                index,
                result: result.map(Arc::new).map_err(Failure::from),
            }
        }
        Effect::LoadMasks { case, revision } => {
            let result = client.masks(&case, revision).await;
            Answer::Masks {
                case,
                revision,
                result: result.map(Arc::new).map_err(Failure::from),
            }
        }
        Effect::LoadReference { case, name, sha256 } => {
            let result = client.reference_masks(&case, &name).await;
            Answer::Reference {
                case,
                sha256,
                result: result.map(Arc::new).map_err(Failure::from),
            }
        }
        Effect::Decide { case, request } => decide(client, case, request).await,
        Effect::Undo { case, request } => {
            let result = client.undo(&case, &request).await.map_err(Failure::from);
            Answer::Undone { case, result }
        }
        Effect::Note { case, request } => {
            let result = client.note(&case, &request).await.map_err(Failure::from);
            Answer::Noted { case, result }
        }
        Effect::Retry(case) => {
            let result = client
                .retry(&case, &RetryRequest::default())
                .await
                .map_err(Failure::from);
            Answer::Retried { case, result }
        }
        Effect::RetryWith { case, output } => {
            let result = retry_with(client, &case, output).await;
            let result = result.map_err(Failure::from);
            Answer::Retried { case, result }
        }
        Effect::Hurry(case) => Answer::Hurried(client.hurry(&case).await.map_err(Failure::from)),
        Effect::PauseIntake(paused) => {
            Answer::Intake(client.pause_intake(paused).await.map_err(Failure::from))
        }
        Effect::Dismiss(case) => {
            let result = client.dismiss(&case).await.map_err(Failure::from);
            Answer::Dismissed { case, result }
        }
        Effect::BringBack(case) => {
            let result = client.bring_back(&case).await.map_err(Failure::from);
            Answer::Dismissed { case, result }
        }
        Effect::LoadDraft(case) => {
            let result = client.draft(&case).await.map_err(Failure::from);
            Answer::Draft { case, result }
        }
        Effect::ChangeDraft { case, request } => change_draft(client, case, &request).await,
        Effect::WatchDraft { case, after } => {
            let result = client.draft_progress(&case, after).await;
            let result = result.map_err(Failure::from);
            Answer::DraftProgress { case, result }
        }
    })
}

async fn some(client: &Client, ids: &[CaseId]) -> Answer {
    let cases = client.some_cases(ids).await;
    let cases = cases.map_or_else(|_| Vec::new(), |list| list.cases);
    let status = client.status().await.ok();
    Answer::Some { cases, status }
}

async fn detail(client: &Client, case: &CaseId) -> Result<Box<CaseDetail>, Failure> {
    let result = client.case(&case.0).await;
    result.map(Box::new).map_err(Failure::from)
}

async fn decide(client: &Client, case: CaseId, request: DecisionRequest) -> Answer {
    let result = client.decide(&case, &request).await;
    Answer::Decided {
        case,
        request,
        result: result.map_err(Failure::from),
    }
}

async fn change_draft(client: &Client, case: CaseId, request: &DraftRequest) -> Answer {
    let start = Instant::now();
    let result = client.change_draft(&case, request).await;
    Answer::DraftChanged {
        case,
        result: result.map_err(Failure::from),
        elapsed: start.elapsed(),
    }
}
