//! Work: what has to be done to a case, who does it, and how it ends.

use super::draft::DraftId;
use crate::scan::Source;
use medicosam_shared::case::{CaseId, CaseState, Fault, RevisionNumber};
use medicosam_shared::prompt::{Label, SlicePrompt};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a lease lasts unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(60);

/// Time before the next try after a fault of the surroundings.
pub const PAUSE: Duration = Duration::from_secs(30);

/// Times before the next tries after a passing fault; after the last one the case fails.
pub const BACKOFF: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// Number of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkId(pub i64);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "task")]
pub enum Task {
    /// Segment a new case by its profile.
    Segment,
    /// Replace masks of the current revision as a person asks.
    Prompt {
        /// What to segment again.
        prompts: Vec<SlicePrompt>,
    },
    /// Segment a slice of a draft by what is drawn on it.
    Preview {
        /// The draft.
        draft: DraftId,
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
    },
    /// Segment the slices of a draft around those that a person segmented.
    Propagate {
        /// The draft.
        draft: DraftId,
        /// The object.
        label: Label,
    },
    /// Make a revision of a draft.
    Commit {
        /// The draft.
        draft: DraftId,
    },
}

/// Which work may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Only what a person waits for.
    Interactive,
    /// Anything, what a person waits for first.
    Any,
}

/// The right to work on a case until the lease runs out.
///
/// The fence grows with every claim of the work. Whatever a worker commits must carry the current
/// fence, so that one that was given up for dead cannot overwrite its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub work: WorkId,
    /// The case.
    pub case: CaseId,
    /// Which claim of the work this is.
    pub fence: i64,
}

/// Leased work with what is needed to do it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The lease.
    pub lease: Lease,
    /// What to do.
    pub task: Task,
    /// Who asked: a user, or the daemon.
    pub author: String,
    /// The file or files of the scan.
    pub source: Source,
    /// What their content must hash to.
    pub sha256: String,
    /// The profile to segment by.
    pub profile: String,
    /// The current revision, if there is one.
    pub revision: Option<RevisionNumber>,
}

/// The scan that a case stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanOfCase {
    /// The case.
    pub case: CaseId,
    /// The file or files of the scan.
    pub source: Source,
    /// What their content must hash to.
    pub sha256: String,
    /// The profile to segment by.
    pub profile: String,
    /// The current revision, if there is one.
    pub revision: Option<RevisionNumber>,
}

/// Whose fault it is that work could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// The scan's or the prompt's: trying again is useless.
    BadInput,
    /// The surroundings': the case pauses and goes on by itself; no try is counted.
    Environment,
    /// Nobody knows: a few more tries.
    Passing,
}

/// What became of a case whose work could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is tried again.
    TriesAgain,
    /// It failed for good, or (a prompt) is as it was before.
    GivenUp,
    /// It waits for its surroundings.
    Paused,
}

/// How a piece of work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkOutcome {
    /// Waiting or being done.
    Open,
    /// Done; the revision it made.
    Done(RevisionNumber),
    /// Done; what came out is in the draft that it was for.
    Answered,
    /// Given up.
    Failed(Fault),
}

impl Task {
    /// The state of a case while this is done to it; `None` if it concerns nobody but the reviewer
    /// whose draft it is for, and the case stays as it is.
    pub const fn first_stage(&self) -> Option<CaseState> {
        match self {
            Task::Segment => Some(CaseState::Embedding),
            Task::Prompt { .. } | Task::Commit { .. } => Some(CaseState::Segmenting),
            Task::Preview { .. } | Task::Propagate { .. } => None,
        }
    }

    /// The draft that it is for.
    pub const fn draft(&self) -> Option<DraftId> {
        match self {
            Task::Preview { draft, .. }
            | Task::Propagate { draft, .. }
            | Task::Commit { draft } => Some(*draft),
            Task::Segment | Task::Prompt { .. } => None,
        }
    }
}
