//! Asks once more before an approval: slices of the masks were not shown.

use super::keys::{Bound, key, meaning};
use super::said::{Decision, Said, Target, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::case::Verdict;

/// An approval although slices of the masks were not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What would be approved.
    pub targets: Vec<Target>,
    /// Slices with a mask that were not shown.
    pub unseen: usize,
    /// Slices with a mask.
    pub of: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Approve,
    NextUnseen,
    Leave,
}

/// The usual key for approvals is not among them, because it may be pressed twice.
pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Approve, "approve all the same"),
    key(KeyCode::Char(']'), Means::NextUnseen, "next unseen slice"),
    key(KeyCode::Esc, Means::Leave, "back"),
];

impl Unseen {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Approve) => Said::Do(Wish::Decide(Decision {
                targets: self.targets.clone(),
                verdict: Verdict::Approve,
                reason: String::new(),
                overrule: false,
            })),
            Some(Means::NextUnseen) => Said::Do(Wish::NextUnseen),
            Some(Means::Leave) => Said::Leave,
            None => Said::Nothing,
        }
    }
}
