//! Keys that may not have been meant.

use super::state::notice::Notice;
use crate::term::Key;

/// Whether a key was surely meant. Only such a key decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// It was pressed.
    Surely,
    /// It may be held down.
    Held,
    /// It came together with an escape, as one key.
    BehindEscape,
}

impl Meant {
    /// Why a key decides nothing, if it was not surely meant.
    pub(super) fn why_not(self, key: Key) -> Option<Notice> {
        match self {
            Meant::Surely => None,
            Meant::Held => Some(Notice::good(format!(
                "{key} is held down, or came twice: let it go, then press it again."
            ))),
            Meant::BehindEscape => Some(Notice::good(format!(
                "{key} came together with esc: press it again."
            ))),
        }
    }
}
