//! The daemon's answers about the draft.

use super::asking::draw_key;
use super::prompting::edit_key;
use super::spreading::{finished, last_spread};
use crate::app::action::Draw;
use crate::app::dialog::Dialog;
use crate::app::dialog::question::Question;
use crate::app::event::{Effect, Failure};
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::review::Review;
use medicosam_shared::api::{DraftProgress, DraftResponse, DraftView};
use medicosam_shared::case::CaseId;
use medicosam_shared::correction::judge;
use medicosam_shared::draft::DraftChange;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::place::Place;
use std::time::Duration;

/// The daemon has changed the draft, or not.
pub(in crate::app) fn draft_changed(
    model: &mut Model,
    case: &CaseId,
    result: Result<DraftResponse, Failure>,
    elapsed: Duration,
) -> Vec<Effect> {
    let undo = draw_key(model, Draw::Undo);
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    let response = match result {
        Ok(response) => response,
        Err(failure) => return refused(model, case, &failure),
    };
    let (change, mut effects) =
        review.with_draft(|drafting, known| drafting.answered(known, &response));
    review.compose();
    if change == Some(DraftChange::Commit) {
        review.prompting = false;
        match response {
            // Back to where it is decided on.
            DraftResponse::Revised { .. } => review.end_drawing(),
            DraftResponse::Changed { .. }
            | DraftResponse::Queued
            | DraftResponse::Failed { .. } => review.then_approve = false,
        }
    }
    let has_changes = review.drafting.has_changes();
    let notice = match response {
        DraftResponse::Revised { revision } => {
            effects.push(Effect::LoadCase(case.clone()));
            Some(Notice::good(format!(
                "revision {revision} in {} ms",
                elapsed.as_millis()
            )))
        }
        DraftResponse::Changed { .. } => segmented(change.as_ref()).map(|place| {
            review.elapsed = Some(elapsed);
            review.display.masks_visible = true;
            answered(elapsed, doubt(review, place), &undo)
        }),
        DraftResponse::Queued => Some(Notice::good(
            "Other work comes first; the new mask will appear by itself.",
        )),
        DraftResponse::Failed { fault } => Some(Notice::failure(&fault.into())),
    };
    if notice.is_some() {
        model.notice = notice;
    }
    model.queue.mark_draft(case, has_changes);
    effects
}

/// The daemon has refused to change the draft, or was not reached.
fn refused(model: &mut Model, case: &CaseId, failure: &Failure) -> Vec<Effect> {
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    let (change, mut effects) =
        review.with_draft(|drafting, known| drafting.refused(known, failure));
    review.compose();
    review.prompting = false;
    review.then_approve = false;
    let conflict = failure.conflict && change == Some(DraftChange::Commit);
    if conflict && failure.fault.is(FaultCode::OtherRevision) {
        effects.push(Effect::LoadCase(case.clone()));
        let text = failure.fault.message.clone();
        model.dialog = Some(Dialog::Question(Question::Rebase(text)));
    } else if !failure.fault.is(FaultCode::DraftMoved) {
        model.notice = Some(Notice::failure(failure));
    }
    effects
}

/// The place that a change has segmented, if it did that.
fn segmented(change: Option<&DraftChange>) -> Option<Place> {
    let DraftChange::Segment { label, index } = change? else {
        return None;
    };
    Some(Place::new(*label, *index))
}

/// What speaks against the mask that the model has made of a slice.
fn doubt(review: &Review, place: Place) -> Option<String> {
    let draft = review.drafting.draft()?;
    let (answer, chosen) = draft.answer(place)?;
    let mask = answer.candidates.get(chosen as usize)?;
    let before = answer.before.unwrap_or(0);
    judge(before, mask.mask.area(), mask.predicted_iou).doubt()
}

/// The notice about a new mask: good only if nothing speaks against it.
fn answered(elapsed: Duration, doubt: Option<String>, undo: &str) -> Notice {
    let ms = elapsed.as_millis();
    match doubt {
        None => Notice::good(format!("mask in {ms} ms")),
        Some(doubt) => Notice::bad(format!("mask in {ms} ms: {doubt}; {undo} takes it back")),
    }
}

/// The draft as the daemon has it.
pub(in crate::app) fn draft_loaded(
    model: &mut Model,
    case: &CaseId,
    result: Result<DraftView, Failure>,
) -> Vec<Effect> {
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    // Without it there is nothing to go on with; the next change fails with the reason.
    let Ok(view) = result else {
        review.drafting.unread();
        return Vec::new();
    };
    let before = review.drafting.draft().map(|d| last_spread(d).cloned());
    let news = review.drafting.draft().is_none() && !review.mode.is_edit();
    let effects = review.with_draft(|drafting, known| drafting.loaded(known, view));
    review.compose();
    let has_changes = review.drafting.has_changes();
    if news && has_changes {
        let draft = review.drafting.draft();
        let slices = draft.map_or(0, |d| d.canvas().places().count().max(d.drawn().len()));
        let edit = edit_key(model);
        model.notice = Some(Notice::good(format!(
            "You have a draft here ({slices} slices). `{edit}` goes on with it."
        )));
    }
    let now = model
        .review()
        .and_then(|review| last_spread(review.drafting.draft()?).cloned());
    if let (Some(before), Some(now)) = (before, now)
        && before.as_ref() != Some(&now)
    {
        model.notice = Some(finished(model, &now));
    }
    model.queue.mark_draft(case, has_changes);
    effects
}

/// What is being segmented for the draft is further, or done.
pub(in crate::app) fn draft_progressed(
    model: &mut Model,
    case: &CaseId,
    result: Result<DraftProgress, Failure>,
) -> Vec<Effect> {
    let seconds = model.now.as_millisecond() as f64 / 1000.0;
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    let Ok(progress) = result else {
        review.drafting.unwatched();
        return Vec::new();
    };
    let (version, working) = (progress.version, progress.working);
    review.drafting.keep_pace(seconds, working);
    let effects = review.with_draft(|drafting, known| drafting.progressed(known, version, working));
    if progress.working.is_none() {
        let bad = progress.fault.map(|fault| Notice::failure(&fault.into()));
        model.notice = bad.or_else(|| model.notice.take());
    }
    effects
}
