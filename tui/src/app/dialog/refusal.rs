//! Why there can be no decision now. A reason that is typed all the same goes in here, and not into
//! the keys of the screen.

use super::keys::{Bound, key, meaning};
use super::said::Said;
use crate::term::{Key, KeyCode};

/// Why there can be no decision now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Esc, Means::Leave, "back"),
    key(KeyCode::Enter, Means::Leave, ""),
];

impl Refusal {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Leave) => Said::Leave,
            None => Said::Nothing,
        }
    }
}
