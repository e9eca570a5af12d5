//! Drafts: what a reviewer changes in a case before it becomes a revision.
//!
//! A draft is a list of [`Step`]s from a revision on, and a position in that list. Undoing moves the
//! position back, redoing moves it on, and a new step takes the place of all steps after the
//! position. The content of a draft follows from its steps alone, and [`Draft::apply`] is the only
//! way to change them; so daemon and client see the same.

mod canvas;
mod change;
mod content;
mod judge;
mod machine;
mod put;
mod refusal;
mod scope;
mod step;
mod stored;
mod surroundings;
#[cfg(test)]
mod tests;
mod work;

pub use canvas::{Canvas, Content, Under};
pub use change::{DraftChange, DraftRequest};
pub use content::Draft;
pub use machine::{Applied, Noted};
pub use refusal::{DraftRefusal, NOTHING_TO_CORRECT, NOTHING_TO_CORRECT_HINT};
pub use scope::{Scope, Slices};
pub use step::{Answered, Candidate, Origin, Put, PutMask, SliceAnswer, Step};
pub use stored::{prompt_of_revision, stored_prompt};
pub use surroundings::{Base, Current, LookedAt, Surroundings};
pub use work::{Boxes, DraftWork, Propagate, Together};
