//! Keys that are held down.
//!
//! A terminal reports a held key as the same key again and again, and never that it was let go. So only
//! time tells a repeat from a second press, and in doubt it is a repeat: what is done without being meant
//! is worse than a key that is pressed twice.

use crate::term::Key;
use jiff::{SignedDuration, Timestamp};

/// Longest time before the first repeat of a held key; systems wait 250 to 660 ms.
const FIRST: SignedDuration = SignedDuration::from_millis(700);

/// Longest time between two further repeats: slow keyboards send ten a second, and a line may hold some
/// of them up.
const NEXT: SignedDuration = SignedDuration::from_millis(250);

/// The key that was pressed last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    last: Option<(Key, Timestamp)>,
    /// It has come again while it may have been held.
    repeats: bool,
}

impl Held {
    /// Takes a key at a time; returns whether it may be a repeat, with the key never up in between.
    pub fn press(&mut self, key: Key, now: Timestamp) -> bool {
        let longest = if self.repeats { NEXT } else { FIRST };
        // A clock that was set says nothing, in either direction.
        let is_soon = |at: Timestamp| now.duration_since(at).abs() <= longest;
        self.repeats = self
            .last
            .is_some_and(|(last, at)| last == key && is_soon(at));
        self.last = Some((key, now));
        self.repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each press of a key, some milliseconds after the one before, counts as a repeat.
    fn repeats(presses: &[(char, i64)]) -> Vec<bool> {
        let mut held = Held::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut press = |&(key, ms): &(char, i64)| {
            now += SignedDuration::from_millis(ms);
            held.press(Key::plain(crate::term::KeyCode::Char(key)), now)
        };
        presses.iter().map(&mut press).collect()
    }

    #[test]
    fn a_held_key_repeats_until_it_has_paused() {
        let held = [('a', 0), ('a', 500), ('a', 33), ('a', 100), ('a', 240)];
        assert_eq!(repeats(&held), [false, true, true, true, true]);
        let again = [('a', 0), ('a', 660), ('a', 40), ('a', 300), ('a', 800)];
        assert_eq!(repeats(&again), [false, true, true, false, false]);
    }

    #[test]
    fn another_key_in_between_ends_it() {
        assert_eq!(repeats(&[('a', 0), ('j', 5), ('a', 5)]), [false; 3]);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_it() {
        assert_eq!(repeats(&[('a', 0), ('a', -3_600_000)]), [false; 2]);
    }
}
