//! Drawing prompts, and what comes of them.

use super::Action;
use super::edit::{Edit, Step};
use super::event::{Effect, Failure, Prompted};
use super::look;
use super::model::{Model, Notice};
use super::review::Review;
use medicosam_shared::api::PromptRequest;
use medicosam_shared::case::CaseId;
use std::time::Duration;

/// A large step of the cursor, in voxels.
const FAR: i64 = 10;

/// Begins to draw.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if review.stack().is_none() || review.revision().is_none() {
        model.notice = Some(Notice::bad("There is no segmentation to change yet."));
        return Vec::new();
    }
    let effects = look::before_drawing(review);
    let begin = Edit::new(review.middle(), review.nearest_label());
    review.edit = Some(begin);
    effects
}

/// Steps back: out of a half-drawn box, then out of drawing. Says whether there was a step.
pub(super) fn back(review: &mut Review) -> bool {
    let Some(edit) = &mut review.edit else {
        return false;
    };
    if edit.corner.take().is_none() {
        review.edit = None;
    }
    true
}

/// Does what only makes sense while drawing.
pub(super) fn draw(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    let (index, stack, labels) = (review.index(), review.stack(), review.labels());
    let (Some(edit), Some(stack)) = (&mut review.edit, stack) else {
        return Vec::new();
    };
    if let Some(step) = step(action) {
        edit.step(step, stack.shape(), stack.orientation());
        return Vec::new();
    }
    match action {
        Action::Corner => edit.set_corner(index),
        Action::Confirm if edit.corner.is_some() => edit.set_corner(index),
        Action::PositivePoint => edit.set_point(index, true),
        Action::NegativePoint => edit.set_point(index, false),
        Action::ClearPrompt => edit.clear(index),
        Action::NextObject => {
            let next = labels.iter().find(|l| **l > edit.label);
            edit.label = next.or(labels.first()).copied().unwrap_or(edit.label);
        }
        Action::Segment | Action::Confirm => return segment(model),
        _ => {}
    }
    Vec::new()
}

pub(super) fn step(action: Action) -> Option<Step> {
    let (right, down) = match action {
        Action::MoveLeft => (-1, 0),
        Action::MoveRight => (1, 0),
        Action::MoveUp => (0, -1),
        Action::MoveDown => (0, 1),
        Action::MoveFarLeft => (-FAR, 0),
        Action::MoveFarRight => (FAR, 0),
        Action::MoveFarUp => (0, -FAR),
        Action::MoveFarDown => (0, FAR),
        _ => return None,
    };
    Some(Step { right, down })
}

/// Asks for a new mask on the slice that is looked at.
fn segment(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if review.prompting {
        return Vec::new();
    }
    let index = review.index();
    if let Some(edit) = &mut review.edit
        && edit.corner.is_some()
    {
        // The box that is seen is the box that is meant.
        edit.set_corner(index);
    }
    let prompt = review.edit.as_ref().and_then(|e| e.prompt(index));
    let (Some(prompt), Some(revision)) = (prompt, review.revision()) else {
        model.notice = Some(Notice::bad(
            "Draw something first: the corners of a box, or a point.",
        ));
        return Vec::new();
    };
    review.prompting = true;
    vec![Effect::Prompt {
        case: review.case.clone(),
        request: PromptRequest {
            revision,
            prompts: vec![prompt],
        },
    }]
}

/// A prompt was worked off, or not.
pub(super) fn prompted(
    model: &mut Model,
    case: &CaseId,
    result: Result<Prompted, Failure>,
    elapsed: Duration,
) -> Vec<Effect> {
    let mut effects: Vec<Effect> = model.changed(case.clone()).into_iter().collect();
    let Some(review) = model.review_of(case) else {
        return effects;
    };
    review.prompting = false;
    let notice = match result {
        Ok(Prompted::Revised {
            detail,
            revision,
            masks,
        }) => {
            review.elapsed = Some(elapsed);
            review.put_masks(revision, masks);
            effects.extend(review.put_detail(*detail));
            review.masks_visible = true;
            Notice::good(format!("revision {revision} in {} ms", elapsed.as_millis()))
        }
        Ok(Prompted::Queued) => {
            Notice::good("Other work comes first; the new mask will appear by itself.")
        }
        Err(failure) => {
            effects.push(Effect::LoadCase(case.clone()));
            Notice::failure(&failure)
        }
    };
    model.notice = Some(notice);
    effects
}
