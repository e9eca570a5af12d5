//! The store: rows and transactions, and nothing else.
//!
//! [`Rows`] is everything that a database has to offer; [`Store`] runs a body of such operations as one
//! transaction. What rows mean, and what may follow what, is said in [`crate::case`];
//! [`crate::registry`] is the only caller, and runs the same story against every store.
//! SQLite keeps it in one file for one server; a database for several servers is another
//! implementation of the same two dozen operations.

pub mod exchange;
mod fault;
mod file;
#[cfg(test)]
mod memory;
mod pool;
mod query;
mod row;
mod sqlite;
mod turns;

pub use fault::StoreFault;
#[cfg(test)]
pub use memory::MemoryStore;
pub use query::{CaseQuery, DraftRow, EventQuery, FileRow, NewRevision, Queue, Tally, WorkQuery};
pub use sqlite::SqliteStore;

use crate::case::DraftId;
use crate::case::{Case, Entry, Lane, Now, WorkId, WorkItem};
use crate::change_signal::ChangeSignal;
use medicosam_shared::api::IntakePause;
use medicosam_shared::case::{Action, CaseId, Event, Revision, RevisionNumber};
use medicosam_shared::draft::Step;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::{Measure, OutputFiles, ScanInfo};
use medicosam_shared::reference::Reference;
use std::path::Path;

/// Whether a transaction takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// It does, durably.
    Yes,
    /// Nothing of it has happened.
    No,
}

/// Keeps everything that must survive a crash. All methods may block on the disk.
pub trait Store: Send + Sync {
    /// Runs `body` on one state of the store. It never waits for a writer.
    fn read(
        &self,
        body: &mut dyn FnMut(&dyn Rows) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;

    /// Runs `body` as a transaction beside which nobody writes. Waiting writers take turns.
    fn transact(
        &self,
        body: &mut dyn FnMut(&mut dyn Rows) -> Result<Commit, StoreFault>,
    ) -> Result<(), StoreFault>;

    /// Looks through all of it for damage.
    fn check(&self) -> Result<(), StoreFault>;

    /// Identity of the store, which no other has.
    fn id(&self) -> &str;

    /// Announces that the store has changed, to wait for that.
    fn changes(&self) -> &ChangeSignal;
}

/// All that a transaction can read (by `&dyn Rows`) and write (by `&mut dyn Rows`). What was written
/// can be read in the same transaction.
pub trait Rows: CaseRows + WorkRows + RevisionRows + ReferenceRows + EventRows + DraftRows {}

impl<T: CaseRows + WorkRows + RevisionRows + ReferenceRows + EventRows + DraftRows> Rows for T {}

/// Cases, and the files that they stand for.
pub trait CaseRows {
    /// A case.
    fn case(&self, id: &CaseId) -> Result<Option<Case>, StoreFault>;
    /// Cases, in the order that the query names.
    fn cases(&self, which: &CaseQuery) -> Result<Vec<Case>, StoreFault>;
    /// Cases with a second reading on which `who` did one of these.
    fn first_cases_with(&self, who: &str, actions: &[Action]) -> Result<Vec<CaseId>, StoreFault>;
    /// Writes a case, a new one or in place of what it was. The names of outputs are unique: if
    /// another case has this one's, nothing is written.
    fn put_case(&mut self, case: &Case) -> Result<OutputName, StoreFault>;
    /// Geometry of a case's scan, if its header could be read.
    fn scan(&self, id: &CaseId) -> Result<Option<ScanInfo>, StoreFault>;
    /// Writes the geometry of a case's scan.
    fn put_scan(&mut self, id: &CaseId, scan: &ScanInfo) -> Result<(), StoreFault>;
    /// Numbers of listed cases by state, and of work that nobody has taken.
    fn tally(&self) -> Result<Tally, StoreFault>;
    /// Known files and the cases that they belong to: all, or those at one path.
    fn files(&self, path: Option<&Path>) -> Result<Vec<FileRow>, StoreFault>;
    /// Writes which case a file belongs to.
    fn put_file(&mut self, file: &FileRow) -> Result<(), StoreFault>;
    /// Forgets which cases the file at `path` has, or which files `case` has.
    fn forget_files(
        &mut self,
        path: Option<&Path>,
        case: Option<&CaseId>,
    ) -> Result<(), StoreFault>;
}

/// The queue of work.
pub trait WorkRows {
    /// A piece of work.
    fn work(&self, id: WorkId) -> Result<Option<WorkItem>, StoreFault>;
    /// Pieces of work, oldest first.
    fn works(&self, which: &WorkQuery) -> Result<Vec<WorkItem>, StoreFault>;
    /// The first work up to `lane` that is due, on a case that nobody works on.
    fn due(&self, lane: Lane, now: Now) -> Result<Option<WorkItem>, StoreFault>;
    /// Writes work; new work, whose id is 0, gets a number.
    fn put_work(&mut self, work: &WorkItem) -> Result<WorkId, StoreFault>;
}

/// Revisions, which are added and never changed, but for where their files lie.
pub trait RevisionRows {
    /// One revision of a case.
    fn revision(&self, id: &CaseId, number: RevisionNumber)
    -> Result<Option<Revision>, StoreFault>;
    /// The masks of a revision.
    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<Option<MaskSet>, StoreFault>;
    /// Sizes of an object in the current revisions of other listed cases of a profile that were not
    /// rejected and are no second readings, those of the `limit` that changed last which have this measure.
    fn sizes(
        &self,
        profile: &str,
        object: (Label, Measure),
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreFault>;
    /// Adds a revision. There is none of this number yet.
    fn add_revision(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        parent: Option<RevisionNumber>,
        new: &NewRevision,
    ) -> Result<(), StoreFault>;
    /// Writes where the files of a revision lie now.
    fn put_output(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        files: &OutputFiles,
    ) -> Result<(), StoreFault>;
}

/// Reference masks beside cases.
pub trait ReferenceRows {
    /// The reference masks of a case, by name.
    fn references(&self, id: &CaseId) -> Result<Vec<Reference>, StoreFault>;
    /// The masks of one.
    fn reference_masks(&self, id: &CaseId, name: &str) -> Result<Option<MaskSet>, StoreFault>;
    /// Writes reference masks, new ones or in place of those of the same name.
    fn put_reference(
        &mut self,
        id: &CaseId,
        reference: &Reference,
        masks: &MaskSet,
    ) -> Result<(), StoreFault>;
    /// Removes reference masks.
    fn remove_reference(&mut self, id: &CaseId, name: &str) -> Result<(), StoreFault>;
}

/// The audit log, which is added to and never changed.
pub trait EventRows {
    /// Lines, oldest first.
    fn events(&self, which: &EventQuery) -> Result<Vec<Event>, StoreFault>;
    /// Position of the newest line; 0 if there is none.
    fn last_event(&self) -> Result<u64, StoreFault>;
    /// Adds a line.
    fn add_event(&mut self, entry: &Entry, now: Now) -> Result<(), StoreFault>;
    /// Position up to which decisions have been written beside the results.
    fn recorded(&self) -> Result<u64, StoreFault>;
    /// Writes that position.
    fn put_recorded(&mut self, position: u64) -> Result<(), StoreFault>;
    /// The pause of the intake, while there is one.
    fn intake_pause(&self) -> Result<Option<IntakePause>, StoreFault>;
    /// Writes it.
    fn put_intake_pause(&mut self, pause: Option<&IntakePause>) -> Result<(), StoreFault>;
}

/// Drafts and their steps.
pub trait DraftRows {
    /// The draft of a reviewer on a case, or what is left of one.
    fn draft(&self, id: &CaseId, reviewer: &str) -> Result<Option<DraftRow>, StoreFault>;
    /// The cases on which a reviewer has a draft with steps that count.
    fn drafted_by(&self, reviewer: &str) -> Result<Vec<CaseId>, StoreFault>;
    /// A draft by its number.
    fn draft_by_id(&self, id: DraftId) -> Result<Option<DraftRow>, StoreFault>;
    /// Writes a draft; a new one, whose id is 0, gets a number.
    fn put_draft(&mut self, draft: &DraftRow) -> Result<DraftId, StoreFault>;
    /// The steps of a draft.
    fn steps(&self, id: DraftId) -> Result<Vec<Step>, StoreFault>;
    /// Writes a step, from 1, with the logits to keep with it; `None` leaves those that are there.
    fn put_step(
        &mut self,
        id: DraftId,
        number: u32,
        step: &Step,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreFault>;
    /// Forgets the steps after `number`.
    fn forget_steps(&mut self, id: DraftId, number: u32) -> Result<(), StoreFault>;
    /// The logits that were kept with a step, from 1.
    fn logits(&self, id: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreFault>;
}

/// Whether a case could have the output that it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputName {
    /// It is its own.
    Own,
    /// Another case has it.
    Taken,
}
