//! Asks on which slices an object is to be followed.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::draft::Slices;

/// The slices on which an object is to be followed, while they are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The slice that is drawn on: a single number is the other end of a range from here.
    pub here: u32,
    /// How many slices there are.
    count: u32,
    /// What has been typed.
    pub text: Line,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Follow,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Follow, "segment"),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl Range {
    /// Nothing typed yet.
    pub fn new(here: u32, count: u32) -> Self {
        Range {
            here,
            count,
            text: Line::default(),
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Follow) => match self.parsed() {
                Ok((slices, force)) => Said::Do(Wish::Follow { slices, force }),
                Err(why) => Said::Wrong(why),
            },
            Some(Means::Leave) => Said::Leave,
            None => {
                self.text.press(key);
                Said::Nothing
            }
        }
    }

    /// The slices, and whether to go on to their ends wherever the object seems to end: `12`, `5..12`,
    /// either with `!` behind it.
    fn parsed(&self) -> Result<(Slices, bool), String> {
        let text = self.text.as_str().trim();
        let (text, force) = match text.strip_suffix('!') {
            Some(text) => (text.trim_end(), true),
            None => (text, false),
        };
        let (one, other) = match text.split_once("..") {
            Some((first, last)) => (self.slice(first)?, self.slice(last)?),
            None => (self.here, self.slice(text)?),
        };
        Ok((Slices::Within(one.min(other), one.max(other)), force))
    }

    fn slice(&self, text: &str) -> Result<u32, String> {
        let last = self.count.saturating_sub(1);
        let number = text.trim().parse().ok();
        number.filter(|&index: &u32| index <= last).ok_or_else(|| {
            format!("{text:?} is no slice: 12, or 5..12, from 0 to {last}; ! behind it goes on where the object seems to end")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_end_of_a_range_from_here_and_two_are_a_range() {
        let typed = |text: &str| {
            let mut dialog = Range::new(8, 21);
            dialog.text.insert(text);
            dialog.press(Key::plain(KeyCode::Enter))
        };
        for (text, first, last, force) in [
            ("12", 8, 12, false),
            (" 3 ", 3, 8, false),
            ("5..11", 5, 11, false),
            ("11 .. 5!", 5, 11, true),
            ("20 !", 8, 20, true),
        ] {
            let slices = Slices::Within(first, last);
            assert_eq!(
                typed(text),
                Said::Do(Wish::Follow { slices, force }),
                "{text}"
            );
        }
        for wrong in ["", "21", "-1", "5..", "a..b", "!"] {
            assert!(matches!(typed(wrong), Said::Wrong(_)), "{wrong}");
        }
    }
}
