//! Another reviewer was first.

use super::keys::{Bound, key, meaning};
use super::said::{Decision, Said, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::api::DecisionRequest;
use medicosam_shared::case::CaseId;

/// A decision that was refused because another reviewer was first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The case.
    pub case: CaseId,
    /// What was asked for.
    pub request: DecisionRequest,
    /// Who did what, when and why.
    pub text: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Overrule,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Char('O'), Means::Overrule, "overrule with yours"),
    key(KeyCode::Esc, Means::Leave, "leave it"),
    key(KeyCode::Enter, Means::Leave, ""),
];

impl Conflict {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Overrule) => Said::Do(Wish::Decide(Decision {
                targets: vec![(self.case.clone(), self.request.revision)],
                verdict: self.request.verdict,
                reason: self.request.reason.clone(),
                overrule: true,
            })),
            Some(Means::Leave) => Said::Leave,
            None => Said::Nothing,
        }
    }
}
