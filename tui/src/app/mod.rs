//! What the client knows, and what happens to it.
//!
//! `Event → Action → update(&mut Model) → Effects`: keys become actions by the [`keymap`], unless a
//! [`dialog`] takes them; the mouse means what it points at; actions and answers change the [`Model`],
//! and work for the outside comes back as [`Effect`]s. Nothing here waits, draws or does IO, so all of
//! it is tested without a terminal and without a daemon.

pub mod action;
mod ahead;
mod calls;
mod copying;
mod cursor;
mod decide;
mod decided;
pub mod dialog;
mod dialogs;
mod dismissal;
pub mod draft;
pub mod event;
mod intake;
pub mod keymap;
mod keys;
mod look;
mod meant;
mod narrowing;
mod pointer;
mod receive;
pub mod resume;
mod retrying;
pub mod state;
mod update;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use action::context::Context;
pub use dialog::Dialog;
pub use event::{Answer, Effect, Event, Failure, Pointer};
pub use keymap::Keymap;
pub use state::last_place::OpenPlace;
pub use state::model::{Link, Model, Screen};
pub use state::notice::Notice;
pub use state::review::Review;
pub use state::review::subject::{Showing, Subject};

/// Applies an event to the model; returns the work for the outside.
pub fn handle(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = happen(model, event);
    effects.extend(ahead::next(model));
    effects
}

fn happen(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => return keys::press(model, key),
        Event::Released(key) => model.held.release(key),
        Event::ReleasesAreTold(are) => model.held.releases_are_told(are),
        Event::Pointer(pointer) => return pointer::point(model, &pointer),
        Event::Paste(text) => return dialogs::paste(model, &text),
        Event::Resized { columns, rows } => {
            model.size = (columns, rows);
            model.scroll();
            if let Some(review) = model.review_mut() {
                // The picture is another one now.
                review.grip = None;
            }
        }
        Event::Clock(now) => model.now = now,
        Event::Rested => return model.preview.rested(),
        Event::Shown(showing) => model.shown(showing),
        Event::Answer(answer) => return receive::receive(model, *answer),
    }
    Vec::new()
}
