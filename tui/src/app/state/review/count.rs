//! Numbers typed before a key: `42G`, `10j`.
//!
//! Digits are also the keys of windows, and a window must not wait for the next key. So each digit
//! acts at once, and digits that follow one another quickly are a number as well; a key that takes the
//! number puts the window back that was there before. Where a single digit could be meant as a window,
//! a number has at least two: `07j`. Only a key that names a slice takes one: `7G`.

use super::window::WindowChoice;
use crate::term::{Key, KeyCode};
use jiff::{SignedDuration, Timestamp};

/// A number being typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// What has been typed.
    number: u32,
    /// How many digits.
    digits: u32,
    /// When the last of them was typed.
    at: Timestamp,
    /// The window before the first of them.
    window: WindowChoice,
}

/// Most digits in a number; further ones are ignored.
const MOST: u32 = 5;

/// Longest time between two digits of a number. A reviewer who compares windows looks longer.
const QUICK: SignedDuration = SignedDuration::from_millis(600);

impl Count {
    /// A first digit, typed over this window.
    pub fn begin(digit: u32, at: Timestamp, window: WindowChoice) -> Self {
        Count {
            number: digit,
            digits: 1,
            at,
            window,
        }
    }

    /// The number with another digit, if that came quickly.
    pub fn and(self, digit: u32, at: Timestamp) -> Option<Self> {
        if at.duration_since(self.at) > QUICK {
            return None;
        }
        if self.digits == MOST {
            return Some(Count { at, ..self });
        }
        Some(Count {
            number: self.number * 10 + digit,
            digits: self.digits + 1,
            at,
            ..self
        })
    }

    /// The number, once it has two digits.
    pub fn number(&self) -> Option<u32> {
        (self.digits > 1).then_some(self.number)
    }

    /// The number, also if it has one digit that was typed just before.
    pub fn any_number(&self, now: Timestamp) -> Option<u32> {
        let is_quick = now.duration_since(self.at) <= QUICK;
        (self.digits > 1 || is_quick).then_some(self.number)
    }

    /// The window before the first digit.
    pub fn window(&self) -> WindowChoice {
        self.window
    }
}

/// The digit on a key, if there is one.
pub fn digit(key: Key) -> Option<u32> {
    let plain = !(key.ctrl || key.alt || key.shift);
    match key.code {
        KeyCode::Char(character) if plain => character.to_digit(10),
        _ => None,
    }
}
