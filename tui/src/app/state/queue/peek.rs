//! More about the case that is selected in the list: read once the selection rests on it, one at a
//! time, so that a key held down does not ask for every case it passes.

use crate::app::event::Failure;
use jiff::Timestamp;
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary};

/// What is known of the selected case beyond its row.
#[derive(Debug, Clone, Default)]
pub struct Peek {
    detail: Option<Box<CaseDetail>>,
    /// What was asked for last, and its version.
    asked: Option<(CaseId, Timestamp)>,
    running: bool,
}

impl Peek {
    /// What is known of `case`.
    pub fn of(&self, case: &CaseId) -> Option<&CaseDetail> {
        let detail = self.detail.as_deref();
        detail.filter(|detail| detail.summary.id == *case)
    }

    /// Something happened to a case: what is known of it is old.
    pub fn stale(&mut self, case: &CaseId) {
        if self.asked.as_ref().is_some_and(|(asked, _)| asked == case) {
            self.asked = None;
        }
    }

    /// What was asked for is here, or will not come.
    pub fn arrived(&mut self, result: Result<Box<CaseDetail>, Failure>) {
        self.running = false;
        if let Ok(detail) = result {
            self.detail = Some(detail);
        }
    }

    /// The selection rests on a case. Returns whether to read it: it was not read at this version,
    /// and nothing else is being read.
    pub fn rests_on(&mut self, case: &CaseSummary) -> bool {
        let wanted = (case.id.clone(), case.updated);
        if self.running || self.asked.as_ref() == Some(&wanted) {
            return false;
        }
        self.asked = Some(wanted);
        self.running = true;
        true
    }
}
