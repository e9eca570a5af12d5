//! A note being typed.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::case::CaseId;

/// A note being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The case that it is about.
    pub case: CaseId,
    /// What has been typed.
    pub text: Line,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Note,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Note, "note"),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl Note {
    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Note) => match self.text.as_str().trim() {
                "" => Said::Leave,
                text => Said::Do(Wish::Note {
                    case: self.case.clone(),
                    text: text.to_owned(),
                }),
            },
            Some(Means::Leave) => Said::Leave,
            None => {
                self.text.press(key);
                Said::Nothing
            }
        }
    }
}
