//! What can be asked of a store, and rows that are nothing more.

use crate::case::DraftId;
use crate::case::decision::Approval;
use crate::case::{Owner, WorkState};
use crate::scan::{Fingerprint, SourceKey};
use medicosam_shared::case::{CaseId, CaseState, RevisionNumber};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::{OutputFiles, Provenance};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which cases.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseQuery {
    /// All that are listed, in no order.
    Listed,
    /// Those whose id begins so, in or off the list, by id.
    Prefix(String),
    /// Those at a place, in or off the list, oldest first, without second readings.
    At(SourceKey),
    /// Those of a content under a profile, in or off the list, oldest first, without second readings.
    Of {
        /// SHA-256 of the content.
        content: String,
        /// The profile.
        profile: String,
    },
    /// Second readings of a case, in or off the list, oldest first.
    Reading(CaseId),
    /// The listed ones that wait for a person, or that one is prompting on; those that changed last
    /// first.
    InReview,
}

/// Which work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkQuery {
    /// What waits or is being done for a case.
    OpenFor(CaseId),
    /// All that was ever queued for a draft.
    OfDraft(DraftId),
    /// What workers have, all or one of them.
    Leased(Option<Owner>),
    /// What nobody has taken.
    Ready,
}

/// Which lines of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventQuery {
    /// Those after a position, at most so many.
    After(u64, u32),
    /// All about a case.
    About(CaseId),
}

/// Numbers of listed cases and of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Listed cases in each state that has any, without those that were put away.
    pub cases: BTreeMap<CaseState, u64>,
    /// Work that nobody has taken.
    pub queue: Queue,
}

/// Work that nobody has taken, whether it is due or waits for a later time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Prompts that people wait for.
    pub interactive: u64,
    /// Scans.
    pub bulk: u64,
}

/// A file in a root, as it was last read, and the case that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Where it lies.
    pub path: PathBuf,
    /// The case.
    pub case: CaseId,
    /// Its state when it was read.
    pub fingerprint: Fingerprint,
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

/// A draft without its steps. A case and a reviewer have one row, whose version only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Its number.
    pub id: DraftId,
    /// The case.
    pub case: CaseId,
    /// Whose it is.
    pub reviewer: String,
    /// The revision that it changes; `None`: there is no draft at present.
    pub revision: Option<RevisionNumber>,
    /// Grows with every change.
    pub version: u64,
    /// How many of its steps count.
    pub position: u32,
    /// Whether it was discarded, and can be restored.
    pub discarded: bool,
}

impl WorkState {
    /// The word that a store writes down.
    pub const fn as_str(&self) -> &'static str {
        match self {
            WorkState::Ready { .. } => "ready",
            WorkState::Leased { .. } => "leased",
            WorkState::Done { .. } => "done",
            WorkState::Failed(_) => "failed",
            WorkState::Cancelled => "cancelled",
        }
    }
}
