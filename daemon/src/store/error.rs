//! What the store can refuse or fail at.

use medicosam_shared::case::{CaseId, CaseState, RevisionNumber};
use medicosam_shared::draft::DraftRefusal;
use medicosam_shared::fault_code::FaultCode;
use std::path::PathBuf;

/// Why the store did not do what was asked. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No case has this id.
    #[error("no case's id begins with {0:?}")]
    NoSuchCase(String),
    /// Several cases have ids that begin so.
    #[error("the ids of {count} cases begin with {prefix:?}")]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// How many there are.
        count: usize,
    },
    /// The case has no such revision.
    #[error("case {case} has no revision {number}")]
    NoSuchRevision {
        /// The case.
        case: CaseId,
        /// What was asked for.
        number: RevisionNumber,
    },
    /// Somebody else was first.
    #[error("case {case} is at revision {current}, made by {author}, not at {asked}")]
    Conflict {
        /// The case.
        case: CaseId,
        /// The revision that was looked at.
        asked: RevisionNumber,
        /// The revision that there is.
        current: RevisionNumber,
        /// Who made it.
        author: String,
    },
    /// Somebody else has decided since.
    #[error("case {case} was already {state} by {who} on {}{}", .at.strftime("%Y-%m-%d at %H:%M:%S UTC"), because(.reason.as_deref()))]
    AlreadyDecided {
        /// The case.
        case: CaseId,
        /// What it is now.
        state: CaseState,
        /// By whom.
        who: String,
        /// When.
        at: jiff::Timestamp,
        /// Why, if they said.
        reason: Option<String>,
    },
    /// Nobody has decided, so nothing can be taken back.
    #[error("there is no decision on case {case} to take back: it is {state}")]
    NothingDecided {
        /// The case.
        case: CaseId,
        /// Where it stands.
        state: CaseState,
    },
    /// The decision that stands is somebody else's.
    #[error("the decision on case {case} is {who}'s; only one's own can be taken back")]
    OthersDecision {
        /// The case.
        case: CaseId,
        /// Who decided.
        who: String,
    },
    /// The case is not in a state for this.
    #[error("case {case} is {state}; {needed}")]
    WrongState {
        /// The case.
        case: CaseId,
        /// Where it stands.
        state: CaseState,
        /// What it would have to be.
        needed: &'static str,
    },
    /// A prompt does not fit the scan.
    #[error(transparent)]
    Prompt(#[from] medicosam_shared::prompt::PromptError),
    /// The draft cannot be changed like that.
    #[error(transparent)]
    Draft(#[from] DraftRefusal),
    /// The lease ran out and somebody else has the work.
    #[error("the lease on case {0} is lost; somebody else works on it")]
    LeaseLost(CaseId),
    /// The database was written by a newer version.
    #[error("{} has schema {found}, this version knows up to {known}", .path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known.
        known: i64,
    },
    /// The SQLite library is one that can corrupt a database.
    #[error("SQLite {0} can corrupt a database in WAL mode; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// The database says something that this program never writes.
    #[error("the store has {what} that cannot be read: {why}")]
    Unreadable {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The database or its disk failed.
    #[error("the store failed while {doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::NoSuchCase(_) => "no-such-case",
            StoreError::Ambiguous { .. } => "ambiguous-case",
            StoreError::NoSuchRevision { .. } => "no-such-revision",
            StoreError::Conflict { .. } => FaultCode::OtherRevision.as_str(),
            StoreError::AlreadyDecided { .. } => FaultCode::AlreadyDecided.as_str(),
            StoreError::NothingDecided { .. } => "nothing-decided",
            StoreError::OthersDecision { .. } => "others-decision",
            StoreError::WrongState { .. } => "wrong-state",
            StoreError::Prompt(_) => "prompt-outside",
            StoreError::Draft(refusal) => refusal.code(),
            StoreError::LeaseLost(_) => "lease-lost",
            StoreError::NewerSchema { .. } => "store-newer",
            StoreError::OldSqlite(_) => "sqlite-old",
            StoreError::Unreadable { .. } => "store-unreadable",
            StoreError::Database { .. } => "store-failed",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreError::NoSuchCase(_) => "`medicosam list` shows all cases.",
            StoreError::Ambiguous { .. } => "Give more characters of the id.",
            StoreError::NoSuchRevision { .. } => "`medicosam show CASE` lists its revisions.",
            StoreError::Conflict { .. } => "Look at the new revision, then decide again.",
            StoreError::AlreadyDecided { .. } => {
                "Look at the case again; to replace the decision by yours, overrule it."
            }
            StoreError::NothingDecided { .. } => "`medicosam show CASE` tells its history.",
            StoreError::OthersDecision { .. } => {
                "Decide yourself, and overrule theirs if need be; both stay in the history."
            }
            StoreError::WrongState { .. } => "`medicosam show CASE` says where it stands and why.",
            StoreError::Prompt(_) => "Correct the prompt; slices, columns and rows count from 0.",
            StoreError::Draft(refusal) => refusal.hint(),
            StoreError::LeaseLost(_) => "Nothing to do: the other worker's result counts.",
            StoreError::NewerSchema { .. } => {
                "Run the version that wrote it, or a newer one; nothing was changed."
            }
            StoreError::OldSqlite(_) => "Build with the bundled SQLite.",
            StoreError::Unreadable { .. } => {
                "Keep a copy of the state folder and report this; the files written so far are not affected."
            }
            StoreError::Database { .. } => {
                "Check that the disk of the state folder has room and is writable."
            }
        }
    }
}

/// The reason of a decision at the end of a sentence.
fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// Adds what was being done to SQLite's errors.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { doing, source })
    }
}
