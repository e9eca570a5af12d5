//! Keys that are held down.
//!
//! Most terminals report a held key as the same key again and again, and never that it was let go. So only
//! time tells a repeat from a second press, and in doubt it is a repeat: what is done without being meant
//! is worse than a key that is pressed twice. Some terminals say when a key is let go; there a key that was
//! not is a repeat, however late it comes.

use crate::term::{Key, KeyCode};
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
    /// It was let go since, as far as the terminal says that.
    is_up: bool,
    /// The terminal says it.
    is_told: bool,
}

impl Held {
    /// Takes a key at a time; returns whether it may be a repeat, with the key never up in between.
    pub fn press(&mut self, key: Key, now: Timestamp) -> bool {
        let longest = if self.repeats { NEXT } else { FIRST };
        // A clock that was set says nothing, in either direction.
        let is_soon = |at: Timestamp| now.duration_since(at).abs() <= longest;
        let is_up = std::mem::take(&mut self.is_up);
        self.repeats = self.last.is_some_and(|(last, at)| {
            last == key && !is_up && (is_soon(at) || self.is_told && tells_when_up(key))
        });
        self.last = Some((key, now));
        self.repeats
    }

    /// A key was let go.
    pub fn release(&mut self, key: Key) {
        let is_it = |(last, _): (Key, Timestamp)| match (last.code, key.code) {
            // What shift makes of a letter is the same key. Of other characters that depends on the
            // keyboard, and any key that is let go may be theirs.
            (KeyCode::Char(last), KeyCode::Char(up)) => {
                !last.is_alphabetic() || last.to_lowercase().eq(up.to_lowercase())
            }
            (last, up) => last == up,
        };
        self.is_up |= self.last.is_some_and(is_it);
    }

    /// From now on the terminal says of each key when it is let go, or no longer.
    pub fn releases_are_told(&mut self, are: bool) {
        *self = Held {
            is_told: are,
            ..Held::default()
        };
    }
}

/// Whether a terminal that tells of keys that are let go does so of this one. As it is asked, it sends
/// the shell's own keys as ever.
fn tells_when_up(key: Key) -> bool {
    !matches!(key.code, KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace)
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
    fn where_the_terminal_says_when_a_key_is_let_go_a_slow_repeat_is_one_too() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        let mut held = Held::default();
        held.releases_are_told(true);
        let mut now = Timestamp::UNIX_EPOCH;
        let mut press = |held: &mut Held, text: &str, ms: i64| {
            now += SignedDuration::from_millis(ms);
            held.press(key(text), now)
        };
        assert!(!press(&mut held, "a", 0));
        assert!(press(&mut held, "a", 5000), "never let go");
        held.release(key("j"));
        assert!(press(&mut held, "a", 5000), "another key was");
        held.release(key("a"));
        assert!(!press(&mut held, "a", 50), "pressed again, however soon");
        assert!(!press(&mut held, "A", 50));
        held.release(key("a"));
        assert!(!press(&mut held, "A", 50), "the same key with shift");
        assert!(!press(&mut held, "enter", 50));
        assert!(press(&mut held, "enter", 50), "by time, as ever");
        assert!(!press(&mut held, "enter", 900));
        held.releases_are_told(false);
        assert!(!press(&mut held, "a", 50));
        assert!(!press(&mut held, "a", 5000));
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
