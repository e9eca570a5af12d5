//! Drawing prompts, and what comes of them.

use super::edit::Edit;
use super::refused::refused;
use crate::app::Action;
use crate::app::cursor::Step;
use crate::app::event::Effect;
use crate::app::model::{Dialog, Line, Model, Notice, Question};
use crate::app::review::Review;
use crate::app::review::look;
use crate::term::{Key, KeyCode};
use medicosam_shared::draft::{DraftChange, DraftRefusal};
use medicosam_shared::place::{Label, Place};
use medicosam_shared::prompt::SlicePrompt;

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
        Action::RedoPrompt => return ask(model, DraftChange::Redo),
        Action::CommitDraft => return commit(model),
        Action::DiscardDraft => {
            let possible =
                review.with_draft(|drafting, known| drafting.check(known, &DraftChange::Discard));
            match possible {
                Ok(()) => model.dialog = Some(Dialog::Question(Question::Discard)),
                Err(refusal) => model.notice = Some(refused(&refusal, &model.keymap)),
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Has the draft changed, or says why it cannot be.
fn ask(model: &mut Model, change: DraftChange) -> Vec<Effect> {
    try_to(model, change).unwrap_or_default()
}

/// Has the draft changed; `None`, with a notice, if it cannot be.
fn try_to(model: &mut Model, change: DraftChange) -> Option<Vec<Effect>> {
    match model.review_mut()?.change_draft(change) {
        Ok(effects) => Some(effects),
        Err(refusal) => {
            model.notice = Some(refused(&refusal, &model.keymap));
            None
        }
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
    let change = DraftChange::Segment { label, index };
    if !model.review().is_some_and(|r| r.drafting.is_asked(&change)) {
        effects.extend(ask(model, change));
    }
    effects
}

/// Follows the object to the slices around those that were segmented by hand.
fn propagate(model: &mut Model, label: Label) -> Vec<Effect> {
    let works = |review: &Review| review.drafting.working().is_some();
    if model.review().is_some_and(works) {
        model.notice = Some(refused(&DraftRefusal::Busy, &model.keymap));
        return Vec::new();
    }
    ask(model, DraftChange::Propagate { label })
}

/// Takes another one of the masks that the model offered on the slice.
fn choose(model: &mut Model, step: i64) -> Vec<Effect> {
    let Some((review, edit)) = model.review().and_then(|r| Some((r, r.edit.as_ref()?))) else {
        return Vec::new();
    };
    let (label, index) = (edit.label, review.index());
    let draft = review.drafting.draft();
    let answer = draft.and_then(|draft| draft.answer(Place::new(label, index)));
    let candidate = match answer.map(|(answer, chosen)| (answer.candidates.len(), chosen)) {
        Some((1, _)) => {
            model.notice = Some(Notice::good("There is only one mask here."));
            return Vec::new();
        }
        Some((count, chosen)) => {
            (i64::from(chosen) + step).rem_euclid((count as i64).max(1)) as u32
        }
        // The refusal says so.
        None => 0,
    };
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
    if !model.review().is_some_and(|r| r.drafting.is_discarded()) {
        return ask(model, DraftChange::Undo);
    }
    model.notice = Some(Notice::good("Your draft is back."));
    ask(model, DraftChange::Restore)
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    match review.change_draft(DraftChange::Commit) {
        Ok(effects) => {
            review.prompting = true;
            return effects;
        }
        Err(refusal @ DraftRefusal::OtherRevision { .. }) => {
            model.dialog = Some(Dialog::Question(Question::Rebase(refusal.to_string())));
        }
        Err(refusal) => model.notice = Some(refused(&refusal, &model.keymap)),
    }
    Vec::new()
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
    let Some(effects) = try_to(model, DraftChange::Object { label, name }) else {
        model.dialog = Some(Dialog::NewObject { label, text });
        return Vec::new();
    };
    if let Some(edit) = model.review_mut().and_then(|r| r.edit.as_mut()) {
        edit.label = label;
        edit.corner = None;
    }
    effects
}
