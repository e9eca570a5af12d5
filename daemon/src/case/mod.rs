//! The rules of a case: which state may follow which, who may cause it, and what is refused.
//!
//! Pure functions over plain values. No SQL, no file, no clock, no thread: the time is an argument
//! ([`Now`]), rows come from [`crate::registry`], which also writes down what the rules answer. So all
//! of a case's life can be tested in memory, with histories that no server lives to see.
//!
//! | File | Rules |
//! |---|---|
//! | [`arrival`] | a file is new, known, moved, replaced, gone or back again |
//! | [`sidecar`] | a file beside a scan has changed |
//! | [`task`] | what there is to do, and in which lane |
//! | [`lease`] | who has work, across machines |
//! | [`work`] | tries, back-off, pauses |
//! | [`corrections`] | what people ask for: another try, another mask |
//! | [`life`] | the state of a case, and what moves it |
//! | [`outputs`] | where results go, and what becomes of what lies there |
//! | [`decision`] | approve, reject, flag, undo, overrule; approval by a policy |
//! | [`assignment`] | who is to look at a case |
//! | [`reference`] | masks beside a case, and revisions made of them |
//! | [`second_reading`] | which cases are read twice, and by whom not |
//! | [`share`] | a share of the cases, drawn by what they are |
//! | [`dismissal`] | failed cases put away, and brought back |
//! | [`refusal`] | refusals, in words for people |

pub mod arrival;
pub mod assignment;
pub mod corrections;
pub mod decision;
pub mod dismissal;
pub mod lease;
pub mod life;
pub mod outputs;
pub mod reference;
pub mod refusal;
pub mod second_reading;
pub mod share;
pub mod sidecar;
pub mod task;
pub mod work;

pub use lease::{Lease, Owner};
pub use life::{Case, Listing};
pub use refusal::Refusal;
pub use task::{DraftId, Lane, Task, WorkId};
pub use work::{FaultClass, Outcome, WorkItem, WorkState};

use jiff::Timestamp;
use medicosam_shared::case::{Action, CaseId, RevisionNumber};
use std::time::Duration;

/// Who makes cases, and moves them without being asked.
pub const DAEMON: &str = "daemon";

/// The present, by two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Date and time, for people. It may jump.
    pub date: Timestamp,
    /// For leases and pauses. Nobody sets it.
    pub tick: Tick,
}

/// A reading, in milliseconds, of a clock that only runs forward and that all who work on a store
/// share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(pub i64);

impl Tick {
    /// Before any reading: due at once.
    pub const LONG_AGO: Tick = Tick(0);

    /// After any reading: not due by itself.
    pub const NEVER: Tick = Tick(i64::MAX);

    /// The reading after a while.
    pub fn after(self, wait: Duration) -> Tick {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Tick(self.0.saturating_add(wait))
    }
}

/// A line for the audit log, which is the event stream too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A user, the daemon, a worker or a policy.
    pub who: String,
    /// What they did.
    pub action: Action,
    /// To which case; to all of them, if none.
    pub case: Option<CaseId>,
    /// On which of its revisions.
    pub revision: Option<RevisionNumber>,
    /// More, in words.
    pub detail: String,
}

impl Entry {
    /// A line about a case.
    pub fn new(
        who: &str,
        action: Action,
        case: &CaseId,
        revision: Option<RevisionNumber>,
        detail: impl Into<String>,
    ) -> Self {
        Entry {
            who: who.to_owned(),
            action,
            case: Some(case.clone()),
            revision,
            detail: detail.into(),
        }
    }

    /// A line about no case.
    pub fn about_all(who: &str, action: Action) -> Self {
        Entry {
            who: who.to_owned(),
            action,
            case: None,
            revision: None,
            detail: String::new(),
        }
    }
}
