//! What the threads of a worker report to the daemon.

use super::protocol::{Message, Thread, WorkerReport};
use crate::stages::Reporter;
use medicosam_shared::case::CaseId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reports what one thread of a worker is doing. Cheap to clone.
#[derive(Clone)]
pub struct ThreadReporter {
    thread: Thread,
    shared: Arc<Shared>,
}

/// What all threads of the worker share.
struct Shared {
    send: Box<dyn Fn(&Message) + Send + Sync>,
    /// The cases being worked on; the one begun last is shown.
    cases: Mutex<Vec<CaseId>>,
}

impl ThreadReporter {
    /// The reporter of the bulk thread, whose messages go to `send`.
    pub fn new(send: impl Fn(&Message) + Send + Sync + 'static) -> Self {
        ThreadReporter {
            thread: Thread::Bulk,
            shared: Arc::new(Shared {
                send: Box::new(send),
                cases: Mutex::default(),
            }),
        }
    }

    /// The reporter of another thread of the same worker.
    pub fn of(&self, thread: Thread) -> Self {
        ThreadReporter {
            thread,
            shared: Arc::clone(&self.shared),
        }
    }

    /// The same for the stages that the thread runs.
    pub fn for_stages(&self) -> Reporter {
        let reporter = self.clone();
        Reporter::new(move |report| reporter.tell(WorkerReport::Stage(report)))
    }

    /// Reports to the daemon.
    pub fn tell(&self, report: WorkerReport) {
        (self.shared.send)(&Message {
            from: self.thread,
            report,
        });
    }

    /// Reports that a case is being worked on.
    pub fn begin(&self, case: &CaseId) {
        let mut cases = self.lock();
        cases.push(case.clone());
        self.tell(WorkerReport::Case(Some(case.clone())));
    }

    /// Reports that a case is not being worked on any more; the one before it is shown again.
    pub fn end(&self, case: &CaseId) {
        let mut cases = self.lock();
        if let Some(at) = cases.iter().rposition(|begun| begun == case) {
            cases.remove(at);
        }
        self.tell(WorkerReport::Case(cases.last().cloned()));
    }

    /// Held while reporting, so that reports keep the order of events.
    fn lock(&self) -> MutexGuard<'_, Vec<CaseId>> {
        self.shared
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
        let (sender, sent) = mpsc::channel();
        let bulk = ThreadReporter::new(move |message| sender.send(message.clone()).unwrap());
        let prompts = bulk.of(Thread::Prompt);
        let case = |name: &str| CaseId(name.to_owned());
        bulk.begin(&case("bulk"));
        prompts.begin(&case("prompt"));
        prompts.end(&case("prompt"));
        prompts.begin(&case("prompt"));
        bulk.end(&case("bulk"));
        prompts.end(&case("prompt"));
        let shown: Vec<Message> = sent.try_iter().collect();
        let expected = [
            (Thread::Bulk, Some("bulk")),
            (Thread::Prompt, Some("prompt")),
            (Thread::Prompt, Some("bulk")),
            (Thread::Prompt, Some("prompt")),
            (Thread::Bulk, Some("prompt")),
            (Thread::Prompt, None),
        ];
        let expected = expected.map(|(from, name)| Message {
            from,
            report: WorkerReport::Case(name.map(case)),
        });
        assert_eq!(shown, expected);
    }
}
