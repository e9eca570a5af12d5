//! Refusals, in words for people. A refused request has changed nothing.

use medicosam_shared::case::{CaseId, CaseState, RevisionNumber};
use medicosam_shared::draft::DraftRefusal;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::prompt::PromptError;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No case has this id.
    #[error("no case's id begins with {0:?}")]
    NoSuchCase(String),
    /// Several cases have ids that begin so.
    #[error("the ids of {count} cases begin with {prefix:?}")]
    Ambiguous {
        /// The beginning that was given.
        prefix: String,
        /// How many there are.
        count: usize,
    },
    /// The case has no such revision.
    #[error("case {case} has no revision {number}")]
    NoSuchRevision {
        /// The case.
        case: CaseId,
        /// The number that was given.
        number: RevisionNumber,
    },
    /// Somebody else was first: there is a newer revision.
    #[error("case {case} is at revision {current}, made by {author}, not at {asked}")]
    OtherRevision {
        /// The case.
        case: CaseId,
        /// The revision that was looked at.
        asked: RevisionNumber,
        /// The revision that there is.
        current: RevisionNumber,
        /// Who made it.
        author: String,
    },
    /// Somebody else was first: another correction of the same revision is on its way.
    #[error("{who} is correcting revision {revision} of case {case} already")]
    BeingCorrected {
        /// The case.
        case: CaseId,
        /// The revision that both correct.
        revision: RevisionNumber,
        /// Who was first.
        who: String,
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
    #[error("the decision on case {case} is {who}'s; you can only take back your own")]
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
    /// The person has read the first case, of which this is a second reading.
    #[error(
        "case {case} is a second reading of case {first}, which {who} has read; somebody else has to read this one"
    )]
    FirstReader {
        /// The second reading.
        case: CaseId,
        /// The first case.
        first: CaseId,
        /// The person.
        who: String,
    },
    /// Reference masks cannot be called so.
    #[error("{0:?} can be no name of reference masks")]
    NoReferenceName(String),
    /// The case has no reference masks of this name.
    #[error("case {case} has no reference masks called {name:?}")]
    NoSuchReference {
        /// The case.
        case: CaseId,
        /// The name that was given.
        name: String,
    },
    /// Nobody can be called so.
    #[error("{0:?} can be no user's name")]
    NoUserName(String),
    /// Another result lies where those of the case go than the one that was looked at.
    #[error("case {case} has found another result since you looked: {found}")]
    OtherResult {
        /// The case.
        case: CaseId,
        /// What it has found, in words.
        found: String,
    },
    /// A prompt does not fit the scan.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The draft cannot be changed like that.
    #[error(transparent)]
    Draft(#[from] DraftRefusal),
    /// The lease ran out and another worker has the work, or it is not needed any more.
    #[error("the lease on case {0} is over: somebody else has the work, or it was taken back")]
    LeaseLost(CaseId),
}

impl Refusal {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NoSuchCase(_) => "no-such-case",
            Refusal::Ambiguous { .. } => "ambiguous-case",
            Refusal::NoSuchRevision { .. } => "no-such-revision",
            Refusal::OtherRevision { .. } => "other-revision",
            Refusal::BeingCorrected { .. } => "being-corrected",
            Refusal::AlreadyDecided { .. } => "already-decided",
            Refusal::NothingDecided { .. } => "nothing-decided",
            Refusal::OthersDecision { .. } => "others-decision",
            Refusal::WrongState { .. } => "wrong-state",
            Refusal::FirstReader { .. } => "first-reader",
            Refusal::NoReferenceName(_) => "no-reference-name",
            Refusal::NoSuchReference { .. } => "no-such-reference",
            Refusal::NoUserName(_) => "no-user-name",
            Refusal::OtherResult { .. } => FaultCode::OutputChanged.as_str(),
            Refusal::Prompt(_) => "prompt-outside",
            Refusal::Draft(refusal) => refusal.code(),
            Refusal::LeaseLost(_) => "lease-lost",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Refusal::NoSuchCase(_) => "`medicosam list` shows all cases.",
            Refusal::Ambiguous { .. } => "Give more characters of the id.",
            Refusal::NoSuchRevision { .. } => "`medicosam show CASE` lists its revisions.",
            Refusal::OtherRevision { .. } => "Look at the new revision, then decide again.",
            Refusal::BeingCorrected { .. } => {
                "Wait for the new mask and look at it, then prompt on that."
            }
            Refusal::AlreadyDecided { .. } => {
                "Look at the case again; to replace the decision by yours, overrule it."
            }
            Refusal::NothingDecided { .. } => "`medicosam show CASE` shows its history.",
            Refusal::OthersDecision { .. } => {
                "Decide yourself, and overrule theirs if need be; both stay in the history."
            }
            Refusal::WrongState { .. } => "`medicosam show CASE` says where it stands and why.",
            Refusal::FirstReader { .. } => {
                "Leave it to another reviewer; `medicosam assign CASE USER` says to whom."
            }
            Refusal::NoReferenceName(_) => "Give a name of up to 64 characters with --name.",
            Refusal::NoSuchReference { .. } => "`medicosam reference CASE` lists them.",
            Refusal::NoUserName(_) => {
                "Give a login name, as decisions have it, without blanks around it."
            }
            Refusal::OtherResult { .. } => {
                "Look at what lies there now, then choose again; nothing was overwritten."
            }
            Refusal::Prompt(_) => "Correct the prompt; slices, columns and rows count from 0.",
            Refusal::Draft(refusal) => refusal.hint(),
            Refusal::LeaseLost(_) => "Nothing to do: the other worker's result counts.",
        }
    }
}

/// The reason of a decision at the end of a sentence.
fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}
