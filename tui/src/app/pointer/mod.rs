//! The mouse: its meaning at each place.
//!
//! It selects, opens, looks and draws. It never decides about a case, and it answers no question:
//! a click too many loses nothing.

use super::action::{Action, Cases, Draw, Look, Slice};
use super::dialog::Dialog;
use super::draft::{painting, prompting};
use super::event::{Effect, Pointer};
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::review::grip::{Grip, Task};
use super::state::review::layout::Layout;
use super::state::review::seen::SeenPane;
use super::state::review::{Chosen, Review};
use super::{look, update};
use crate::layout;
use crate::term::mouse::{Button, Gesture, Turn};
use medicosam_shared::hand::Stroke;
use medicosam_shared::place::Place;

/// Cases that a notch of the wheel moves on.
const NOTCH: isize = 3;

/// Does what the mouse asks for; returns what has to be done outside.
pub(super) fn point(model: &mut Model, pointer: &Pointer) -> Vec<Effect> {
    let gesture = pointer.mouse.gesture;
    match (&model.dialog, gesture) {
        (None, _) => {}
        (Some(Dialog::Help(_)), Gesture::Wheel(turn)) => {
            let action = match turn {
                Turn::Up => Cases::SelectPrevious,
                Turn::Down => Cases::SelectNext,
            };
            return update::update(model, Action::Cases(action));
        }
        (Some(_), _) => return Vec::new(),
    }
    if matches!(gesture, Gesture::Press(_)) {
        model.notice = None;
    }
    match &mut model.screen {
        Screen::Queue => queue(model, pointer),
        Screen::Review(review) => {
            review.count = None;
            match gesture {
                Gesture::Wheel(turn) => wheel(model, pointer, turn),
                Gesture::Press(button) => press(model, pointer, button),
                Gesture::Drag(button) => drag(model, pointer, button),
                Gesture::Release(button) => release(model, button),
            }
        }
    }
}

fn queue(model: &mut Model, pointer: &Pointer) -> Vec<Effect> {
    match pointer.mouse.gesture {
        Gesture::Wheel(turn) => {
            let step = match turn {
                Turn::Up => -NOTCH,
                Turn::Down => NOTCH,
            };
            model.queue.select_by(step);
            model.scroll();
        }
        Gesture::Press(Button::Left) => {
            let row = layout::queue_row(model.size, pointer.cell);
            let position = row.map(|row| model.queue.top() + row);
            let Some(position) = position.filter(|p| *p < model.queue.shown().len()) else {
                return Vec::new();
            };
            if position == model.queue.position() {
                return update::update(model, Action::Cases(Cases::Open));
            }
            model.queue.select_at(position);
            model.scroll();
        }
        Gesture::Press(Button::Middle | Button::Right) | Gesture::Drag(_) | Gesture::Release(_) => {
        }
    }
    Vec::new()
}

/// The slice of the picture that the pointer is on, if it is one of this case, and where.
fn pane_under<'p>(review: &Review, pointer: &'p Pointer) -> Option<(&'p SeenPane, (i64, i64))> {
    let (seen, at) = pointer.picture.as_ref()?;
    let pane = seen.pane_at(*at).filter(|_| seen.case == review.case)?;
    Some((pane, *at))
}

fn wheel(model: &mut Model, pointer: &Pointer, turn: Turn) -> Vec<Effect> {
    let size = model.size;
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    if review.grip.is_some() {
        // A drag stays on its slice.
        return Vec::new();
    }
    let pane = pane_under(review, pointer);
    if pointer.mouse.ctrl {
        if let Some((pane, at)) = pane {
            zoom(review, pane, at, turn == Turn::Up);
        }
        return Vec::new();
    }
    let (action, step) = match turn {
        Turn::Up => (Slice::Previous, -1),
        Turn::Down => (Slice::Next, 1),
    };
    match pane {
        Some((pane, _)) if review.layout == Layout::Three => {
            let mut at = review.at;
            let along = &mut at[pane.slice.axis.index()];
            *along = along.saturating_add_signed(step);
            review.look_at(at)
        }
        Some(_) => look::slice(model, action),
        // Also where there is no picture yet, or none at all.
        None if layout::review(size).picture.contains(pointer.cell.into()) => {
            look::slice(model, action)
        }
        None => Vec::new(),
    }
}

/// Looks closer or less closely; the voxel under the pointer stays where it is.
fn zoom(review: &mut Review, pane: &SeenPane, at: (i64, i64), closer: bool) {
    let Some(stack) = review.stack().map(|stack| stack.across(pane.slice.axis)) else {
        return;
    };
    let is_drawn_on = review.slice() == Some(pane.slice);
    let draws = review.draws();
    if let Some(edit) = review.mode.edit_mut().filter(|_| draws) {
        if !is_drawn_on {
            return;
        }
        // The cursor is always visible.
        edit.cursor = pane.under(at);
    }
    review
        .zoom_mut()
        .about(&stack, pane.voxel(at), pane.region, closer);
}

fn press(model: &mut Model, pointer: &Pointer, button: Button) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    review.let_go();
    let Some((pane, at)) = pane_under(review, pointer) else {
        return Vec::new();
    };
    let pane = *pane;
    let mut effects = Vec::new();
    let task = match button {
        Button::Middle => Task::Pan,
        _ if review.draws() && !review.draws_on(&pane) => {
            model.notice = Some(Notice::good(
                "The picture is still on its way; nothing was drawn.",
            ));
            return Vec::new();
        }
        Button::Left | Button::Right if review.paints() => {
            let opposite = (button == Button::Right) != (pointer.mouse.alt || pointer.mouse.shift);
            match review.begin_stroke(&pane, at, opposite) {
                Some(stroke) => Task::Paint(stroke),
                None => return Vec::new(),
            }
        }
        Button::Right => Task::Window(review.limits()),
        Button::Left if review.draws() => {
            review.move_hand(&pane, at);
            Task::Draw {
                positive: !(pointer.mouse.alt || pointer.mouse.shift),
            }
        }
        Button::Left if review.layout == Layout::Mosaic => {
            if review.tile() == Some(pane.slice.index) {
                return look::look(model, Look::OneSlice);
            }
            return review.look(pane.slice.index);
        }
        Button::Left => {
            review.chosen = Chosen::Pointed;
            effects = review.look_at(pane.voxel(at));
            Task::Look
        }
    };
    review.grip = Some(Grip {
        button,
        pane,
        start: at,
        on_screen: pointer.pixel,
        moved: false,
        task,
    });
    effects
}

fn drag(model: &mut Model, pointer: &Pointer, button: Button) -> Vec<Effect> {
    let (Some(review), Some((_, at))) = (model.review_mut(), &pointer.picture) else {
        return Vec::new();
    };
    let Some(grip) = review.grip.as_mut().filter(|grip| grip.button == button) else {
        return Vec::new();
    };
    grip.moves(pointer.pixel);
    let Grip {
        pane, start, task, ..
    } = *grip;
    if let Task::Paint(_) = task {
        if let Some(edit) = review.mode.edit_mut() {
            painting::go_on(edit, pane.under(*at));
        }
        return Vec::new();
    }
    if !grip.moved {
        return Vec::new();
    }
    let (right, down) = pane.shares(start, *at);
    match task {
        Task::Look => return review.look_at(pane.voxel(*at)),
        Task::Draw { .. } => {
            if let Some(edit) = review.mode.edit_mut() {
                edit.corner = Some(pane.under(start));
                edit.cursor = pane.under(*at);
            }
        }
        Task::Window(Some(limits)) => review.display.window = limits.dragged(right, -down),
        Task::Window(None) | Task::Paint(_) => {}
        Task::Pan => {
            if let Some(stack) = review.stack().map(|stack| stack.across(pane.slice.axis)) {
                let draws = review.draws();
                let zoom = review.zooms.of_mut(review.layout);
                zoom.drag(&stack, pane.region, right, down);
                if let Some(edit) = review.mode.edit_mut().filter(|_| draws) {
                    // The cursor is always visible, so it has to come along.
                    edit.cursor = zoom.nearest(&stack, edit.cursor);
                }
            }
        }
    }
    Vec::new()
}

fn release(model: &mut Model, button: Button) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    let Some(grip) = review.grip.filter(|grip| grip.button == button) else {
        return Vec::new();
    };
    review.grip = None;
    let drawn_on = review.draws_on(&grip.pane);
    let Some(edit) = review.mode.edit().filter(|_| drawn_on) else {
        return Vec::new();
    };
    if let Task::Paint(stroke) = grip.task {
        let place = Place::new(edit.label, review.own_index());
        return painting::finish(model, place, stroke);
    }
    let action = match (grip.task, grip.moved) {
        (Task::Draw { .. }, true) => Draw::Corner,
        // A box was begun with a key.
        (Task::Draw { positive: true }, false) if edit.corner.is_some() => Draw::Corner,
        (Task::Draw { positive: true }, false) => Draw::PositivePoint,
        (Task::Draw { positive: false }, false) => Draw::NegativePoint,
        (Task::Window(_), false) => {
            review.move_hand(&grip.pane, grip.start);
            Draw::NegativePoint
        }
        (Task::Window(_), true) | (Task::Look | Task::Pan | Task::Paint(_), _) => {
            return Vec::new();
        }
    };
    prompting::draw(model, action)
}

impl Review {
    /// Whether a slice on the screen is the one to be drawn on, with the same part of it visible.
    fn draws_on(&self, pane: &SeenPane) -> bool {
        self.draws() && self.slice() == Some(pane.slice) && self.region() == Some(pane.region)
    }

    /// Whether masks are made by hand on what is seen.
    fn paints(&self) -> bool {
        let by_hand = self.mode.edit().is_some_and(|edit| edit.tool.is_by_hand());
        by_hand && self.draws()
    }

    /// Begins a stroke at a pixel of the picture.
    fn begin_stroke(&mut self, pane: &SeenPane, at: (i64, i64), opposite: bool) -> Option<Stroke> {
        self.move_hand(pane, at);
        let edit = self.mode.edit_mut()?;
        edit.path.clear();
        painting::go_on(edit, pane.under(at));
        painting::stroke_of(edit, opposite)
    }

    /// Moves the cursor to a pixel of the picture. The visible part stays, wherever the cursor was
    /// before.
    fn move_hand(&mut self, pane: &SeenPane, at: (i64, i64)) {
        let stack = self.stack();
        if let (Some(edit), Some(stack)) = (self.mode.edit_mut(), stack) {
            edit.cursor = pane.under(at);
            let zoom = self.zooms.of_mut(self.layout);
            zoom.drag(&stack, pane.region, 0.0, 0.0);
        }
    }

    /// Forgets a button that is held, along with the box it has begun.
    fn let_go(&mut self) {
        let grip = self.grip.take();
        let begun = grip.is_some_and(|g| match g.task {
            Task::Draw { .. } => g.moved,
            Task::Paint(_) => true,
            Task::Look | Task::Window(_) | Task::Pan => false,
        });
        if let Some(edit) = self.mode.edit_mut().filter(|_| begun) {
            edit.corner = None;
            edit.path.clear();
        }
    }
}

#[cfg(test)]
mod tests;
