//! Drafts: what a reviewer changes in a case before it becomes a revision.

mod content;

pub use content::{Answered, Candidate, Draft, SliceAnswer, Step};
