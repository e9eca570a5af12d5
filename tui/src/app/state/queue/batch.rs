//! Requests for several cases at once, and the decisions that can be taken back.

use crate::app::event::Failure;
use medicosam_shared::case::{CaseId, CaseSummary, RevisionNumber, Verdict};
use std::collections::HashSet;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A decision.
    Decide(Verdict),
    /// To take a decision back.
    Undo,
    /// To try again.
    Retry,
    /// To put away.
    Dismiss,
    /// To bring back.
    BringBack,
    /// To take either of these back.
    UndoDismissal,
}

impl Asked {
    /// The word for a case with which it succeeded.
    pub const fn done(self) -> &'static str {
        match self {
            Asked::Decide(Verdict::Approve) => "approved",
            Asked::Decide(Verdict::Reject) => "rejected",
            Asked::Decide(Verdict::Flag) => "flagged",
            Asked::Undo | Asked::UndoDismissal => "taken back",
            Asked::Retry => "tried again",
            Asked::Dismiss => "put away",
            Asked::BringBack => "brought back",
        }
    }
}

/// Cases that were asked for with one key.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What was asked.
    pub asked: Asked,
    /// How many they were.
    pub count: usize,
    /// The case that follows the one that was looked at, as it was when the key was pressed.
    pub next: Option<CaseId>,
    /// What it takes back, if that is what it does.
    undoes: Option<Done>,
    open: HashSet<CaseId>,
    done: Vec<(CaseId, RevisionNumber)>,
    failed: Vec<Failure>,
    /// Cases whose answer never came.
    lost: HashSet<CaseId>,
}

impl Batch {
    /// What of it can be taken back.
    fn outcome(&self) -> Option<Done> {
        let cases = || self.done.iter().map(|(case, _)| case.clone()).collect();
        match self.asked {
            Asked::Decide(_) => Some(Done::Decided(self.done.clone())),
            Asked::Dismiss => Some(Done::PutAway(cases())),
            Asked::BringBack => Some(Done::BroughtBack(cases())),
            // What did not reach the daemon can still be taken back, before what was done earlier.
            Asked::Undo | Asked::UndoDismissal => {
                self.undoes.clone().map(|undoes| undoes.only(&self.lost))
            }
            Asked::Retry => None,
        }
        .filter(|done| !done.cases().is_empty())
    }

    /// The outcome for all of them, in a line, and whether something went wrong.
    pub fn summary(&self) -> (String, bool) {
        let mut text = format!("{} {}", self.done.len(), self.asked.done());
        if let Some(first) = self.failed.first() {
            text.push_str(&format!(", {} not: {}", self.failed.len(), first.text()));
        }
        (text, !self.failed.is_empty())
    }
}

/// What one key has done together, and another can take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Decisions on these revisions.
    Decided(Vec<(CaseId, RevisionNumber)>),
    /// Cases put away.
    PutAway(Vec<CaseId>),
    /// Cases brought back.
    BroughtBack(Vec<CaseId>),
}

impl Done {
    /// Its cases.
    pub fn cases(&self) -> Vec<CaseId> {
        match self {
            Done::Decided(targets) => targets.iter().map(|(case, _)| case.clone()).collect(),
            Done::PutAway(cases) | Done::BroughtBack(cases) => cases.clone(),
        }
    }

    /// Only these of its cases.
    fn only(self, these: &HashSet<CaseId>) -> Done {
        let only = |mut cases: Vec<CaseId>| {
            cases.retain(|case| these.contains(case));
            cases
        };
        match self {
            Done::Decided(mut targets) => {
                targets.retain(|(case, _)| these.contains(case));
                Done::Decided(targets)
            }
            Done::PutAway(cases) => Done::PutAway(only(cases)),
            Done::BroughtBack(cases) => Done::BroughtBack(only(cases)),
        }
    }

    /// What is asked to take it back.
    fn undo(&self) -> Asked {
        match self {
            Done::Decided(_) => Asked::Undo,
            Done::PutAway(_) | Done::BroughtBack(_) => Asked::UndoDismissal,
        }
    }
}

/// What is on its way, and what can be taken back.
#[derive(Debug, Clone, Default)]
pub struct Batches {
    open: Vec<Batch>,
    /// What was done in this session and stands, what one key did together.
    done: Vec<Done>,
}

impl Batches {
    /// Something has been asked for these cases.
    pub fn begin(&mut self, asked: Asked, cases: &[CaseId], next: Option<CaseId>) {
        self.open.push(Batch {
            asked,
            count: cases.len(),
            next,
            undoes: None,
            open: cases.iter().cloned().collect(),
            done: Vec::new(),
            failed: Vec::new(),
            lost: HashSet::new(),
        });
    }

    /// Something is being taken back.
    pub fn begin_undo(&mut self, undoes: Done) {
        self.begin(undoes.undo(), &undoes.cases(), None);
        if let Some(batch) = self.open.last_mut() {
            batch.undoes = Some(undoes);
        }
    }

    /// One of the answers is here. Returns the batch if it was the last one.
    pub fn answered(
        &mut self,
        asked: impl Fn(Asked) -> bool,
        case: &CaseId,
        result: &Result<CaseSummary, Failure>,
    ) -> Option<Batch> {
        let waits = |b: &Batch| asked(b.asked) && b.open.contains(case);
        let at = self.open.iter().position(waits)?;
        let batch = &mut self.open[at];
        batch.open.remove(case);
        match result {
            Ok(summary) => batch
                .done
                .push((case.clone(), summary.revision.unwrap_or(0))),
            Err(failure) => {
                if failure.is_of_the_line() {
                    batch.lost.insert(case.clone());
                }
                batch.failed.push(failure.clone());
            }
        }
        if !batch.open.is_empty() {
            return None;
        }
        let batch = self.open.remove(at);
        self.done.extend(batch.outcome());
        Some(batch)
    }

    /// Whether something that can be taken back is still on its way.
    pub fn is_doing(&self) -> bool {
        let mut open = self.open.iter();
        open.any(|batch| match batch.asked {
            Asked::Decide(_) | Asked::Dismiss | Asked::BringBack => true,
            Asked::Undo | Asked::UndoDismissal | Asked::Retry => false,
        })
    }

    /// Whether this is being asked for a case.
    pub fn waits(&self, asked: Asked, case: &CaseId) -> bool {
        let mut open = self.open.iter();
        open.any(|batch| batch.asked == asked && batch.open.contains(case))
    }

    /// What was done last with one key, which will be taken back.
    pub fn take_last(&mut self) -> Option<Done> {
        self.done.pop()
    }
}
