//! Drawing prompts, and what comes of them.

use super::asking::{ask, draw_key, try_to};
use super::edit::Edit;
use super::painting;
use super::refused::refused;
use super::spreading;
use super::tool::{Kind, Tool};
use crate::app::action::context::Context;
use crate::app::action::{Action, Cursor, Draw};
use crate::app::copying;
use crate::app::cursor::Step;
use crate::app::decide;
use crate::app::dialog::Dialog;
use crate::app::dialog::new_object::NewObject;
use crate::app::dialog::question::Question;
use crate::app::event::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::review::Review;
use medicosam_shared::case::Verdict;
use medicosam_shared::draft::{DraftChange, DraftRefusal, Slices};
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
    review.begin_drawing()
}

/// Steps back: out of a half-drawn box, out of work that is being done, then out of drawing. `None`
/// if there was no step.
pub(in crate::app) fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let review = model.review_mut().filter(|r| !r.mode.is_adjusting())?;
    let draws = review.draws();
    let edit = review.mode.edit_mut()?;
    if !draws {
        return Some(review.go_where_drawn());
    }
    let was_open = edit.corner.take().is_some() || !edit.path.is_empty();
    edit.path.clear();
    if was_open {
        return Some(Vec::new());
    }
    if edit.tool.is_by_hand() {
        edit.tool.kind = Kind::Prompts;
        return Some(Vec::new());
    }
    if review.drafting.working().is_some_and(|w| w.total > 0) {
        model.notice = Some(Notice::good("Stopped; the masks are as they were before."));
        return Some(ask(model, DraftChange::Cancel));
    }
    review.end_drawing();
    if review.drafting.has_changes() {
        let (edit, commit) = (edit_key(model), draw_key(model, Draw::Commit));
        model.notice = Some(Notice::good(format!(
            "Your draft is kept. `{edit}` goes on with it, `{commit}` there makes a revision of it.",
        )));
    }
    Some(Vec::new())
}

/// The key that begins to draw, as notices name it.
pub(super) fn edit_key(model: &Model) -> String {
    let begin = Action::Draw(Draw::Begin);
    model.keymap.way(Context::Review, begin)
}

/// Moves the hand that draws.
pub(in crate::app) fn move_hand(model: &mut Model, action: Cursor) {
    let Some((review, stack)) = model.review_mut().and_then(|r| r.stack().map(|s| (r, s))) else {
        return;
    };
    if let Some(edit) = review.mode.edit_mut() {
        let step = Step::of(action);
        edit.cursor = step.taken_from(edit.cursor, stack.shape(), stack.orientation());
    }
}

/// Draws, and changes the draft.
pub(in crate::app) fn draw(model: &mut Model, action: Draw) -> Vec<Effect> {
    if action == Draw::Begin {
        return begin(model);
    }
    if action == Draw::Revert {
        return painting::revert(model);
    }
    let Some((place, box_begun, draws)) = model.review().and_then(|review| {
        let edit = review.mode.edit().filter(|_| review.stack().is_some())?;
        let place = Place::new(edit.label, review.own_index());
        Some((place, edit.corner.is_some(), review.draws()))
    }) else {
        return Vec::new();
    };
    if !draws && is_about_slice(action) {
        model.notice = Some(Notice::good(
            "This is the slice that is drawn on; press the key again.",
        ));
        let review = model.review_mut();
        return review.map(Review::go_where_drawn).unwrap_or_default();
    }
    if let Some(effects) = painting::draw(model, action, place) {
        return effects;
    }
    let label = place.label;
    match action {
        Draw::Begin => begin(model),
        Draw::Brush => painting::choose(model, Tool::brush),
        Draw::Eraser => painting::choose(model, Tool::eraser),
        Draw::Lasso => painting::choose(model, Tool::lasso),
        Draw::Larger => painting::choose(model, Tool::larger),
        Draw::Smaller => painting::choose(model, Tool::smaller),
        Draw::EmptySlice => painting::empty(model, label, Slices::one(place.index)),
        Draw::EmptyObject => painting::empty(model, label, Slices::All),
        Draw::EmptyOlder => painting::empty_older(model, label),
        Draw::Interpolate => {
            let slices = Slices::All;
            ask(model, DraftChange::Interpolate { label, slices })
        }
        Draw::CopyMask => painting::copy(model, place, true),
        Draw::CopyPrompt => painting::copy(model, place, false),
        Draw::Revert => painting::revert(model),
        Draw::Corner => corner(model, place),
        Draw::Confirm if box_begun => corner(model, place),
        Draw::PositivePoint => point(model, place, true),
        Draw::NegativePoint => point(model, place, false),
        Draw::Clear => clear(model, place),
        Draw::NextObject => next_object(model, place.label),
        Draw::NewObject => new_object(model),
        Draw::NextCandidate => choose(model, 1),
        Draw::PreviousCandidate => choose(model, -1),
        Draw::Segment | Draw::Confirm => segment(model, place),
        Draw::Propagate => spreading::follow_all(model, label),
        Draw::PropagateRange => spreading::ask_range(model, label),
        Draw::PropagateThrough => spreading::go_through(model, label),
        Draw::SegmentBoxes => spreading::ask_boxes(model, label),
        Draw::Undo => undo(model),
        Draw::Redo => ask(model, DraftChange::Redo),
        Draw::Commit => commit(model),
        Draw::Approve => commit_and_approve(model),
        Draw::Discard => ask_discard(model),
        Draw::CopyAsProfile => copying::copy(model),
    }
}

/// Whether an action is about the slice under the cursor, which must be seen for that.
fn is_about_slice(action: Draw) -> bool {
    match action {
        Draw::Corner
        | Draw::Confirm
        | Draw::PositivePoint
        | Draw::NegativePoint
        | Draw::Clear
        | Draw::NextCandidate
        | Draw::PreviousCandidate
        | Draw::EmptySlice
        | Draw::CopyMask
        | Draw::CopyPrompt
        | Draw::Segment => true,
        Draw::Begin
        | Draw::Brush
        | Draw::Eraser
        | Draw::Lasso
        | Draw::Larger
        | Draw::Smaller
        | Draw::EmptyObject
        | Draw::EmptyOlder
        | Draw::Interpolate
        | Draw::Revert
        | Draw::NextObject
        | Draw::NewObject
        | Draw::Undo
        | Draw::Redo
        | Draw::Propagate
        | Draw::PropagateRange
        | Draw::PropagateThrough
        | Draw::SegmentBoxes
        | Draw::Commit
        | Draw::Approve
        | Draw::Discard
        | Draw::CopyAsProfile => false,
    }
}

/// What is drawn for an object on a slice.
fn drawn(review: &Review, place: Place) -> SlicePrompt {
    let drawn = review.drafting.drawn(place.label, place.index);
    drawn
        .cloned()
        .unwrap_or_else(|| SlicePrompt::nothing(place))
}

/// Sets a point at the cursor, or removes the same one.
fn point(model: &mut Model, place: Place, positive: bool) -> Vec<Effect> {
    let Some(review) = model.review() else {
        return Vec::new();
    };
    if !review.drafting.takes_points() {
        model.notice = Some(no_points(review));
        return Vec::new();
    }
    let Some(edit) = review.mode.edit() else {
        return Vec::new();
    };
    let prompt = edit.with_point(drawn(review, place), positive);
    ask(model, DraftChange::Draw { prompt })
}

/// Removes box and points from the slice.
fn clear(model: &mut Model, place: Place) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if let Some(edit) = review.mode.edit_mut() {
        edit.corner = None;
    }
    let prompt = SlicePrompt::nothing(place);
    if drawn(review, place) == prompt {
        return Vec::new();
    }
    ask(model, DraftChange::Draw { prompt })
}

/// Draws for the object after this one, or for the first.
fn next_object(model: &mut Model, label: Label) -> Vec<Effect> {
    if let Some(review) = model.review_mut() {
        let labels = review.labels();
        let next = labels.iter().find(|l| **l > label).or(labels.first());
        if let (Some(edit), Some(next)) = (review.mode.edit_mut(), next) {
            edit.label = *next;
        }
    }
    Vec::new()
}

/// Asks for the name of a new object.
fn new_object(model: &mut Model) -> Vec<Effect> {
    let labels = model.review().map(Review::labels).unwrap_or_default();
    match NewObject::beside(&labels) {
        Some(dialog) => model.dialog = Some(Dialog::NewObject(dialog)),
        None => model.notice = Some(Notice::bad("There are no more labels.")),
    }
    Vec::new()
}

/// Asks whether to discard the draft, if that is possible.
fn ask_discard(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    match review.with_draft(|drafting, known| drafting.check(known, &DraftChange::Discard)) {
        Ok(()) => model.dialog = Some(Dialog::Question(Question::Discard)),
        Err(refusal) => model.notice = Some(refused(&refusal, &model.keymap)),
    }
    Vec::new()
}

/// Sets a corner at the cursor; the second one makes the box.
fn corner(model: &mut Model, place: Place) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    match review.mode.edit_mut().and_then(Edit::set_corner) {
        Some(bbox) => {
            let prompt = SlicePrompt {
                bbox: Some(bbox),
                ..drawn(review, place)
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

/// Asks for a new mask on the current slice.
fn segment(model: &mut Model, place: Place) -> Vec<Effect> {
    let is_open = |r: &Review| r.mode.edit().is_some_and(|e| e.corner.is_some());
    let mut effects = Vec::new();
    if model.review().is_some_and(is_open) {
        // The box that is seen is the box that is meant.
        effects = corner(model, place);
    }
    let Place { label, index } = place;
    let change = DraftChange::Segment { label, index };
    if !model.review().is_some_and(|r| r.drafting.is_asked(&change)) {
        effects.extend(ask(model, change));
    }
    effects
}

/// Takes another one of the masks that the model offered on the slice.
fn choose(model: &mut Model, step: i64) -> Vec<Effect> {
    let Some((review, edit)) = model.review().and_then(|r| Some((r, r.mode.edit()?))) else {
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

/// Makes a revision of the draft and has it approved when it is here; approves at once if nothing is
/// drawn.
pub(in crate::app) fn commit_and_approve(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if !review.drafting.has_changes() {
        review.end_drawing();
        return decide::decide(model, Verdict::Approve);
    }
    if let Some(why) = decide::why_too_early(model) {
        model.notice = Some(why);
        return Vec::new();
    }
    let effects = commit(model);
    if let Some(review) = model.review_mut() {
        review.then_approve = review.prompting;
    }
    effects
}

/// Discards the draft, which can be brought back.
pub(in crate::app) fn discard(model: &mut Model) -> Vec<Effect> {
    let key = draw_key(model, Draw::Undo);
    let text = format!("The draft is discarded; {key} brings it back.");
    model.notice = Some(Notice::good(text));
    ask(model, DraftChange::Discard)
}

/// Puts the draft on top of a revision that came meanwhile.
pub(in crate::app) fn rebase(model: &mut Model) -> Vec<Effect> {
    ask(model, DraftChange::Rebase)
}

/// Adds an object, and draws for it; `None`, with a notice, if it cannot be added.
pub(in crate::app) fn add_object(
    model: &mut Model,
    label: Label,
    name: String,
) -> Option<Vec<Effect>> {
    let effects = try_to(model, DraftChange::Object { label, name })?;
    if let Some(edit) = model.review_mut().and_then(|r| r.mode.edit_mut()) {
        edit.label = label;
        edit.corner = None;
    }
    Some(effects)
}
