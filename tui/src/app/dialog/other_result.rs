//! Another result lies where that of a case goes.

use super::keys::{Bound, key, meaning};
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::CaseId;

/// A case that waits because another result lies where its own goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherResult {
    /// The case.
    pub case: CaseId,
    /// What lies there, and since when.
    pub text: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Keep,
    Replace,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Char('k'), Means::Keep, "keep it, write beside it"),
    key(KeyCode::Char('r'), Means::Replace, "replace it"),
    key(KeyCode::Esc, Means::Leave, "back"),
];

impl OtherResult {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        let retry = |choice| Said::Do(Wish::Retry(self.case.clone(), choice));
        match meaning(KEYS, key) {
            Some(Means::Keep) => retry(OutputChoice::Keep),
            Some(Means::Replace) => retry(OutputChoice::Replace),
            Some(Means::Leave) => Said::Leave,
            None => Said::Nothing,
        }
    }
}
