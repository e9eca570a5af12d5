//! What a worker tells the daemon.

use super::protocol::{Report, Said, Thread};
use medicosam_shared::case::CaseId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tells the daemon what a thread of a worker is doing. Cheap to clone.
#[derive(Clone)]
pub struct Reporter {
    thread: Thread,
    /// What all threads of the worker share.
    voice: Arc<Voice>,
}

struct Voice {
    say: Box<dyn Fn(&Said) + Send + Sync>,
    /// The cases being worked on; what was begun last is shown.
    cases: Mutex<Vec<CaseId>>,
}

impl Reporter {
    /// The main thread's reporter, whose words go to `say`.
    pub fn new(say: impl Fn(&Said) + Send + Sync + 'static) -> Self {
        Reporter {
            thread: Thread::Main,
            voice: Arc::new(Voice {
                say: Box::new(say),
                cases: Mutex::default(),
            }),
        }
    }

    /// The reporter of another thread of the same worker.
    pub fn of(&self, thread: Thread) -> Self {
        Reporter {
            thread,
            voice: Arc::clone(&self.voice),
        }
    }

    /// Tells the daemon.
    pub fn tell(&self, report: &Report) {
        (self.voice.say)(&Said {
            by: self.thread,
            report: report.clone(),
        });
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
        self.voice
            .cases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_case_begun_last_is_shown_and_then_the_one_before() {
        let (sender, told) = mpsc::channel();
        let main = Reporter::new(move |said| sender.send(said.clone()).unwrap());
        let desk = main.of(Thread::Desk);
        let case = |name: &str| CaseId(name.to_owned());
        main.begin(&case("bulk"));
        desk.begin(&case("prompt"));
        desk.end(&case("prompt"));
        desk.begin(&case("prompt"));
        main.end(&case("bulk"));
        desk.end(&case("prompt"));
        let shown: Vec<Said> = told.try_iter().collect();
        let expected = [
            (Thread::Main, Some("bulk")),
            (Thread::Desk, Some("prompt")),
            (Thread::Desk, Some("bulk")),
            (Thread::Desk, Some("prompt")),
            (Thread::Main, Some("prompt")),
            (Thread::Desk, None),
        ];
        let expected = expected.map(|(by, name)| Said {
            by,
            report: Report::Case(name.map(case)),
        });
        assert_eq!(shown, expected);
    }
}
