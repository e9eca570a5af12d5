//! The keys of a context. Its own keys are those of the keymap, except while words are typed.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::Said;
use crate::app::action::context::Context;
use crate::term::{Key, KeyCode};

/// The keys of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// The context.
    pub context: Context,
    /// Rows scrolled off the top.
    pub top: usize,
    /// Words that the keys shown have to do with; empty: all keys.
    pub words: Line,
    /// Whether the words are being typed.
    pub typing: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Keep,
    Clear,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Keep, "keep"),
    key(KeyCode::Esc, Means::Clear, "all keys"),
];

impl Help {
    /// All keys of a context.
    pub fn of(context: Context) -> Self {
        Help {
            context,
            top: 0,
            words: Line::default(),
            typing: false,
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        if !self.typing {
            return Said::Keymap;
        }
        self.top = 0;
        match meaning(KEYS, key) {
            Some(Means::Keep) => self.typing = false,
            Some(Means::Clear) => {
                self.show_all();
            }
            None => self.words.press(key),
        }
        Said::Nothing
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        if self.typing {
            self.top = 0;
            self.words.insert(text);
        }
    }

    /// Shows all keys again. Whether some were left out.
    pub fn show_all(&mut self) -> bool {
        let narrowed = self.typing || !self.words.as_str().is_empty();
        self.words = Line::default();
        self.typing = false;
        narrowed
    }
}
