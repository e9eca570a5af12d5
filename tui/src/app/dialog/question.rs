//! A question that is answered with yes or no.

use super::keys::{Bound, key, meaning};
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};

/// What is asked before something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether to discard the draft.
    Discard,
    /// Whether to put the draft on top of a revision that came meanwhile; why it came to that.
    Rebase(String),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Yes,
    No,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Char('y'), Means::Yes, "yes"),
    key(KeyCode::Char('n'), Means::No, "no"),
    key(KeyCode::Esc, Means::No, ""),
];

impl Question {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Yes) => Said::Do(match self {
                Question::Discard => Wish::DiscardDraft,
                Question::Rebase(_) => Wish::RebaseDraft,
            }),
            Some(Means::No) => Said::Leave,
            None => Said::Nothing,
        }
    }
}
