//! Orders of the list.

use medicosam_shared::case::{CaseState, CaseSummary};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Those that wait for a person first, of these the ones that need a prompt, then worst score
    /// first; then what needs attention, what is being worked on, and what is done, newest first.
    #[default]
    Attention,
    /// Worst score first.
    Score,
    /// What changed last first.
    Age,
    /// By name, numbers by their value.
    Name,
    /// By state, in the order of a case's life.
    State,
}

impl Sort {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [Sort; 5] = [
        Sort::Attention,
        Sort::Score,
        Sort::Age,
        Sort::Name,
        Sort::State,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sort::Attention => "attention",
            Sort::Score => "score",
            Sort::Age => "age",
            Sort::Name => "name",
            Sort::State => "state",
        }
    }

    /// The next one, round the end.
    pub fn next(self) -> Sort {
        let at = Sort::ALL.iter().position(|s| *s == self).unwrap_or(0);
        Sort::ALL[(at + 1) % Sort::ALL.len()]
    }

    /// How two cases stand to one another; never equal for two.
    pub fn compare(self, a: &CaseSummary, b: &CaseSummary) -> Ordering {
        let order = match self {
            Sort::Attention => attention(a, b),
            Sort::Score => score(a).total_cmp(&score(b)),
            Sort::Age => b.updated.cmp(&a.updated),
            Sort::Name => natural(&a.name, &b.name),
            Sort::State => a.state.cmp(&b.state),
        };
        order
            .then_with(|| a.created.cmp(&b.created))
            .then_with(|| a.id.cmp(&b.id))
    }
}

impl std::str::FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Sort::ALL.into_iter().find(|sort| sort.as_str() == text);
        known.ok_or_else(|| {
            let all = Sort::ALL.map(Sort::as_str).join(", ");
            format!("lists are sorted by {all}, not by {text:?}")
        })
    }
}

/// A case without a score has no mask to judge: it comes last of its kind.
fn score(case: &CaseSummary) -> f32 {
    case.score.unwrap_or(f32::INFINITY)
}

fn attention(a: &CaseSummary, b: &CaseSummary) -> Ordering {
    let rank = |state| match state {
        CaseState::Review => 0,
        CaseState::Flagged => 1,
        CaseState::Failed => 2,
        CaseState::Paused => 3,
        CaseState::Segmenting => 4,
        CaseState::Embedding => 5,
        CaseState::Waiting => 6,
        CaseState::Rejected => 7,
        CaseState::Approved => 8,
    };
    let within = || match a.state {
        CaseState::Approved | CaseState::Rejected => b.updated.cmp(&a.updated),
        CaseState::Review => {
            let first = b.needs_prompt().cmp(&a.needs_prompt());
            first.then_with(|| score(a).total_cmp(&score(b)))
        }
        _ => Ordering::Equal,
    };
    rank(a.state).cmp(&rank(b.state)).then_with(within)
}

/// Texts with the numbers in them by value: `sub-9` before `sub-10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let (Some(&x), Some(&y)) = (a.first(), b.first()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (n, after_n) = number(a);
            let (m, after_m) = number(b);
            (a, b) = (after_n, after_m);
            n.len().cmp(&m.len()).then_with(|| n.cmp(m))
        } else {
            (a, b) = (&a[1..], &b[1..]);
            x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// The digits that a text begins with, without leading zeros, and what follows them.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let zeros = digits.iter().take_while(|c| **c == b'0').count();
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::summary;

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = ["sub-10", "sub-9", "Sub-009b", "sub-1", "ct", "sub"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["ct", "sub", "sub-1", "sub-9", "Sub-009b", "sub-10"]);
    }

    #[test]
    fn what_has_no_score_comes_last() {
        let mut cases = [
            summary("none", CaseState::Waiting, None),
            summary("good", CaseState::Approved, Some(0.9)),
            summary("bad", CaseState::Review, Some(0.2)),
        ];
        cases.sort_by(|a, b| Sort::Score.compare(a, b));
        assert_eq!(cases.map(|c| c.id.0), ["bad", "good", "none"]);
    }
}
