//! The message at the bottom of the screen.

use crate::app::event::Failure;

/// A message at the bottom of the screen, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The message.
    pub text: String,
    /// What to do about it; shown where there is room.
    pub hint: String,
    /// Whether something went wrong.
    pub bad: bool,
}

impl Notice {
    /// Something to know.
    pub fn good(text: impl Into<String>) -> Self {
        Notice {
            text: text.into(),
            hint: String::new(),
            bad: false,
        }
    }

    /// Something went wrong.
    pub fn bad(text: impl Into<String>) -> Self {
        Notice {
            text: text.into(),
            hint: String::new(),
            bad: true,
        }
    }

    /// An outcome, and whether something went wrong.
    pub fn outcome((text, bad): (String, bool)) -> Self {
        Notice {
            text,
            hint: String::new(),
            bad,
        }
    }

    /// What went wrong and what to do.
    pub fn failure(failure: &Failure) -> Self {
        Notice {
            text: failure.fault.message.clone(),
            hint: failure.fault.hint.clone(),
            bad: true,
        }
    }
}
