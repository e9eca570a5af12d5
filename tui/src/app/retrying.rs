//! Trying cases again.

use super::dialog::Dialog;
use super::dialog::other_result::OtherResult;
use super::event::Effect;
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::queue::batch::Asked;
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{CaseId, CaseState, CaseSummary};
use medicosam_shared::fault_code::FaultCode;

/// Tries what is marked, selected or looked at again. A case that found another result where its own
/// goes needs an answer first.
pub(super) fn retry(model: &mut Model) -> Vec<Effect> {
    let again = |case: &CaseSummary| matches!(case.state, CaseState::Failed | CaseState::Paused);
    let in_queue = matches!(model.screen, Screen::Queue);
    let marked: Vec<CaseId> = model
        .queue
        .marked()
        .filter(|case| in_queue && again(case))
        .map(|case| case.id.clone())
        .collect();
    let ids = match (marked.is_empty(), model.current()) {
        (false, _) => marked,
        (true, Some(case)) if again(case) => {
            if let Some(dialog) = other_result(case) {
                model.dialog = Some(dialog);
                return Vec::new();
            }
            vec![case.id.clone()]
        }
        (true, Some(case)) => {
            let text = format!(
                "It is {}; only failed and paused cases are tried again.",
                case.state
            );
            model.notice = Some(Notice::bad(text));
            return Vec::new();
        }
        (true, None) => return Vec::new(),
    };
    model.batches.begin(Asked::Retry, &ids, None);
    model.queue.unmark();
    ids.into_iter().map(Effect::Retry).collect()
}

/// The question about the result that a case found where its own goes, if it waits for that.
pub(super) fn other_result(case: &CaseSummary) -> Option<Dialog> {
    let fault = case.fault.as_ref()?;
    let asks = matches!(case.state, CaseState::Failed | CaseState::Paused);
    (asks && fault.is(FaultCode::OutputChanged)).then(|| {
        Dialog::OtherResult(OtherResult {
            case: case.id.clone(),
            text: fault.message.clone(),
        })
    })
}

/// Tries a case again, and says what becomes of the result that it found where its own goes.
pub(super) fn retry_with(model: &mut Model, case: CaseId, output: OutputChoice) -> Vec<Effect> {
    model
        .batches
        .begin(Asked::Retry, std::slice::from_ref(&case), None);
    vec![Effect::RetryWith { case, output }]
}
