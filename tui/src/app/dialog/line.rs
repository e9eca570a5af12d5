//! A line of text being typed.

use crate::term::{Key, KeyCode};

/// A line of text being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// Most characters in a line.
    const MOST: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds text, line breaks as blanks, without anything that cannot be printed.
    pub fn insert(&mut self, text: &str) {
        let room = Self::MOST.saturating_sub(self.0.chars().count());
        let flat = text.replace(['\n', '\r', '\t'], " ");
        let printable = flat.chars().filter(|c| !c.is_control());
        self.0.extend(printable.take(room));
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) {
        match key.code {
            KeyCode::Char(c) if !key.ctrl && !key.alt => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Char('u') if key.ctrl => self.0.clear(),
            KeyCode::Backspace => {
                self.0.pop();
            }
            _ => {}
        }
    }
}
