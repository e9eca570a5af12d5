//! More about the case that is selected in the list: read once the selection rests on it, one at a
//! time, so that a key held down does not ask for every case it passes.

use crate::app::event::{Effect, Failure};
use crate::app::model::{Model, Screen};
use jiff::Timestamp;
use medicosam_shared::case::{CaseDetail, CaseId};

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
}

/// What to read, if anything.
pub(in crate::app) fn next(model: &mut Model) -> Option<Effect> {
    if !matches!(model.screen, Screen::Queue) || model.peek.running {
        return None;
    }
    if !crate::layout::queue(model.size).has_history() {
        return None;
    }
    let case = model.queue.selected()?;
    let wanted = (case.id.clone(), case.updated);
    if model.peek.asked.as_ref() == Some(&wanted) {
        return None;
    }
    let effect = Effect::Peek(wanted.0.clone());
    model.peek.asked = Some(wanted);
    model.peek.running = true;
    Some(effect)
}
