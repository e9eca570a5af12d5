//! The store: cases, work, revisions, decisions and the audit log.
//!
//! [`Store`] is all that the daemon and its workers know of it. [`SqliteStore`] keeps it in one
//! file for one server; a database for several servers can stand behind the same trait. Every
//! method is one transaction: it happens wholly and durably, or not at all, and whatever it
//! changes it also writes into the audit log, which is the event stream at the same time.

mod draft;
mod error;
mod sqlite;
mod work;

pub use crate::scan::Fingerprint;
pub use draft::{DraftId, DraftOutcome};
pub use error::StoreError;
pub use sqlite::SqliteStore;
pub use work::{FaultClass, Lane, Lease, Outcome, ScanOfCase, Task, Work, WorkId, WorkOutcome};

use crate::scan::{Source, SourceKey};
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
use medicosam_shared::provenance::{OutputFiles, Provenance, ScanInfo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Work that nobody has taken, whether it is due or waits for a later time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Prompts that people wait for.
    pub interactive: u64,
    /// Scans.
    pub bulk: u64,
}

/// A settled scan that has been read.
#[derive(Debug, Clone)]
pub struct Identification {
    /// Its file or files.
    pub source: Source,
    /// Its state when it was read.
    pub fingerprint: Fingerprint,
    /// The hash of its content, see [`Source::content_hash`].
    pub sha256: String,
    /// Profile of its root.
    pub profile: String,
    /// What its header says, or why it cannot be used.
    pub scan: Result<ScanInfo, Fault>,
}

/// A file beside a scan from which prompts come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// A finished segmentation, to become the next revision of its case.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// How it came about.
    pub provenance: Provenance,
    /// The masks of all objects on all slices.
    pub masks: MaskSet,
    /// The files that hold it.
    pub output: OutputFiles,
    /// Who approves it without a person, if anybody does.
    pub approval: Option<Approval>,
}

/// The approval of a result that no person looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The policy, in the words of the configuration.
    pub policy: String,
    /// Why, in words.
    pub reason: String,
}

/// Keeps everything that must survive a crash. All methods may block on the disk.
pub trait Store: Send + Sync {
    /// Fingerprints of all files that have been identified, but for those of cases with the profile
    /// `but`.
    fn identified_files(&self, but: &str) -> Result<Vec<(SourceKey, Fingerprint)>, StoreError>;

    /// Makes a case of a file, with work for it, or links the file to the case that its content
    /// already has. A case whose file was replaced by this content is superseded if nobody has
    /// decided on it yet.
    fn identify(&self, file: &Identification) -> Result<CaseId, StoreError>;

    /// Takes note that a file beside a scan, from which prompts come, is finished: `scans` are the
    /// places where its scan can lie. Unless it has been used already, or a person has decided,
    /// the scan is segmented again. Returns the cases that this concerns.
    fn prompts_changed(
        &self,
        scans: &[SourceKey],
        file: &PromptsFile,
    ) -> Result<Vec<CaseId>, StoreError>;

    /// All cases, those that wait for a person first, worst score first; and the position in the
    /// event log that the list stands for.
    fn cases(&self) -> Result<(Vec<CaseSummary>, u64), StoreError>;

    /// Some cases, in the order of `ids`; those that are no more are left out. With the position
    /// in the event log.
    fn some_cases(&self, ids: &[CaseId]) -> Result<(Vec<CaseSummary>, u64), StoreError>;

    /// Number of cases per state.
    fn counts(&self) -> Result<BTreeMap<CaseState, u64>, StoreError>;

    /// The case whose id begins with `prefix`.
    fn find(&self, prefix: &str) -> Result<CaseId, StoreError>;

    /// The scan that a case stands for.
    fn scan(&self, id: &CaseId) -> Result<ScanOfCase, StoreError>;

    /// Everything about a case.
    fn case(&self, id: &CaseId) -> Result<CaseDetail, StoreError>;

    /// One revision of a case.
    fn revision(&self, id: &CaseId, number: RevisionNumber) -> Result<Revision, StoreError>;

    /// Volumes, in millilitres, that an object has in the current revisions of other cases of a
    /// profile, those that changed last, at most `limit`.
    fn volumes(
        &self,
        profile: &str,
        label: Label,
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreError>;

    /// The masks of one revision.
    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<MaskSet, StoreError>;

    /// The audit log after `after`, at most `limit` entries, oldest first.
    fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Position of the newest entry of the audit log.
    fn last_event(&self) -> Result<u64, StoreError>;

    /// Writes down a person's decision on the current revision.
    fn decide(
        &self,
        id: &CaseId,
        who: &str,
        request: &DecisionRequest,
    ) -> Result<CaseSummary, StoreError>;

    /// Takes back a person's own decision on the current revision: the case is what it was before,
    /// and the history says so.
    fn undo(
        &self,
        id: &CaseId,
        who: &str,
        request: &UndoRequest,
    ) -> Result<CaseSummary, StoreError>;

    /// Writes a person's note into the audit log. Nothing else changes.
    fn note(&self, id: &CaseId, who: &str, text: &str) -> Result<CaseSummary, StoreError>;

    /// Queues a person's prompts ahead of bulk work.
    fn request_prompt(
        &self,
        id: &CaseId,
        who: &str,
        request: &PromptRequest,
    ) -> Result<WorkId, StoreError>;

    /// The draft of a reviewer on a case, if there is one.
    fn draft(&self, id: &CaseId, who: &str) -> Result<Option<Draft>, StoreError>;

    /// How the draft of a reviewer on a case stands.
    fn draft_progress(&self, id: &CaseId, who: &str) -> Result<DraftProgress, StoreError>;

    /// The draft of a reviewer on a case after its last change, with the last step.
    fn last_draft_change(&self, id: &CaseId, who: &str) -> Result<DraftResponse, StoreError>;

    /// Changes the draft of a reviewer on a case, beginning one if need be. What needs a worker is
    /// queued ahead of bulk work.
    fn change_draft(
        &self,
        id: &CaseId,
        who: &str,
        request: &DraftRequest,
    ) -> Result<DraftOutcome, StoreError>;

    /// Queues a failed or paused case again.
    fn retry(&self, id: &CaseId, who: &str) -> Result<CaseSummary, StoreError>;

    /// How a piece of work stands.
    fn outcome(&self, work: WorkId) -> Result<WorkOutcome, StoreError>;

    /// Takes the next work that is due, if there is any, under a lease: interactive work first,
    /// then bulk work if `lane` allows it. No two leases are ever held on one case.
    fn claim(&self, owner: &str, lane: Lane) -> Result<Option<Work>, StoreError>;

    /// Whether [`Store::claim`] would find any work now.
    fn has_due_work(&self) -> Result<bool, StoreError>;

    /// How much work nobody has taken yet.
    fn queue(&self) -> Result<Queue, StoreError>;

    /// The scan of the bulk work that [`Store::claim`] would hand out next, without taking it:
    /// somebody else may.
    fn upcoming(&self) -> Result<Option<ScanOfCase>, StoreError>;

    /// The scans that wait for a person, or that one is prompting on; those that came up last
    /// first.
    fn in_review(&self) -> Result<Vec<ScanOfCase>, StoreError>;

    /// Makes a lease last longer.
    fn renew(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Moves the leased case to another stage.
    fn stage(&self, lease: &Lease, state: CaseState) -> Result<(), StoreError>;

    /// A draft that leased work is for; `None` if it is not there any more.
    fn draft_in_work(&self, draft: DraftId) -> Result<Option<Draft>, StoreError>;

    /// The logits that were kept with a step (from 1) of a draft.
    fn draft_logits(&self, draft: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// Says how far leased work for a draft is. Fails if it was taken back.
    fn draft_report(&self, lease: &Lease, progress: Progress) -> Result<(), StoreError>;

    /// Puts the masks that leased work has made into its draft, with the logits of all that the
    /// model offers if they can be of use.
    fn answer_draft(
        &self,
        lease: &Lease,
        answered: &Answered,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreError>;

    /// The name (without ending) of the leased case's output files in `folder`: `stem` if no other
    /// case has it, otherwise with the case's id behind it. The same for ever after. The lease lasts
    /// long enough to write them.
    fn reserve_output(
        &self,
        lease: &Lease,
        folder: &Path,
        stem: &str,
    ) -> Result<String, StoreError>;

    /// Commits the result of leased work as a new revision, and puts the case up for review.
    fn finish(&self, lease: &Lease, revision: &NewRevision) -> Result<RevisionNumber, StoreError>;

    /// Says why leased work could not be done; the class decides what happens to the case.
    fn fail(&self, lease: &Lease, fault: &Fault, class: FaultClass) -> Result<Outcome, StoreError>;

    /// Gives back all work of a worker that died of `fault`. Each counts as a try of its case; the
    /// third makes the case fail.
    fn release(&self, owner: &str, fault: &Fault) -> Result<Vec<CaseId>, StoreError>;

    /// Gives back all work, whoever had it, without counting it as a try: for the start of the
    /// only daemon of this store. Everything that waits for a later time is due at once.
    fn release_all(&self) -> Result<Vec<CaseId>, StoreError>;
}
