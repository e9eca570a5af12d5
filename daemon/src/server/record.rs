//! Decisions are written beside the results, so that they outlive the store.
//!
//! Nobody waits for that: it follows the audit log. Each write says all that there is to say, so doing it
//! twice does no harm, and an output folder that is away only delays it.

use crate::change_signal::ChangeSignal;
use crate::output::write_review;
use crate::registry::{Registry, RegistryError};
use medicosam_shared::case::{Action, CaseId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Decisions come in bursts.
const GATHER: Duration = Duration::from_millis(500);

/// What could not be written is tried again after this time.
const AGAIN: Duration = Duration::from_secs(30);

/// Lines of the audit log that are read at once.
const LINES: u32 = 1000;

/// How far decisions have been written.
pub struct Recorder {
    store: Arc<Registry>,
    position: u64,
    /// What could not be written, with the line of the log that it is due to.
    pending: BTreeMap<CaseId, u64>,
}

impl Recorder {
    /// Goes on where an earlier daemon ended.
    pub fn new(store: Arc<Registry>) -> Result<Self, RegistryError> {
        let position = store.recorded()?;
        Ok(Recorder {
            store,
            position,
            pending: BTreeMap::new(),
        })
    }

    /// Writes down what is decided, as long as the daemon runs.
    pub async fn run(mut self, changes: ChangeSignal) {
        let mut listener = changes.listen();
        loop {
            let step = tokio::task::spawn_blocking(move || {
                let result = self.step();
                (self, result)
            });
            let Ok((recorder, result)) = step.await else {
                return;
            };
            self = recorder;
            if let Err(error) = &result {
                tracing::warn!("decisions are not written beside the results for now: {error}");
            }
            if self.pending.is_empty() && result.is_ok() {
                listener.changed().await;
                tokio::time::sleep(GATHER).await;
            } else {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Writes down all that was decided since the last step.
    pub fn step(&mut self) -> Result<(), RegistryError> {
        let before = self.done();
        for (case, line) in std::mem::take(&mut self.pending) {
            self.write(case, line)?;
        }
        loop {
            let events = self.store.events(self.position, LINES)?;
            let Some(last) = events.last().map(|event| event.seq) else {
                break;
            };
            let mut cases = BTreeMap::new();
            for event in events.into_iter().filter(|e| says_something(e.action)) {
                if let Some(case) = event.case {
                    cases.entry(case).or_insert(event.seq);
                }
            }
            for (case, line) in cases {
                self.write(case, line)?;
            }
            self.position = last;
        }
        let done = self.done();
        if done != before {
            self.store.put_recorded(done)?;
        }
        Ok(())
    }

    /// Up to which line everything is written.
    fn done(&self) -> u64 {
        let first = self.pending.values().min();
        first.map_or(self.position, |line| line.saturating_sub(1))
    }

    fn write(&mut self, case: CaseId, line: u64) -> Result<(), RegistryError> {
        let Some(record) = self.store.record_of(&case)? else {
            return Ok(());
        };
        let review = record.review.as_ref();
        if let Err(error) = write_review(&record.output, &record.provenance, review) {
            tracing::warn!(%case, "the decision is not beside the result yet: {error}");
            self.pending.entry(case).or_insert(line);
        }
        Ok(())
    }
}

/// Whether the record beside a result has to say something else after this.
fn says_something(action: Action) -> bool {
    matches!(
        action,
        Action::Revised | Action::Approved | Action::Rejected | Action::Flagged | Action::Undone
    )
}
