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
enum Means {
    Approve,
    CommitFirst,
    DiscardFirst,
    NextUnseen,
    Leave,
}

const BACK: Bound<Means> = key(KeyCode::Esc, Means::Leave, "back");

/// The usual key for approvals is not among them, because it may be pressed twice.
const APPROVE: Bound<Means> = key(KeyCode::Enter, Means::Approve, "approve all the same");

/// Where the doubts are grave, the key that confirms is none that a hand presses without reading.
const APPROVE_GRAVE: Bound<Means> = key(KeyCode::Char('Y'), Means::Approve, "approve all the same");

const KEYS: &[Bound<Means>] = &[APPROVE, BACK];

const KEYS_GRAVE: &[Bound<Means>] = &[APPROVE_GRAVE, BACK];

const KEYS_GRAVE_UNSEEN: &[Bound<Means>] = &[
    APPROVE_GRAVE,
    key(KeyCode::Char(']'), Means::NextUnseen, "next unseen slice"),
    BACK,
];

const KEYS_UNSEEN: &[Bound<Means>] = &[
    APPROVE,
    key(KeyCode::Char(']'), Means::NextUnseen, "next unseen slice"),
    BACK,
];

const KEYS_DRAFT: &[Bound<Means>] = &[
    key(KeyCode::Char('c'), Means::CommitFirst, "commit and approve"),
    key(
        KeyCode::Char('D'),
        Means::DiscardFirst,
        "discard and approve",
    ),
    BACK,
];

impl Approval {
    fn keys(&self) -> &'static [Bound<Means>] {
        let is_grave = self.doubts.are_grave();
        match (self.doubts.draft, self.doubts.unseen) {
            (true, _) => KEYS_DRAFT,
            (false, 0) if is_grave => KEYS_GRAVE,
            (false, 0) => KEYS,
            (false, _) if is_grave => KEYS_GRAVE_UNSEEN,
            (false, _) => KEYS_UNSEEN,
        }
    }

    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        let decision = || Decision {
            targets: self.targets.clone(),
            verdict: Verdict::Approve,
            reason: String::new(),
            overrule: false,
        };
        match meaning(self.keys(), key) {
            Some(Means::Approve) => Said::Do(Wish::Decide(decision())),
            Some(Means::CommitFirst) => Said::Do(Wish::CommitAndApprove),
            Some(Means::DiscardFirst) => Said::Do(Wish::DiscardAndApprove(decision())),
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
