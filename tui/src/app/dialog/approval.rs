//! Asks once more before an approval, and names all that speaks against it.

use super::keys::{Bound, DialogHint, hints, key, meaning};
use super::said::{Decision, Said, Target, Wish};
use crate::app::state::doubts::Doubts;
use crate::term::{Key, KeyCode};
use medicosam_shared::case::Verdict;

/// An approval that something speaks against.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// What would be approved.
    pub targets: Vec<Target>,
    /// What speaks against it.
    pub doubts: Doubts,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Approve,
    NextUnseen,
    Leave,
}

/// The usual key for approvals is not among them, because it may be pressed twice.
const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Approve, "approve all the same"),
    key(KeyCode::Esc, Means::Leave, "back"),
];

const KEYS_UNSEEN: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Approve, "approve all the same"),
    key(KeyCode::Char(']'), Means::NextUnseen, "next unseen slice"),
    key(KeyCode::Esc, Means::Leave, "back"),
];

impl Approval {
    fn keys(&self) -> &'static [Bound<Means>] {
        match self.doubts.unseen {
            0 => KEYS,
            _ => KEYS_UNSEEN,
        }
    }

    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(self.keys(), key) {
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

    /// Its keys, for the row of hints.
    pub fn hints(&self) -> Vec<DialogHint> {
        hints(self.keys())
    }
}
