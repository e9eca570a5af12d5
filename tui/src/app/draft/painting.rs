//! Masks by hand: painting, emptying, copying, filling in between, putting back.

use super::asking::ask;
use super::edit::Edit;
use super::tool::{Kind, Tool, other};
use crate::app::action::context::Context;
use crate::app::action::{Action, Draw, Look};
use crate::app::event::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::review::Review;
use crate::app::state::review::display::Compared;
use medicosam_shared::draft::{Draft, DraftChange, Slices, Step};
use medicosam_shared::hand::Stroke;
use medicosam_shared::place::{Label, Place};
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::propagation_report::PropagationReport;

/// Most places of a stroke.
const MOST: usize = 4096;

/// Changes what is drawn with.
pub(super) fn choose(model: &mut Model, change: impl FnOnce(&mut Tool)) -> Vec<Effect> {
    if let Some(edit) = model.review_mut().and_then(|r| r.mode.edit_mut()) {
        change(&mut edit.tool);
        edit.corner = None;
        edit.path.clear();
    }
    Vec::new()
}

/// Draws by key with a tool that makes masks; `None` if the action means something else, or the tool
/// does.
pub(super) fn draw(model: &mut Model, action: Draw, place: Place) -> Option<Vec<Effect>> {
    let edit = model.review_mut()?.mode.edit_mut()?;
    let stroke = edit.tool.stroke()?;
    let cursor = edit.cursor;
    let is_line = matches!(edit.tool.kind, Kind::Lasso(_));
    if action == Draw::Corner && (is_line || edit.path.is_empty()) {
        edit.extend(cursor);
        return Some(Vec::new());
    }
    if matches!(action, Draw::Corner | Draw::Confirm) {
        edit.extend(cursor);
        return Some(finish(model, place, stroke));
    }
    let stamps = match action == Draw::PositivePoint {
        true => Some(Stroke::Add),
        false => (action == Draw::NegativePoint).then_some(Stroke::Remove),
    };
    let stroke = stamps.filter(|_| !is_line)?;
    edit.path = vec![cursor];
    Some(finish(model, place, stroke))
}

/// Goes on with a stroke of the mouse.
pub(in crate::app) fn go_on(edit: &mut Edit, place: (u32, u32)) {
    if edit.path.len() < MOST {
        edit.extend(place);
    }
}

/// Paints what a stroke went over or round, or takes it away.
pub(in crate::app) fn finish(model: &mut Model, place: Place, stroke: Stroke) -> Vec<Effect> {
    let Some((review, stack)) = model.review_mut().and_then(|r| r.stack().map(|s| (r, s))) else {
        return Vec::new();
    };
    let Some(edit) = review.mode.edit_mut() else {
        return Vec::new();
    };
    let path = std::mem::take(&mut edit.path);
    let pixels = edit.tool.pixels(&path, stack.spacing(), stack.shape());
    let Some(pixels) = pixels.filter(|pixels| pixels.area() > 0) else {
        return Vec::new();
    };
    review.display.masks_visible = true;
    ask(
        model,
        DraftChange::Paint {
            label: place.label,
            index: place.index,
            stroke,
            pixels,
        },
    )
}

/// The stroke of a button: the left one does what the tool does, the right one the opposite.
pub(in crate::app) fn stroke_of(edit: &Edit, opposite: bool) -> Option<Stroke> {
    let stroke = edit.tool.stroke()?;
    Some(if opposite { other(stroke) } else { stroke })
}

/// Takes masks away, and says how they come back.
pub(super) fn empty(model: &mut Model, label: Label, slices: Slices) -> Vec<Effect> {
    let label = Some(label);
    let effects = ask(model, DraftChange::Empty { label, slices });
    if !effects.is_empty() || model.notice.is_none() {
        let undo = super::asking::draw_key(model, Draw::Undo);
        model.notice = Some(Notice::good(format!(
            "Emptied: {slices}. {undo} takes it back."
        )));
    }
    effects
}

/// Takes the masks away that are older than the last propagation, outside what it reached.
pub(super) fn empty_older(model: &mut Model, label: Label) -> Vec<Effect> {
    let reach = model.review().and_then(|review| {
        let draft = review.drafting.draft()?;
        let report = last_report(draft, Some(label)).filter(|r| !r.older.is_empty())?;
        report.reach()
    });
    match reach {
        Some((first, last)) => empty(model, label, Slices::Outside(first, last)),
        None => {
            let propagate = super::asking::draw_key(model, Draw::Propagate);
            model.notice = Some(Notice::good(format!(
                "There is nothing older than the last {propagate} outside what it reached."
            )));
            Vec::new()
        }
    }
}

/// The report of the last propagation, of an object or of any.
pub fn last_report(draft: &Draft, label: Option<Label>) -> Option<&PropagationReport> {
    draft.done().iter().rev().find_map(|step| {
        let Step::Answered(answered) = step else {
            return None;
        };
        let is_meant = label.is_none_or(|label| label == answered.label);
        answered.report.as_ref().filter(|_| is_meant)
    })
}

/// Puts the mask of this slice, or what is drawn on it, on the next one, and goes there.
pub(super) fn copy(model: &mut Model, place: Place, mask: bool) -> Vec<Effect> {
    let next = place.index + 1;
    let change = match mask {
        true => DraftChange::Copy {
            label: place.label,
            from: place.index,
            to: next,
        },
        false => {
            let Some(prompt) = model.review().and_then(|review| prompt_at(review, place)) else {
                model.notice = Some(Notice::bad("Nothing is drawn here."));
                return Vec::new();
            };
            let index = next;
            let prompt = SlicePrompt { index, ..prompt };
            DraftChange::Draw { prompt }
        }
    };
    let mut effects = match super::asking::try_to(model, change) {
        Some(effects) => effects,
        None => return Vec::new(),
    };
    if let Some(review) = model.review_mut() {
        effects.extend(review.look(next));
    }
    effects
}

/// Box and points of a slice: as they are drawn, or as the revision was asked.
fn prompt_at(review: &Review, place: Place) -> Option<SlicePrompt> {
    let drawn = review.drafting.drawn(place.label, place.index).cloned();
    drawn.or_else(|| {
        let revision = review.detail.as_ref()?.current()?;
        let mut asked = revision.provenance.prompts.iter();
        let asked = asked.find(|prompt| prompt.place() == place);
        asked.cloned()
    })
}

/// Puts masks back as they were in the revision before: of the slice that is drawn on or, while that
/// revision is looked at, all of them.
pub(super) fn revert(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    let Some(to) = review.before() else {
        model.notice = Some(Notice::good(
            "This is the first revision; there is none before it.",
        ));
        return Vec::new();
    };
    let edit = review.mode.edit().filter(|_| review.draws());
    let (label, slices) = match edit {
        Some(edit) => (Some(edit.label), Slices::one(review.own_index())),
        None if review.display.compared == Compared::Before => (None, Slices::All),
        None => {
            let before = Action::Look(Look::ShowBefore);
            let before = model.keymap.way(Context::Review, before);
            model.notice = Some(Notice::good(format!(
                "Look at revision {to} first ({before}), then put it back."
            )));
            return Vec::new();
        }
    };
    let mut effects = match label {
        Some(_) => Vec::new(),
        None => review.begin_drawing(),
    };
    effects.extend(ask(model, DraftChange::Revert { to, label, slices }));
    if model.notice.is_none() {
        let undo = super::asking::draw_key(model, Draw::Undo);
        model.notice = Some(Notice::good(format!(
            "As in revision {to}: {slices}. {undo} takes it back."
        )));
    }
    effects
}
