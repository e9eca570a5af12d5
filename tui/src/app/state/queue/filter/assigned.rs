//! `assigned:`: who is to look at a case.

use medicosam_shared::case::CaseSummary;
use std::fmt::{self, Display};

/// What `assigned:` can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Assigned {
    /// The user who asks.
    Me,
    /// Nobody.
    Nobody,
    /// Somebody whose name has this in it, in lower case.
    Somebody(String),
}

impl Assigned {
    /// What a word behind `assigned:` asks for.
    pub(super) fn of(word: &str) -> Assigned {
        match word.to_lowercase().as_str() {
            "me" => Assigned::Me,
            "nobody" => Assigned::Nobody,
            name => Assigned::Somebody(name.to_owned()),
        }
    }

    pub(super) fn holds(&self, case: &CaseSummary) -> bool {
        match (self, &case.assigned) {
            (Assigned::Me, _) => case.yours,
            (Assigned::Nobody, to) => to.is_none(),
            (Assigned::Somebody(name), Some(to)) => to.to_lowercase().contains(name),
            (Assigned::Somebody(_), None) => false,
        }
    }
}

impl Display for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Assigned::Me => "me",
            Assigned::Nobody => "nobody",
            Assigned::Somebody(name) => name,
        })
    }
}
