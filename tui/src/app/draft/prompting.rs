//! Drawing prompts, and what comes of them.

use super::edit::Edit;
use crate::app::Action;
use crate::app::cursor::Step;
use crate::app::event::{Effect, Failure};
use crate::app::model::{Dialog, Line, Model, Notice, Question};
use crate::app::review::Review;
use crate::app::review::look;
use crate::term::{Key, KeyCode};
use medicosam_shared::api::{DraftChange, DraftProgress, DraftResponse, DraftView};
use medicosam_shared::case::CaseId;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::time::Duration;

/// Begins to draw.
pub(in crate::app) fn begin(model: &mut Model) -> Vec<Effect> {
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

/// Steps back: out of a half-drawn box, out of work that is being done, then out of drawing. `None`
/// if there was no step.
pub(in crate::app) fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let review = model.review_mut()?;
    let edit = review.edit.as_mut()?;
    if edit.corner.take().is_some() {
        return Some(Vec::new());
    }
    if review.drafting.working().is_some_and(|w| w.total > 0) {
        model.notice = Some(Notice::good("Stopped; the masks are as they were before."));
        return Some(ask(model, DraftChange::Cancel));
    }
    review.edit = None;
    if review.drafting.has_changes() {
        model.notice = Some(Notice::good(
            "Your draft is kept. `e` goes on with it, `c` there makes a revision of it.",
        ));
    }
    Some(Vec::new())
}

/// Does what only makes sense while drawing.
pub(in crate::app) fn draw(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    let (index, stack, labels) = (review.index(), review.stack(), review.labels());
    let (Some(edit), Some(stack)) = (&mut review.edit, stack) else {
        return Vec::new();
    };
    if let Some(step) = Step::of(action) {
        edit.cursor = step.taken_from(edit.cursor, stack.shape(), stack.orientation());
        return Vec::new();
    }
    let label = edit.label;
    let place = Place::new(label, index);
    let drawn = review.drafting.drawn(label, index).cloned();
    let drawn = drawn.unwrap_or_else(|| SlicePrompt::nothing(place));
    match action {
        Action::Corner => return corner(model, drawn),
        Action::Confirm if edit.corner.is_some() => return corner(model, drawn),
        Action::PositivePoint | Action::NegativePoint => {
            if !review.drafting.takes_points() {
                model.notice = Some(no_points(review));
                return Vec::new();
            }
            let prompt = edit.with_point(drawn, action == Action::PositivePoint);
            return ask(model, DraftChange::Draw { prompt });
        }
        Action::ClearPrompt => {
            edit.corner = None;
            if drawn != SlicePrompt::nothing(place) {
                let prompt = SlicePrompt::nothing(place);
                return ask(model, DraftChange::Draw { prompt });
            }
        }
        Action::NextObject => {
            let next = labels.iter().find(|l| **l > label);
            edit.label = next.or(labels.first()).copied().unwrap_or(label);
        }
        Action::NewObject => {
            let free = labels.iter().max().and_then(|l| l.checked_add(1));
            match free {
                Some(label) => {
                    let text = Line::default();
                    model.dialog = Some(Dialog::NewObject { label, text });
                }
                None => model.notice = Some(Notice::bad("There are no more labels.")),
            }
        }
        Action::NextCandidate => return choose(model, 1),
        Action::PreviousCandidate => return choose(model, -1),
        Action::Segment | Action::Confirm => return segment(model, drawn),
        Action::Propagate => return propagate(model, label),
        Action::UndoPrompt => return undo(model),
        Action::RedoPrompt => {
            if review.drafting.draft().is_some_and(|d| d.can_redo()) {
                return ask(model, DraftChange::Redo);
            }
            model.notice = Some(Notice::good("There is nothing to do again."));
        }
        Action::CommitDraft => return commit(model),
        Action::DiscardDraft => {
            if review.drafting.has_changes() {
                model.dialog = Some(Dialog::Question(Question::Discard));
            } else {
                model.notice = Some(Notice::good("There is no draft to discard."));
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Has the draft changed.
fn ask(model: &mut Model, change: DraftChange) -> Vec<Effect> {
    match model.review_mut() {
        Some(review) => review.change_draft(change),
        None => Vec::new(),
    }
}

/// Sets a corner at the cursor; the second one makes the box.
fn corner(model: &mut Model, drawn: SlicePrompt) -> Vec<Effect> {
    let edit = model.review_mut().and_then(|r| r.edit.as_mut());
    match edit.and_then(Edit::set_corner) {
        Some(bbox) => {
            let prompt = SlicePrompt {
                bbox: Some(bbox),
                ..drawn
            };
            ask(model, DraftChange::Draw { prompt })
        }
        None => Vec::new(),
    }
}

/// Why there are no points with this model: its answers to them would only mislead.
fn no_points(review: &Review) -> Notice {
    let detail = review.detail.as_ref();
    let name = detail
        .and_then(|d| d.current())
        .map_or("The model", |r| &r.provenance.model.name);
    let understood = review
        .drafting
        .understands
        .map_or_else(String::new, |understands| {
            format!(" (it understands {understands})")
        });
    Notice {
        hint: "Draw a box instead.".to_owned(),
        ..Notice::bad(format!("{name} was not trained on points{understood}."))
    }
}

/// Asks for a new mask on the slice that is looked at.
fn segment(model: &mut Model, drawn: SlicePrompt) -> Vec<Effect> {
    let (label, index) = (drawn.label, drawn.index);
    let is_open = |r: &Review| r.edit.as_ref().is_some_and(|e| e.corner.is_some());
    let mut effects = Vec::new();
    if model.review().is_some_and(is_open) {
        // The box that is seen is the box that is meant.
        effects = corner(model, drawn);
    }
    let Some(review) = model.review_mut() else {
        return effects;
    };
    let change = DraftChange::Segment { label, index };
    if review.drafting.is_asked(&change) {
        return effects;
    }
    if review.drafting.drawn(label, index).is_none() {
        model.notice = Some(Notice::bad(
            "Draw something first: the corners of a box, or a point.",
        ));
        return effects;
    }
    effects.extend(ask(model, change));
    effects
}

/// Follows the object to the slices around those that were segmented by hand.
fn propagate(model: &mut Model, label: Label) -> Vec<Effect> {
    let draft = model.review().and_then(|r| r.drafting.draft());
    let by_hand = draft.is_some_and(|draft| {
        let mut answers = draft.answers().into_iter();
        answers.any(|(place, (answer, _))| place.label == label && !answer.propagated)
    });
    if !by_hand {
        model.notice = Some(Notice::bad(
            "Segment a slice of the object first (s); it is followed from there.",
        ));
        return Vec::new();
    }
    let change = DraftChange::Propagate { label };
    match model.review() {
        Some(review) if review.drafting.working().is_none() => ask(model, change),
        _ => Vec::new(),
    }
}

/// Takes another one of the masks that the model offered on the slice.
fn choose(model: &mut Model, step: i64) -> Vec<Effect> {
    let Some((review, edit)) = model.review().and_then(|r| Some((r, r.edit.as_ref()?))) else {
        return Vec::new();
    };
    let (label, index) = (edit.label, review.index());
    let draft = review.drafting.draft();
    let Some((answer, chosen)) = draft.and_then(|d| d.answer(Place::new(label, index))) else {
        model.notice = Some(Notice::bad(
            "There are no masks to choose from here; segment the slice first (s).",
        ));
        return Vec::new();
    };
    let count = answer.candidates.len() as i64;
    if count < 2 {
        model.notice = Some(Notice::good("There is only one mask here."));
        return Vec::new();
    }
    let candidate = (i64::from(chosen) + step).rem_euclid(count) as u32;
    ask(
        model,
        DraftChange::Choose {
            label,
            index,
            candidate,
        },
    )
}

fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if review.drafting.is_discarded() {
        model.notice = Some(Notice::good("Your draft is back."));
        return ask(model, DraftChange::Restore);
    }
    if review.drafting.has_changes() {
        return ask(model, DraftChange::Undo);
    }
    model.notice = Some(Notice::good("There is nothing to undo in the draft."));
    Vec::new()
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if review.drafting.working().is_some() {
        model.notice = Some(Notice::bad(
            "Masks are still being made; wait, or stop with esc.",
        ));
        return Vec::new();
    }
    let draft = review.drafting.draft();
    if draft.is_none_or(|draft| draft.answers().is_empty()) {
        model.notice = Some(Notice::bad("No slice has been segmented in the draft yet."));
        return Vec::new();
    }
    review.prompting = true;
    ask(model, DraftChange::Commit)
}

/// A key while a question is asked: only `y` is yes.
pub(in crate::app) fn question_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Dialog::Question(question)) = &model.dialog else {
        return Vec::new();
    };
    let question = question.clone();
    match key.code {
        KeyCode::Char('y') if key == Key::plain(key.code) => {
            model.dialog = None;
            agreed(model, &question)
        }
        KeyCode::Char('n') | KeyCode::Esc => {
            model.dialog = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A key while the name of a new object is typed.
pub(in crate::app) fn object_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match (&mut model.dialog, key.code) {
        (_, KeyCode::Enter) => return name_object(model),
        (dialog, KeyCode::Esc) => *dialog = None,
        (Some(Dialog::NewObject { text, .. }), _) => text.press(key),
        _ => {}
    }
    Vec::new()
}

/// A question was answered with yes.
fn agreed(model: &mut Model, question: &Question) -> Vec<Effect> {
    match question {
        Question::Discard => {
            model.notice = Some(Notice::good("The draft is discarded; u brings it back."));
            ask(model, DraftChange::Discard)
        }
        Question::Rebase(_) => ask(model, DraftChange::Rebase),
    }
}

/// Takes the name of a new object.
fn name_object(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::NewObject { label, text }) = model.dialog.take() else {
        return Vec::new();
    };
    let name = text.as_str().trim().to_owned();
    // A number in front of the name is the label.
    let (label, name) = match name.split_once(' ') {
        Some((number, rest)) => match number.parse::<Label>() {
            Ok(label) => (label, rest.trim().to_owned()),
            Err(_) => (label, name),
        },
        None => (label, name),
    };
    let taken = model.review().is_some_and(|r| r.labels().contains(&label));
    if name.is_empty() || taken {
        let why = if taken {
            format!("There is an object {label} already.")
        } else {
            "Give it a name, or leave with esc.".to_owned()
        };
        model.notice = Some(Notice::bad(why));
        model.dialog = Some(Dialog::NewObject { label, text });
        return Vec::new();
    }
    if let Some(edit) = model.review_mut().and_then(|r| r.edit.as_mut()) {
        edit.label = label;
        edit.corner = None;
    }
    ask(model, DraftChange::Object { label, name })
}

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
    let revision = review.revision().unwrap_or_default();
    let response = match result {
        Ok(response) => response,
        Err(failure) => {
            let (change, mut effects) = review.drafting.refused(case, revision, &failure);
            review.compose();
            review.prompting = false;
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
    let (change, mut effects) = review.drafting.answered(case, revision, &response);
    review.compose();
    if change == Some(DraftChange::Commit) {
        review.prompting = false;
    }
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
            review.masks_visible = true;
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
    // Without it there is nothing to go on with; whoever draws will be told why.
    let Ok(view) = result else {
        review.drafting.unread();
        return Vec::new();
    };
    let news = review.drafting.draft().is_none() && review.edit.is_none();
    let revision = review.revision().unwrap_or_default();
    let effects = review.drafting.loaded(case, revision, view);
    review.compose();
    if news && review.drafting.has_changes() {
        let draft = review.drafting.draft();
        let slices = draft.map_or(0, |d| d.answers().len().max(d.drawn().len()));
        model.notice = Some(Notice::good(format!(
            "You have a draft here ({slices} slices). `e` goes on with it."
        )));
    }
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
    let revision = review.revision().unwrap_or_default();
    let (version, working) = (progress.version, progress.working);
    let effects = review.drafting.progressed(case, revision, version, working);
    if progress.working.is_none() {
        let bad = progress.fault.map(|fault| Notice::failure(&fault.into()));
        model.notice = bad.or_else(|| model.notice.take());
    }
    effects
}
