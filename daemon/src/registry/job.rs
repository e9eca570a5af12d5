//! What the registry hands out: work, the scans of cases, and how work ended.

use crate::case::{Case, Lease, Task};
use crate::scan::Source;
use medicosam_shared::case::{CaseId, Fault, RevisionNumber};

/// Leased work with what is needed to do it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The lease.
    pub lease: Lease,
    /// What to do.
    pub task: Task,
    /// Who asked: a user, or the daemon.
    pub author: String,
    /// Where the scan lies.
    pub source: Source,
    /// What its content must hash to.
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
    /// Where the scan lies.
    pub source: Source,
    /// What its content must hash to.
    pub sha256: String,
    /// The profile to segment by.
    pub profile: String,
    /// The current revision, if there is one.
    pub revision: Option<RevisionNumber>,
}

impl From<Case> for ScanOfCase {
    fn from(case: Case) -> Self {
        ScanOfCase {
            case: case.id,
            source: case.source,
            sha256: case.content,
            profile: case.profile,
            revision: case.revision,
        }
    }
}

/// How a piece of work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkOutcome {
    /// Waiting or being done.
    Open,
    /// Done; the revision it made.
    Done(RevisionNumber),
    /// Done; the answer is in the draft that it was for.
    Answered,
    /// Given up.
    Failed(Fault),
}
