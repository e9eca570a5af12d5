//! What the client knows, and what happens to it.
//!
//! `Event → Action → update(&mut Model) → Effects`: keys become actions by the [`keymap`], actions
//! and answers change the [`Model`], and whatever has to be done outside comes back as
//! [`Effect`]s. Nothing here waits, draws or talks to anybody, so all of it is tested without a
//! terminal and without a daemon.

pub mod action;
pub mod command;
mod decide;
pub mod edit;
pub mod event;
pub mod keymap;
pub mod model;
mod prompting;
pub mod queue;
mod receive;
pub mod review;
pub mod slices;
pub mod subject;
mod update;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use event::{Answer, Effect, Event, Failure};
pub use keymap::{Context, Keymap};
pub use model::{Dialog, Link, Model, Notice, Screen};
pub use subject::{Showing, Subject};

use crate::term::{Key, KeyCode};

/// Lets something happen to the model; returns what has to be done outside.
pub fn handle(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => press(model, key),
        Event::Paste(text) => {
            match &mut model.dialog {
                Some(Dialog::Reason(reason)) => reason.text.insert(&text),
                Some(Dialog::Command(command)) => command.text.insert(&text),
                _ => {}
            }
            Vec::new()
        }
        Event::Resized { columns, rows } => {
            model.size = (columns, rows);
            model.scroll();
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
    if let Some(Dialog::Refusal(_)) = &model.dialog {
        if matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
            model.dialog = None;
        }
        return Vec::new();
    }
    if let Some(Dialog::Reason(reason)) = &mut model.dialog {
        return match key.code {
            KeyCode::Esc => {
                model.dialog = None;
                Vec::new()
            }
            KeyCode::Enter => decide::give_reason(model),
            _ => {
                reason.text.press(key);
                Vec::new()
            }
        };
    }
    if let Some(Dialog::Command(_)) = &model.dialog {
        return command::press(model, key);
    }
    match model.keymap.action(model.context(), key) {
        Some(action) => update::update(model, action),
        None => Vec::new(),
    }
}
