//! A filter being typed. The list follows every key.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};

/// A filter being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterLine {
    /// What has been typed.
    pub text: Line,
    /// The filter before, to go back to.
    before: String,
    /// What is wrong with it so far.
    pub problem: Option<String>,
}

/// Saves the filter.
pub const SAVE: Key = Key::ctrl('s');

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Keep,
    GoBack,
    Up,
    Down,
    Save,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Keep, "keep"),
    key(KeyCode::Esc, Means::GoBack, "as before"),
    key(KeyCode::Up, Means::Up, "move"),
    key(KeyCode::Down, Means::Down, "move"),
    Bound {
        key: SAVE,
        means: Means::Save,
        title: "save",
    },
];

impl FilterLine {
    /// Begins with the filter that there is.
    pub fn new(before: &str) -> Self {
        let mut text = Line::default();
        text.insert(before);
        FilterLine {
            text,
            before: before.to_owned(),
            problem: None,
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Keep) => Said::Leave,
            Some(Means::GoBack) => Said::Do(Wish::Filter(self.before.clone())),
            Some(Means::Up) => Said::Select(-1),
            Some(Means::Down) => Said::Select(1),
            Some(Means::Save) => Said::Do(Wish::SaveFilter),
            None => {
                self.text.press(key);
                Said::Narrow(self.text.as_str().to_owned())
            }
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) -> Said {
        self.text.insert(text);
        Said::Narrow(self.text.as_str().to_owned())
    }
}
