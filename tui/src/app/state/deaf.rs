//! Text that goes nowhere.
//!
//! Somebody who types where no text is asked for, as `/ana` in the review of a case, does not mean the keys
//! that the letters are. After a character without a meaning, what follows it at once has none either.

use crate::term::{Key, KeyCode};
use jiff::{SignedDuration, Timestamp};

/// A pause that ends it.
const PAUSE: SignedDuration = SignedDuration::from_millis(500);

/// Whether keys go nowhere, and when the last one came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deaf(Option<Timestamp>);

impl Deaf {
    /// A character without a meaning was typed.
    pub fn begin(&mut self, now: Timestamp) {
        self.0 = Some(now);
    }

    /// Whether keys go nowhere now.
    pub fn is_on(self, now: Timestamp) -> bool {
        // A clock that was set says nothing, in either direction.
        self.0
            .is_some_and(|last| now.duration_since(last).abs() < PAUSE)
    }

    /// Takes a key; returns whether it goes nowhere. Escape ends it.
    pub fn takes(&mut self, key: Key, now: Timestamp) -> bool {
        let takes = self.is_on(now) && key.code != KeyCode::Esc;
        self.0 = takes.then_some(now);
        takes
    }
}

/// Whether a key is a character as it stands in a text.
pub fn is_text(key: Key) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt
}
