//! What follows from the audit log for the files of results: decisions are written beside them, so that
//! they outlive the store, and they move with their scan.
//!
//! Nobody waits for that. Doing it twice does no harm, and an output folder that is away only delays it.

use super::follow::{Followed, follow};
use crate::config::Config;
use crate::output::{Recorded, write_review};
use crate::registry::{RecordOfCase, Registry, RegistryError};
use crate::watch::presence::Records;
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

/// Why a case is to be looked at.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// The first line of the log that says so.
    line: u64,
    /// Whether its scan has moved.
    moved: bool,
}

impl Due {
    /// Both, from the earlier line on.
    fn with(self, other: Due) -> Due {
        Due {
            line: self.line.min(other.line),
            moved: self.moved || other.moved,
        }
    }
}

/// How far the audit log is followed.
pub struct Recorder {
    store: Arc<Registry>,
    config: Arc<Config>,
    position: u64,
    /// What could not be written; tried again after a while.
    failed: BTreeMap<CaseId, Due>,
    /// Results that move when their case has changed.
    waiting: BTreeMap<CaseId, Due>,
}

impl Recorder {
    /// Goes on where an earlier daemon ended.
    pub fn new(store: &Arc<Registry>, config: &Arc<Config>) -> Result<Self, RegistryError> {
        let position = store.recorded()?;
        Ok(Recorder {
            store: Arc::clone(store),
            config: Arc::clone(config),
            position,
            failed: BTreeMap::new(),
            waiting: BTreeMap::new(),
        })
    }

    /// Follows the log as long as the daemon runs.
    pub async fn run(mut self) {
        let mut listener = self.store.changes().listen();
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
            if self.failed.is_empty() && result.is_ok() {
                listener.changed().await;
                tokio::time::sleep(GATHER).await;
            } else {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Does everything that has become due since the last step.
    pub fn step(&mut self) -> Result<(), RegistryError> {
        let before = self.done();
        let mut again = self.failed.clone();
        for (case, due) in &self.waiting {
            keep(&mut again, case, *due);
        }
        for (case, due) in again {
            self.look_at(&case, due)?;
        }
        loop {
            let events = self.store.events(self.position, LINES)?;
            let Some(last) = events.last().map(|event| event.seq) else {
                break;
            };
            let mut due = BTreeMap::new();
            for event in events.into_iter().filter(|e| says_something(e.action)) {
                if let Some(case) = event.case {
                    let line = event.seq;
                    let due = due.entry(case).or_insert(Due { line, moved: false });
                    due.moved |= event.action == Action::Moved;
                }
            }
            for (case, due) in due {
                self.look_at(&case, due)?;
            }
            self.position = last;
        }
        let done = self.done();
        if done != before {
            self.store.put_recorded(done)?;
        }
        Ok(())
    }

    /// Up to which line everything is done.
    fn done(&self) -> u64 {
        let open = self.failed.values().chain(self.waiting.values());
        let first = open.map(|due| due.line.saturating_sub(1)).min();
        first.map_or(self.position, |first| first.min(self.position))
    }

    /// Does what is due to a case. What cannot be done now, also because the store fails, stays due.
    fn look_at(&mut self, case: &CaseId, due: Due) -> Result<(), RegistryError> {
        let again = self.failed.remove(case);
        let mut due = due;
        for earlier in again.into_iter().chain(self.waiting.remove(case)) {
            due = due.with(earlier);
        }
        let done = match due.moved {
            true => self.follow(case, due),
            false => Ok(()),
        };
        let done = done.and_then(|()| self.write(case, due.line, again.is_none()));
        if done.is_err() {
            keep(&mut self.failed, case, due);
        }
        done
    }

    fn follow(&mut self, case: &CaseId, due: Due) -> Result<(), RegistryError> {
        match follow(&self.store, &self.config, case)? {
            Followed::Done => {}
            Followed::Later => keep(&mut self.waiting, case, due),
            Followed::NotNow(why) => {
                tracing::warn!(%case, "its results do not lie where its scan lies yet: {why}");
                keep(&mut self.failed, case, due);
            }
        }
        Ok(())
    }

    /// Writes the decision on a case beside its result; `is_new`: it is not tried again.
    fn write(&mut self, case: &CaseId, line: u64, is_new: bool) -> Result<(), RegistryError> {
        let Some(record) = self.store.record_of(case)? else {
            return Ok(());
        };
        if let Err(why) = self.put_beside(&record) {
            if is_new {
                tracing::warn!(%case, "the decision is not beside the result yet: {why}");
            }
            keep(&mut self.failed, case, Due { line, moved: false });
        }
        Ok(())
    }

    /// A result that is not there was deleted, unless its file system is away. Where its server does not
    /// answer, nothing is tried: the call might never return, and the results of others would wait for it.
    fn put_beside(&self, record: &RecordOfCase) -> Result<(), String> {
        let path = record.output.record_path();
        let root = self.config.root_writing_to(&path);
        let records = Records::load(&self.config.state);
        if let Some(why) = root.and_then(|root| records.silence(&root.output)) {
            return Err(why.to_owned());
        }
        let review = record.review.as_ref();
        match write_review(&record.output, &record.provenance, review) {
            Ok(Recorded::Written | Recorded::AsItIs) => Ok(()),
            Ok(Recorded::Missing) => {
                let Some(root) = root else {
                    return Ok(());
                };
                let presence = records.presence_in_output(&root.output, &path);
                presence.problem().map_or(Ok(()), |why| Err(why.to_owned()))
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Remembers what is due to a case, from the earliest line on.
fn keep(cases: &mut BTreeMap<CaseId, Due>, case: &CaseId, due: Due) {
    let kept = cases.entry(case.clone()).or_insert(due);
    *kept = kept.with(due);
}

/// Whether something lies elsewhere, or has to say something else, after this.
fn says_something(action: Action) -> bool {
    matches!(
        action,
        Action::Revised
            | Action::Approved
            | Action::Rejected
            | Action::Flagged
            | Action::Undone
            | Action::Moved
    )
}

#[cfg(test)]
mod tests;
