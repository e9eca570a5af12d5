//! The daemon's answers about the draft.

use super::prompting::edit_key;
use crate::app::dialog::Dialog;
use crate::app::dialog::question::Question;
use crate::app::event::{Effect, Failure};
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use medicosam_shared::api::{DraftProgress, DraftResponse, DraftView};
use medicosam_shared::case::CaseId;
use medicosam_shared::draft::DraftChange;
use medicosam_shared::fault_code::FaultCode;
use std::time::Duration;

/// The daemon has changed the draft, or not.
pub(in crate::app) fn draft_changed(
    model: &mut Model,
    case: &CaseId,
    result: Result<DraftResponse, Failure>,
    elapsed: Duration,
) -> Vec<Effect> {
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    let response = match result {
        Ok(response) => response,
        Err(failure) => {
            let (change, mut effects) =
                review.with_draft(|drafting, known| drafting.refused(known, &failure));
            review.compose();
            review.prompting = false;
            review.then_approve = false;
            let conflict = failure.conflict && change == Some(DraftChange::Commit);
            if conflict && failure.fault.is(FaultCode::OtherRevision) {
                effects.push(Effect::LoadCase(case.clone()));
                let text = failure.fault.message.clone();
                model.dialog = Some(Dialog::Question(Question::Rebase(text)));
            } else if !failure.fault.is(FaultCode::DraftMoved) {
                model.notice = Some(Notice::failure(&failure));
            }
            return effects;
        }
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
        DraftResponse::Changed { .. } if matches!(change, Some(DraftChange::Segment { .. })) => {
            review.elapsed = Some(elapsed);
            review.display.masks_visible = true;
            let text = format!("mask in {} ms", elapsed.as_millis());
            Some(Notice::good(text))
        }
        DraftResponse::Changed { .. } => None,
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
    model.queue.mark_draft(case, has_changes);
    effects
}

/// What is being segmented for the draft is further, or done.
pub(in crate::app) fn draft_progressed(
    model: &mut Model,
    case: &CaseId,
    result: Result<DraftProgress, Failure>,
) -> Vec<Effect> {
    let Some(review) = model.review_of(case) else {
        return Vec::new();
    };
    let Ok(progress) = result else {
        review.drafting.unwatched();
        return Vec::new();
    };
    let (version, working) = (progress.version, progress.working);
    let effects = review.with_draft(|drafting, known| drafting.progressed(known, version, working));
    if progress.working.is_none() {
        let bad = progress.fault.map(|fault| Notice::failure(&fault.into()));
        model.notice = bad.or_else(|| model.notice.take());
    }
    effects
}
