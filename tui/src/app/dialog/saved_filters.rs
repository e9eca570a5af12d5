//! The saved filters, one to be chosen by its number.

use super::keys::{self, Bound, DialogHint, key, meaning};
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};

/// Saved filters that a client begins with.
pub const FIRST_FILTERS: [&str; 6] = [
    "state:review",
    "state:review score<0.7",
    "state:flagged",
    "state:failed,paused",
    "state:approved,rejected",
    "assigned:me state:review",
];

/// Most saved filters: each has a digit.
pub const MOST_FILTERS: usize = 9;

/// Removes the last of the saved filters.
pub const REMOVE: Key = Key::plain(KeyCode::Char('x'));

/// The saved filters, one to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedFilters {
    /// How many there are.
    pub count: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Remove,
    Leave,
}

const KEYS: &[Bound<Means>] = &[
    Bound {
        key: REMOVE,
        means: Means::Remove,
        title: "remove the last",
    },
    key(KeyCode::Esc, Means::Leave, "back"),
    key(KeyCode::Enter, Means::Leave, ""),
    key(KeyCode::Char('q'), Means::Leave, ""),
];

/// The keys for the row of hints.
pub(super) fn hints() -> Vec<DialogHint> {
    let mut hints = vec![("1-9".to_owned(), "filter")];
    hints.extend(keys::hints(KEYS));
    hints
}

impl SavedFilters {
    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        if let KeyCode::Char(digit @ '1'..='9') = key.code {
            let place = digit as usize - '1' as usize;
            return match place < self.count {
                true => Said::Do(Wish::SavedFilter(place)),
                false => Said::Nothing,
            };
        }
        match meaning(KEYS, key) {
            Some(Means::Remove) if self.count > 0 => {
                self.count -= 1;
                Said::RemoveLastFilter
            }
            Some(Means::Remove) | None => Said::Nothing,
            Some(Means::Leave) => Said::Leave,
        }
    }
}
