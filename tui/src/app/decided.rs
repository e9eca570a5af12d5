//! The daemon's answers to decisions and to the requests that go with them.

use super::decide;
use super::dialog::Dialog;
use super::dialog::conflict::Conflict;
use super::event::{Effect, Failure};
use super::state::model::Model;
use super::state::notice::Notice;
use super::state::queue::batch::{Asked, Batch};
use medicosam_shared::api::DecisionRequest;
use medicosam_shared::case::{CaseId, CaseSummary};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::text::printable;

/// A decision was recorded, or refused.
pub(super) fn decided(
    model: &mut Model,
    case: &CaseId,
    request: DecisionRequest,
    result: Result<CaseSummary, Failure>,
) -> Vec<Effect> {
    model.deciding.remove(case);
    let is_decision = |asked| matches!(asked, Asked::Decide(_));
    let batch = model.batches.answered(is_decision, case, &result);
    match result {
        Ok(summary) => recorded(model, case, summary, batch),
        Err(failure) => refused(model, case, request, failure, batch),
    }
}

fn refused(
    model: &mut Model,
    case: &CaseId,
    request: DecisionRequest,
    failure: Failure,
    batch: Option<Batch>,
) -> Vec<Effect> {
    match batch {
        Some(batch) if batch.count > 1 => model.notice = Some(Notice::outcome(batch.summary())),
        Some(_) if failure.fault.is(FaultCode::AlreadyDecided) && model.dialog.is_none() => {
            model.dialog = Some(Dialog::Conflict(Conflict {
                case: case.clone(),
                request,
                text: failure.fault.message,
            }));
        }
        Some(_) => model.notice = Some(Notice::failure(&failure)),
        None => {}
    }
    // Somebody else was first, or the case has moved on: see what it is now.
    if model.review_of(case).is_some() {
        return vec![Effect::LoadCase(case.clone())];
    }
    model.changed(case.clone()).into_iter().collect()
}

fn recorded(
    model: &mut Model,
    case: &CaseId,
    summary: CaseSummary,
    batch: Option<Batch>,
) -> Vec<Effect> {
    let looked_at = model.review_of(case).is_some();
    let selected = model.queue.selected().is_some_and(|c| c.id == *case);
    let text = format!("{}: {}", printable(&summary.name), summary.state);
    let next = next_after(model, case, batch.as_ref());
    model.queue.put(vec![summary]);
    match batch {
        Some(batch) if batch.count > 1 => model.notice = Some(Notice::outcome(batch.summary())),
        Some(_) => model.notice = Some(Notice::good(text)),
        None => {}
    }
    match next {
        Some(next) if looked_at => return model.open(next),
        None if looked_at => {
            model.close();
            let nothing = decide::nothing_waits(model, case);
            if let Some(notice) = &mut model.notice {
                notice.text.push_str(&format!(". {nothing}"));
            }
        }
        Some(next) if selected => model.queue.select(&next),
        Some(_) | None => {}
    }
    model.scroll();
    Vec::new()
}

/// The case to go on with: the one that followed when the key was pressed, if it still waits.
fn next_after(model: &Model, case: &CaseId, batch: Option<&Batch>) -> Option<CaseId> {
    let waits = |id: &CaseId| {
        let known = model.queue.get(id);
        known.is_some_and(|c| c.awaits_you() && c.id != *case)
    };
    let next = batch.and_then(|batch| batch.next.clone());
    next.filter(waits).or_else(|| {
        let next = model.queue.neighbour(case, true);
        next.map(|c| c.id.clone())
    })
}

/// A decision was taken back, or that was refused.
pub(super) fn taken_back(
    model: &mut Model,
    case: &CaseId,
    result: Result<CaseSummary, Failure>,
) -> Vec<Effect> {
    let is_undo = |asked| asked == Asked::Undo;
    let batch = model.batches.answered(is_undo, case, &result);
    let single = batch.as_ref().is_some_and(|batch| batch.count == 1);
    if let Some(batch) = batch.filter(|batch| batch.count > 1) {
        model.notice = Some(Notice::outcome(batch.summary()));
    }
    match result {
        Err(failure) if single => model.notice = Some(Notice::failure(&failure)),
        Err(_) => {}
        Ok(summary) => {
            if single {
                let name = printable(&summary.name);
                let text = format!("Taken back: {name} is {} again.", summary.state);
                model.notice = Some(Notice::good(text));
            }
            model.queue.put(vec![summary]);
            model.queue.select(case);
            model.scroll();
            // Somebody who takes a decision back wants to see the case again.
            if single && model.review().is_some_and(|r| !r.mode.is_edit()) {
                let notice = model.notice.take();
                let effects = model.open(case.clone());
                model.notice = notice;
                return effects;
            }
        }
    }
    Vec::new()
}

/// A case is tried again, or that was refused.
pub(super) fn retried(model: &mut Model, case: &CaseId, result: Result<CaseSummary, Failure>) {
    let is_retry = |asked| asked == Asked::Retry;
    let batch = model.batches.answered(is_retry, case, &result);
    let several = batch.filter(|batch| batch.count > 1);
    let alone = several.is_none();
    if let Some(batch) = several {
        model.notice = Some(Notice::outcome(batch.summary()));
    }
    match result {
        Ok(summary) => {
            if alone {
                let text = format!("{}: {}", printable(&summary.name), summary.state);
                model.notice = Some(Notice::good(text));
            }
            model.queue.put(vec![summary]);
            model.scroll();
        }
        Err(failure) if alone => model.notice = Some(Notice::failure(&failure)),
        Err(_) => {}
    }
}
