//! Numbers typed before a key: `42G`, `10j`.
//!
//! Digits are also the keys of windows, and a window must not wait for what comes next. So a digit
//! does at once what it says; if another one follows it quickly, both are the beginning of a
//! number, and the window is as it was before. A number has two digits at least: `07G`.

use super::Review;
use super::window::WindowChoice;
use crate::app::Action;
use crate::term::{Key, KeyCode};
use jiff::{SignedDuration, Timestamp};

/// A number being typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// What has been typed.
    number: u32,
    /// How many digits.
    digits: u32,
    /// When the last of them was.
    at: Timestamp,
    /// The window before the first of them.
    window: WindowChoice,
}

/// Most digits in a number; more are left out.
const MOST: u32 = 5;

/// Longest time between two digits of a number. Whoever compares windows takes longer to look.
const QUICK: SignedDuration = SignedDuration::from_millis(600);

impl Count {
    /// What has been typed, if it is a number.
    pub fn number(&self) -> Option<u32> {
        (self.digits > 1).then_some(self.number)
    }
}

/// Takes a key into the number being typed. Says whether it means nothing else.
pub(in crate::app) fn takes(review: &mut Review, key: Key, now: Timestamp) -> bool {
    let plain = !(key.ctrl || key.alt || key.shift);
    let KeyCode::Char(character) = key.code else {
        return false;
    };
    let Some(digit) = character.to_digit(10).filter(|_| plain) else {
        return false;
    };
    let begun = review
        .count
        .filter(|count| now.duration_since(count.at) <= QUICK);
    let Some(count) = begun else {
        review.count = Some(Count {
            number: digit,
            digits: 1,
            at: now,
            window: review.window,
        });
        return false;
    };
    let more = count.digits < MOST;
    review.count = Some(Count {
        number: if more {
            count.number * 10 + digit
        } else {
            count.number
        },
        digits: if more { count.digits + 1 } else { count.digits },
        at: now,
        ..count
    });
    review.window = count.window;
    true
}

/// The number that was typed before a key that takes one.
pub(in crate::app) fn take(review: &mut Review) -> Option<u32> {
    review.count.take()?.number()
}

/// A key that is no digit ends the number, whether it took it or not.
pub(in crate::app) fn end(review: &mut Review, key: Key) {
    if !matches!(key.code, KeyCode::Char('0'..='9')) {
        review.count = None;
    }
}

/// Whether a number before the action says how often, or where to.
pub(in crate::app) fn is_taken_by(action: Action) -> bool {
    matches!(
        action,
        Action::NextSlice
            | Action::PreviousSlice
            | Action::FurtherSlice
            | Action::FurtherSliceBack
            | Action::LastSlice
            | Action::FirstSlice
            | Action::NextMaskSlice
            | Action::PreviousMaskSlice
            | Action::NextLowSlice
            | Action::PreviousLowSlice
            | Action::MoveLeft
            | Action::MoveDown
            | Action::MoveUp
            | Action::MoveRight
    )
}
