//! `reading:`: first and second readings of scans.

use medicosam_shared::case::CaseSummary;

/// What `reading:` can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Cases that read a scan for the first time.
    First,
    /// Second readings.
    Second,
}

impl Reading {
    pub(super) const ALL: [Reading; 2] = [Reading::First, Reading::Second];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Reading::First => "first",
            Reading::Second => "second",
        }
    }

    pub(super) fn holds(self, case: &CaseSummary) -> bool {
        match self {
            Reading::First => case.reads.is_none(),
            Reading::Second => case.reads.is_some(),
        }
    }
}
