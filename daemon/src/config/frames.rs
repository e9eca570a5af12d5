//! `frames`: which volumes of a 4-D file are scans.

use serde::Deserialize;

/// Which volumes of a 4-D file are scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "\"each\", or the number of a volume, counted from 0"
)]
pub enum Frames {
    /// One of them.
    One(u64),
    /// Each.
    All(Each),
}

/// Each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Each of them.
    Each,
}

impl Frames {
    /// The volumes of a file that holds so many.
    pub fn of(self, volumes: u64) -> Vec<u64> {
        match self {
            Frames::One(frame) => vec![frame],
            Frames::All(Each::Each) => (0..volumes).collect(),
        }
    }
}
