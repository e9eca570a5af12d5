//! Asks for the reason of a decision.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::{Decision, Said, Target, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::case::Verdict;

/// A decision that waits for its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The decision.
    pub verdict: Verdict,
    /// The cases that it is about.
    pub targets: Vec<Target>,
    /// What has been typed.
    pub text: Line,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Decide,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Decide, "decide"),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl Reason {
    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Decide) => self.decide(),
            Some(Means::Leave) => Said::Leave,
            None => {
                self.text.press(key);
                Said::Nothing
            }
        }
    }

    fn decide(&self) -> Said {
        let reason = self.text.as_str().trim();
        if reason.is_empty() {
            return Said::Wrong("Say why in a few words, or leave with esc.".to_owned());
        }
        Said::Do(Wish::Decide(Decision {
            targets: self.targets.clone(),
            verdict: self.verdict,
            reason: reason.to_owned(),
            overrule: false,
        }))
    }
}
