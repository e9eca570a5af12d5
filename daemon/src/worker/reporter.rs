//! What a worker tells the daemon.

use super::protocol::Report;
use medicosam_shared::case::CaseId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tells the daemon what the threads of a worker are doing.
pub struct Reporter {
    say: Box<dyn Fn(&Report) + Send + Sync>,
    /// The cases being worked on; what was begun last is shown.
    cases: Mutex<Vec<CaseId>>,
}

impl Reporter {
    /// A reporter whose words go to `say`.
    pub fn new(say: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        Reporter {
            say: Box::new(say),
            cases: Mutex::default(),
        }
    }

    /// Tells the daemon.
    pub fn tell(&self, report: &Report) {
        (self.say)(report);
    }

    /// Says that a case is being worked on.
    pub fn begin(&self, case: &CaseId) {
        let mut cases = self.lock();
        cases.push(case.clone());
        self.tell(&Report::Case(Some(case.clone())));
    }

    /// Says that a case is not being worked on any more; the one before it is shown again.
    pub fn end(&self, case: &CaseId) {
        let mut cases = self.lock();
        if let Some(at) = cases.iter().rposition(|begun| begun == case) {
            cases.remove(at);
        }
        self.tell(&Report::Case(cases.last().cloned()));
    }

    /// Held while telling, so that what was done last is told last.
    fn lock(&self) -> MutexGuard<'_, Vec<CaseId>> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_case_begun_last_is_shown_and_then_the_one_before() {
        let (sender, told) = mpsc::channel();
        let reporter = Reporter::new(move |report| sender.send(report.clone()).unwrap());
        let case = |name: &str| CaseId(name.to_owned());
        reporter.begin(&case("bulk"));
        reporter.begin(&case("prompt"));
        reporter.end(&case("prompt"));
        reporter.begin(&case("prompt"));
        reporter.end(&case("bulk"));
        reporter.end(&case("prompt"));
        let shown: Vec<Report> = told.try_iter().collect();
        let expected = [
            Some("bulk"),
            Some("prompt"),
            Some("bulk"),
            Some("prompt"),
            Some("prompt"),
            None,
        ];
        assert_eq!(shown, expected.map(|name| Report::Case(name.map(case))));
    }
}
