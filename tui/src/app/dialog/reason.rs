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
    /// Reasons that were given before, the last one first.
    pub earlier: Vec<String>,
    /// Which of them is in the line, counted from 1; 0: what was typed.
    pub shown: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Decide,
    Leave,
    Earlier,
    Later,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Decide, "decide"),
    key(KeyCode::Esc, Means::Leave, "do not"),
    key(KeyCode::Up, Means::Earlier, "reasons before"),
    key(KeyCode::Down, Means::Later, "reasons before"),
];

impl Reason {
    /// A decision on these cases, without a reason so far.
    pub fn of(verdict: Verdict, targets: Vec<Target>, earlier: Vec<String>) -> Self {
        Reason {
            verdict,
            targets,
            text: Line::default(),
            earlier,
            shown: 0,
        }
    }

    /// Puts an earlier reason into the line, or an empty one.
    fn recall(&mut self, step: isize) {
        let wanted = self.shown.saturating_add_signed(step);
        self.shown = wanted.min(self.earlier.len());
        self.text = Line::default();
        if let Some(reason) = self
            .shown
            .checked_sub(1)
            .and_then(|at| self.earlier.get(at))
        {
            self.text.insert(reason);
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Decide) => self.decide(),
            Some(Means::Leave) => Said::Leave,
            Some(Means::Earlier) => {
                self.recall(1);
                Said::Nothing
            }
            Some(Means::Later) => {
                self.recall(-1);
                Said::Nothing
            }
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
