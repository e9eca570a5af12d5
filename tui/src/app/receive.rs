//! Answers of the daemon.

use super::draft::answers;
use super::event::{Answer, Effect, Failure};
use super::retrying;
use super::state::model::{Link, Model, Screen};
use super::state::notice::Notice;
use super::state::queue::live::Now;
use super::state::review::Review;
use super::state::review::slices::SliceId;
use super::{calls, decide, decided, dismissal, intake, resume};
use medicosam_shared::api::{CaseList, SliceValues, Status};
use medicosam_shared::case::{Action, CaseDetail, CaseId, Event, RevisionNumber, Verdict};
use medicosam_shared::geometry::Plane;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::text::printable;
use std::sync::Arc;

/// Applies an answer to the model; returns the work for the outside.
pub(super) fn receive(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Connected { list, status } => return connected(model, list, status),
        Answer::Disconnected(failure) => model.link = Link::Lost(failure),
        Answer::Happened(event) => return happened(model, &event),
        Answer::Everything(result) => return everything(model, result),
        Answer::Some { cases, status } => {
            let call = calls::call(&model.queue, &cases);
            model.queue.put(cases);
            model.status = status.or(model.status.take());
            model.scroll();
            let call = call.map(Effect::Call);
            return model.refreshed().into_iter().chain(call).collect();
        }
        Answer::Case { case, result } => return case_read(model, &case, result),
        Answer::Slice {
            case,
            plane,
            index,
            result,
        } => return slice_read(model, &case, plane, index, result),
        Answer::Masks {
            case,
            revision,
            result,
        } => return masks_read(model, &case, revision, result),
        Answer::Reference {
            case,
            sha256,
            result,
        } => reference_read(model, &case, sha256, result),
        Answer::Decided {
            case,
            request,
            result,
        } => return decided::decided(model, &case, request, result),
        Answer::Undone { case, result } => return decided::taken_back(model, &case, result),
        Answer::Noted { case, result } => {
            model.peek.stale(&case);
            model.notice = Some(match result {
                Ok(summary) => Notice::good(format!("Noted on {}.", printable(&summary.name))),
                Err(failure) => Notice::failure(&failure),
            });
        }
        Answer::Peeked(result) => model.peek.arrived(result),
        Answer::Live(live) => {
            if let Some(status) = &mut model.status {
                status.workers = live.workers;
                status.paused = live.paused;
                status.troubles = live.troubles;
                if let Some(roots) = live.roots {
                    status.roots = roots;
                }
            }
            model.live = Now::new(live.viewers, live.scan_s);
        }
        Answer::Retried { case, result } => decided::retried(model, &case, result),
        Answer::Dismissed { case, result } => dismissal::dismissed(model, &case, result),
        Answer::Hurried(result) => intake::hurried(model, result),
        Answer::Intake(result) => intake::changed(model, result),
        Answer::Draft { case, result } => return answers::draft_loaded(model, &case, result),
        Answer::DraftChanged {
            case,
            result,
            elapsed,
        } => return answers::draft_changed(model, &case, result, elapsed),
        Answer::DraftProgress { case, result } => {
            return answers::draft_progressed(model, &case, result);
        }
    }
    Vec::new()
}

fn connected(model: &mut Model, list: CaseList, status: Status) -> Vec<Effect> {
    let before = std::mem::replace(&mut model.link, Link::Connected);
    model.notice = connection_news(&before, &status).or(model.notice.take());
    model.status = Some(status);
    model.queue.replace(list.cases);
    model.scroll();
    if let Some(place) = model.resuming.take() {
        return resume::go_on(model, place);
    }
    // Reads that failed while the daemon was away can succeed now.
    model.review_mut().map(Review::read).unwrap_or_default()
}

fn everything(model: &mut Model, result: Result<(CaseList, Status), Failure>) -> Vec<Effect> {
    let mut call = None;
    if let Ok((list, status)) = result {
        call = calls::call(&model.queue, &list.cases);
        model.queue.replace(list.cases);
        model.status = Some(status);
        model.scroll();
    }
    let call = call.map(Effect::Call);
    model.refreshed().into_iter().chain(call).collect()
}

fn case_read(
    model: &mut Model,
    case: &CaseId,
    result: Result<Box<CaseDetail>, Failure>,
) -> Vec<Effect> {
    let far = model.host.is_some();
    let Some(review) = model.pictured(case) else {
        return Vec::new();
    };
    review.slices.far = far;
    match result {
        Ok(detail) => {
            let summary = detail.summary.clone();
            let is_first = review.detail.is_none();
            let effects = review.put_detail(*detail);
            if is_first && model.dialog.is_none() {
                model.dialog = retrying::other_result(&summary);
            }
            model.queue.put(vec![summary]);
            return effects;
        }
        Err(failure) if review.detail.is_none() => {
            review.failure = Some(failure.fault.message);
        }
        // What is on the screen is older than it could be, but still true.
        Err(failure) => model.notice = Some(Notice::failure(&failure)),
    }
    Vec::new()
}

fn slice_read(
    model: &mut Model,
    case: &CaseId,
    plane: Plane,
    index: u32,
    result: Result<Arc<SliceValues>, Failure>,
) -> Vec<Effect> {
    let Some(review) = model.pictured(case) else {
        return Vec::new();
    };
    let Some(stack) = review.stack() else {
        return Vec::new();
    };
    let axis = stack.affine.axis(plane);
    let result = result.map_err(|failure| failure.fault.message);
    let shape = stack.across(axis).shape();
    review
        .slices
        .arrived(SliceId { axis, index }, shape, result);
    match review.slices.far {
        true => review.load(),
        false => Vec::new(),
    }
}

fn masks_read(
    model: &mut Model,
    case: &CaseId,
    revision: RevisionNumber,
    result: Result<Arc<MaskSet>, Failure>,
) -> Vec<Effect> {
    let Some(review) = model.pictured(case) else {
        return Vec::new();
    };
    match result {
        Ok(masks) => {
            review.put_masks(revision, masks);
            review.compose();
            let mut effects = review.load();
            let is_current = review.revision() == Some(revision);
            let then_approve = is_current && std::mem::take(&mut review.then_approve);
            model.carry_over();
            if then_approve {
                effects.extend(decide::decide(model, Verdict::Approve));
            }
            effects
        }
        Err(failure) => {
            model.notice = Some(Notice::failure(&failure));
            Vec::new()
        }
    }
}

fn reference_read(
    model: &mut Model,
    case: &CaseId,
    sha256: String,
    result: Result<Arc<MaskSet>, Failure>,
) {
    let Some(review) = model.review_of(case) else {
        return;
    };
    match result {
        Ok(masks) => review.put_reference(sha256, masks),
        Err(failure) => model.notice = Some(Notice::failure(&failure)),
    }
}

/// The notice about a new connection, if there is any.
fn connection_news(before: &Link, status: &Status) -> Option<Notice> {
    if let Some(difference) = status.version.differs() {
        return Some(Notice {
            text: difference,
            hint: "Restart the daemon if it was updated, else install both of one build."
                .to_owned(),
            bad: true,
        });
    }
    matches!(before, Link::Lost(_)).then(|| Notice::good("Connected again; nothing was missed."))
}

/// An entry of the event log: what it is about is read again.
fn happened(model: &mut Model, event: &Event) -> Vec<Effect> {
    // A file that is replaced or removed takes its case out of the list.
    if matches!(event.action, Action::Superseded | Action::Withdrawn) {
        return model.all_changed().into_iter().collect();
    }
    let Some(case) = &event.case else {
        return Vec::new();
    };
    model.peek.stale(case);
    let mut effects: Vec<Effect> = model.changed(case.clone()).into_iter().collect();
    if matches!(model.screen, Screen::Queue) && model.preview.of(case).is_some() {
        effects.push(Effect::LoadCase(case.clone()));
    }
    let deciding = model.deciding.contains(case);
    let you = model.status.as_ref().map(|status| status.you.clone());
    if let Some(review) = model.review_of(case)
        && !review.prompting
    {
        effects.push(Effect::LoadCase(case.clone()));
        if let Some(text) = news(event, you.as_deref().unwrap_or_default()).filter(|_| !deciding) {
            model.notice = Some(Notice::good(text));
        }
    }
    effects
}

/// The news for a reviewer, `you`, with the case open.
fn news(event: &Event, you: &str) -> Option<String> {
    let has = match &*event.who {
        "" => "Somebody has".to_owned(),
        who if who == you => "You have".to_owned(),
        who => format!("{} has", printable(who)),
    };
    match event.action {
        Action::Approved => Some(format!("{has} just approved this case.")),
        Action::Rejected => Some(format!("{has} just rejected this case.")),
        Action::Flagged => Some(format!("{has} just flagged this case.")),
        Action::Undone => Some(format!("{has} just taken a decision back.")),
        Action::Noted if event.who == you => {
            Some(format!("You note: {}", printable(&event.detail)))
        }
        Action::Noted => Some(format!(
            "{} notes: {}",
            printable(&event.who),
            printable(&event.detail)
        )),
        Action::Assigned => Some(format!(
            "{has} just assigned this case {}.",
            printable(&event.detail)
        )),
        Action::Hurried => Some(format!("{has} just put this case first in the queue.")),
        Action::Dismissed => Some(format!("{has} just put this case away.")),
        Action::Restored => Some(format!("{has} just brought this case back.")),
        Action::Prompted => Some(format!("{has} just asked for another mask.")),
        Action::Revised => Some("There is a new revision.".to_owned()),
        Action::Identified
        | Action::Claimed
        | Action::Stage
        | Action::Released
        | Action::Drafted
        | Action::Discarded
        | Action::Beside
        | Action::Retried
        | Action::Halted
        | Action::Resumed
        | Action::Failed
        | Action::Paused
        | Action::Superseded
        | Action::Moved
        | Action::Withdrawn => None,
    }
}
