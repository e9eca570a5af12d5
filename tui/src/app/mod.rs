//! What the client knows, and what happens to it.
//!
//! `Event → Action → update(&mut Model) → Effects`: keys become actions by the [`keymap`], the mouse
//! by what it is at ([`pointer`]), actions and answers change the [`Model`], and whatever has to be
//! done outside comes back as [`Effect`]s. Nothing here waits, draws or talks to anybody, so all of
//! it is tested without a terminal and without a daemon.

pub mod action;
pub mod command;
mod cursor;
pub mod decide;
pub mod draft;
pub mod event;
pub mod keymap;
pub mod model;
pub mod pointer;
pub mod queue;
mod receive;
pub mod review;
mod update;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use event::{Answer, Effect, Event, Failure};
pub use keymap::{Context, Keymap};
pub use model::{Dialog, Link, Model, Notice, Question, Screen};
pub use pointer::Pointer;
pub use review::subject::{Showing, Subject};

use crate::term::{Key, KeyCode};
use draft::prompting;
use queue::{narrowing, peek};
use review::{ahead, count};

/// Lets something happen to the model; returns what has to be done outside.
pub fn handle(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = happen(model, event);
    effects.extend(peek::next(model));
    effects.extend(ahead::next(model));
    effects
}

fn happen(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => press(model, key),
        Event::Pointer(pointer) => pointer::point(model, &pointer),
        Event::Paste(text) => {
            match &mut model.dialog {
                Some(Dialog::Reason(reason)) => reason.text.insert(&text),
                Some(Dialog::Command(command)) => command.text.insert(&text),
                Some(Dialog::Note(note)) => note.text.insert(&text),
                Some(Dialog::NewObject { text: line, .. }) => line.insert(&text),
                _ => narrowing::paste(model, &text),
            }
            Vec::new()
        }
        Event::Resized { columns, rows } => {
            model.size = (columns, rows);
            model.scroll();
            if let Some(review) = model.review_mut() {
                // The picture is another one now.
                review.grip = None;
            }
            Vec::new()
        }
        Event::Clock(now) => {
            model.now = now;
            Vec::new()
        }
        Event::Shown(showing) => {
            model.shown(showing);
            Vec::new()
        }
        Event::Answer(answer) => receive::receive(model, *answer),
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if key == Key::ctrl('c') {
        return update::update(model, Action::Quit);
    }
    if key == Key::ctrl('l') {
        return vec![Effect::Redraw];
    }
    model.notice = None;
    if let Some(review) = model.review_mut() {
        // Keys are stronger than a button that is held.
        review.grip = None;
    }
    match &model.dialog {
        Some(Dialog::Refusal(_)) => {
            if matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
                model.dialog = None;
            }
            return Vec::new();
        }
        Some(Dialog::Reason(_)) => return decide::reason_key(model, key),
        Some(Dialog::Note(_)) => return decide::note_key(model, key),
        Some(Dialog::Unseen { .. }) => return decide::unseen_key(model, key),
        Some(Dialog::Conflict { .. }) => return decide::conflict_key(model, key),
        Some(Dialog::Filter(_)) => return narrowing::key(model, key),
        Some(Dialog::SavedFilters) => return narrowing::saved_key(model, key),
        Some(Dialog::Question(_)) => return prompting::question_key(model, key),
        Some(Dialog::NewObject { .. }) => return prompting::object_key(model, key),
        Some(Dialog::Command(_)) => return command::press(model, key),
        Some(Dialog::Help { .. }) | None => {}
    }
    let (context, now) = (model.context(), model.now);
    if context == Context::Review
        && let Some(review) = model.review_mut()
        && count::takes(review, key, now)
    {
        return Vec::new();
    }
    let action = model.keymap.action(context, key);
    let effects = action.map_or_else(Vec::new, |action| update::update(model, action));
    if let Some(review) = model.review_mut() {
        count::end(review, key);
    }
    effects
}
