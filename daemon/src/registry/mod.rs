//! The registry: one door for each change of a case.
//!
//! A method reads the rows that a rule looks at, asks [`crate::case`], and writes down the answer, all
//! in one transaction of the [`Store`]: it happens wholly and durably, or not at all. Whatever changes
//! is written into the audit log as well, which is the event stream at the same time. Nothing is decided
//! here.

mod agreement;
mod arrivals;
mod clock;
mod cohort;
mod decisions;
mod drafts;
mod error;
mod following;
mod job;
mod outputs;
mod queries;
mod queue;
mod queued;
mod recorded;
mod recovery;
mod references;
mod rows;
mod second_readings;
mod work;

#[cfg(test)]
pub(crate) mod suite;

pub use clock::{Clock, SystemClock};
pub use cohort::COHORT;
pub use drafts::DraftOutcome;
pub use error::RegistryError;
pub use following::{ResultsMove, ResultsStep};
pub use job::{ScanOfCase, Work, WorkOutcome};
pub use outputs::Reserved;
pub use recorded::RecordOfCase;
pub use recovery::RecoveredCase;
pub use references::ReferenceFrame;
pub use second_readings::{FirstReading, Shares};

use crate::case::Now;
use crate::change_signal::ChangeSignal;
use crate::store::{Commit, Rows, SqliteStore, Store, StoreFault};
use std::path::Path;
use std::sync::Arc;

type Result<T> = std::result::Result<T, RegistryError>;

/// All cases, their work, revisions, decisions and drafts. All methods may block on the disk.
pub struct Registry {
    store: Box<dyn Store>,
    clock: Box<dyn Clock>,
    second_readings: Shares,
}

impl Registry {
    /// A registry that is kept in a store.
    pub fn new(store: impl Store + 'static, clock: impl Clock + 'static) -> Self {
        Registry {
            store: Box::new(store),
            clock: Box::new(clock),
            second_readings: Shares::default(),
        }
    }

    /// The same, with second readings of these shares of the cases.
    pub fn with_second_readings(self, second_readings: Shares) -> Self {
        Registry {
            second_readings,
            ..self
        }
    }

    /// A registry that is kept in a store, by the clock of this machine.
    pub fn over(store: impl Store + 'static) -> Self {
        Registry::new(store, SystemClock)
    }

    /// The registry in a state folder.
    pub fn open(state: &Path) -> Result<Arc<Self>> {
        let store = SqliteStore::open(&SqliteStore::file(state))?;
        Ok(Arc::new(Registry::over(store)))
    }

    /// The same, for the daemon that the state folder belongs to.
    pub fn open_own(state: &Path) -> Result<Self> {
        let store = SqliteStore::open_own(&SqliteStore::file(state))?;
        Ok(Registry::over(store))
    }

    /// Looks through all of the store for damage, which takes a while with many cases.
    pub fn check(&self) -> Result<()> {
        Ok(self.store.check()?)
    }

    /// Announces changes, to wait for them. Those of other processes have to be told to it.
    pub fn changes(&self) -> &ChangeSignal {
        self.store.changes()
    }

    /// Runs `body` on one state of the store.
    fn read<T>(&self, body: impl FnOnce(&dyn Rows) -> Result<T>) -> Result<T> {
        let mut body = Some(body);
        let mut result = None;
        self.store.read(&mut |rows| {
            result = body.take().map(|body| body(rows));
            Ok(())
        })?;
        result.unwrap_or_else(|| Err(never_ran()))
    }

    /// Runs `body` as a transaction, which takes effect if it returns `Ok`.
    fn write<T>(&self, body: impl FnOnce(&mut dyn Rows, Now) -> Result<T>) -> Result<T> {
        let mut body = Some(body);
        let mut result = None;
        self.store.transact(&mut |rows| {
            let done = body.take().map(|body| body(rows, self.clock.now()));
            let commit = match &done {
                Some(Ok(_)) => Commit::Yes,
                Some(Err(_)) | None => Commit::No,
            };
            result = done;
            Ok(commit)
        })?;
        result.unwrap_or_else(|| Err(never_ran()))
    }
}

fn never_ran() -> RegistryError {
    RegistryError::Fault(StoreFault::Unreadable {
        what: "a transaction",
        why: "it was never run".to_owned(),
    })
}
