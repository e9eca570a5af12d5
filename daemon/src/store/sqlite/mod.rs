//! The store in one SQLite file.
//!
//! WAL with `synchronous=FULL`: a commit that returned survives a power cut. The daemon and each
//! worker open the file on their own; SQLite's write lock orders their transactions.

mod audit;
mod beside;
mod cases;
mod clock;
mod decisions;
mod draft_rows;
mod drafts;
mod faults;
mod identify;
mod leases;
mod results;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod work;

use super::error::{Doing, StoreError};
use super::{
    DraftId, DraftOutcome, FaultClass, Fingerprint, Identification, Lane, Lease, NewRevision,
    Outcome, PromptsFile, Queue, ScanOfCase, Store, Work, WorkId, WorkOutcome,
};
use crate::scan::SourceKey;
use medicosam_shared::api::{
    DecisionRequest, DraftProgress, DraftRequest, DraftResponse, PromptRequest, UndoRequest,
};
use medicosam_shared::case::{
    CaseDetail, CaseId, CaseState, CaseSummary, Event, Fault, Revision, RevisionNumber,
};
use medicosam_shared::draft::{Answered, Draft};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::Label;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Oldest SQLite that is safe with several connections in WAL mode, as `sqlite3_libversion_number`.
const SAFE_SQLITE: i32 = 3_051_003;

/// A store in an SQLite file.
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the store at `path`, making or migrating it if need be.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if rusqlite::version_number() < SAFE_SQLITE {
            return Err(StoreError::OldSqlite(rusqlite::version().to_owned()));
        }
        let mut connection = Connection::open(path).doing("opening the store")?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .doing("opening the store")?;
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            ("mmap_size", "0"),
        ] {
            connection
                .pragma_update(None, pragma, value)
                .doing("setting up the store")?;
        }
        schema::migrate(&mut connection, path)?;
        Ok(SqliteStore {
            connection: Mutex::new(connection),
        })
    }

    /// The store's file in a state folder.
    pub fn file(state: &Path) -> PathBuf {
        state.join("medicosam.sqlite")
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in another thread rolled its transaction back; the connection is good.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `body` in a transaction that sees one state of the store.
    fn read<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction().doing("beginning to read")?;
        body(&transaction)
    }

    /// Runs `body` in a transaction that nobody else writes beside; commits if it returns `Ok`.
    fn write<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("beginning to write")?;
        let result = body(&transaction)?;
        transaction.commit().doing("committing")?;
        Ok(result)
    }
}

impl Store for SqliteStore {
    fn identified_files(&self, but: &str) -> Result<Vec<(SourceKey, Fingerprint)>, StoreError> {
        self.read(|t| identify::files(t, but))
    }

    fn identify(&self, file: &Identification) -> Result<CaseId, StoreError> {
        self.write(|t| identify::identify(t, file))
    }

    fn prompts_changed(
        &self,
        scans: &[SourceKey],
        file: &PromptsFile,
    ) -> Result<Vec<CaseId>, StoreError> {
        self.write(|t| beside::prompts_changed(t, scans, file))
    }

    fn cases(&self) -> Result<(Vec<CaseSummary>, u64), StoreError> {
        self.read(|t| Ok((cases::list(t)?, audit::last(t)?)))
    }

    fn some_cases(&self, ids: &[CaseId]) -> Result<(Vec<CaseSummary>, u64), StoreError> {
        self.read(|t| Ok((cases::some(t, ids)?, audit::last(t)?)))
    }

    fn counts(&self) -> Result<BTreeMap<CaseState, u64>, StoreError> {
        self.read(cases::counts)
    }

    fn find(&self, prefix: &str) -> Result<CaseId, StoreError> {
        self.read(|t| cases::find(t, prefix))
    }

    fn scan(&self, id: &CaseId) -> Result<ScanOfCase, StoreError> {
        self.read(|t| cases::scan(t, id))
    }

    fn case(&self, id: &CaseId) -> Result<CaseDetail, StoreError> {
        self.read(|t| cases::detail(t, id))
    }

    fn revision(&self, id: &CaseId, number: RevisionNumber) -> Result<Revision, StoreError> {
        self.read(|t| cases::revision(t, id, number))
    }

    fn volumes(
        &self,
        profile: &str,
        label: Label,
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreError> {
        self.read(|t| cases::volumes(t, profile, label, but, limit))
    }

    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<MaskSet, StoreError> {
        self.read(|t| cases::masks(t, id, number))
    }

    fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read(|t| audit::after(t, after, limit))
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.read(audit::last)
    }

    fn decide(
        &self,
        id: &CaseId,
        who: &str,
        request: &DecisionRequest,
    ) -> Result<CaseSummary, StoreError> {
        self.write(|t| decisions::decide(t, id, who, request))
    }

    fn undo(
        &self,
        id: &CaseId,
        who: &str,
        request: &UndoRequest,
    ) -> Result<CaseSummary, StoreError> {
        self.write(|t| decisions::undo(t, id, who, request))
    }

    fn note(&self, id: &CaseId, who: &str, text: &str) -> Result<CaseSummary, StoreError> {
        self.write(|t| decisions::note(t, id, who, text))
    }

    fn request_prompt(
        &self,
        id: &CaseId,
        who: &str,
        request: &PromptRequest,
    ) -> Result<WorkId, StoreError> {
        self.write(|t| work::request_prompt(t, id, who, request))
    }

    fn draft(&self, id: &CaseId, who: &str) -> Result<Option<Draft>, StoreError> {
        self.read(|t| drafts::draft(t, id, who))
    }

    fn draft_progress(&self, id: &CaseId, who: &str) -> Result<DraftProgress, StoreError> {
        self.read(|t| drafts::progress(t, id, who))
    }

    fn last_draft_change(&self, id: &CaseId, who: &str) -> Result<DraftResponse, StoreError> {
        self.read(|t| drafts::last_change(t, id, who))
    }

    fn change_draft(
        &self,
        id: &CaseId,
        who: &str,
        request: &DraftRequest,
    ) -> Result<DraftOutcome, StoreError> {
        self.write(|t| drafts::change(t, id, who, request))
    }

    fn retry(&self, id: &CaseId, who: &str) -> Result<CaseSummary, StoreError> {
        self.write(|t| work::retry(t, id, who))
    }

    fn outcome(&self, work: WorkId) -> Result<WorkOutcome, StoreError> {
        self.read(|t| work::outcome(t, work))
    }

    fn claim(&self, owner: &str, lane: Lane) -> Result<Option<Work>, StoreError> {
        self.write(|t| work::claim(t, owner, lane))
    }

    fn upcoming(&self) -> Result<Option<ScanOfCase>, StoreError> {
        self.read(work::upcoming)
    }

    fn in_review(&self) -> Result<Vec<ScanOfCase>, StoreError> {
        self.read(cases::in_review)
    }

    fn renew(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write(|t| leases::renew(t, lease))
    }

    fn stage(&self, lease: &Lease, state: CaseState) -> Result<(), StoreError> {
        self.write(|t| leases::stage(t, lease, state))
    }

    fn draft_in_work(&self, draft: DraftId) -> Result<Option<Draft>, StoreError> {
        self.read(|t| drafts::of_work(t, draft))
    }

    fn draft_logits(&self, draft: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|t| draft_rows::logits(t, draft, step))
    }

    fn draft_report(&self, lease: &Lease, progress: Progress) -> Result<(), StoreError> {
        self.write(|t| draft_rows::report(t, lease, progress))
    }

    fn answer_draft(
        &self,
        lease: &Lease,
        answered: &Answered,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.write(|t| results::answer(t, lease, answered, logits))
    }

    fn reserve_output(
        &self,
        lease: &Lease,
        folder: &Path,
        stem: &str,
    ) -> Result<String, StoreError> {
        self.write(|t| leases::reserve_output(t, lease, folder, stem))
    }

    fn finish(&self, lease: &Lease, revision: &NewRevision) -> Result<RevisionNumber, StoreError> {
        self.write(|t| results::finish(t, lease, revision))
    }

    fn fail(&self, lease: &Lease, fault: &Fault, class: FaultClass) -> Result<Outcome, StoreError> {
        self.write(|t| faults::fail(t, lease, fault, class))
    }

    fn has_due_work(&self) -> Result<bool, StoreError> {
        self.read(work::has_due_work)
    }

    fn queue(&self) -> Result<Queue, StoreError> {
        self.read(work::queue)
    }

    fn release(&self, owner: &str, fault: &Fault) -> Result<Vec<CaseId>, StoreError> {
        self.write(|t| faults::release(t, owner, fault))
    }

    fn release_all(&self) -> Result<Vec<CaseId>, StoreError> {
        self.write(faults::release_all)
    }
}
