//! How a verb fails.

use super::wait::Awaited;
use crate::exit::Exit;
use medicosam_shared::case::{CaseId, CaseState, CaseSummary, Fault};
use medicosam_shared::client::ClientError;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::text::printable;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Most candidates named in a text; JSON has all of them.
const CANDIDATES: usize = 12;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The daemon refused, or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Several cases may be meant.
    #[error("{name:?} may mean any of {} cases", .candidates.len())]
    Ambiguous {
        /// As they were named.
        name: String,
        /// Which.
        candidates: Vec<Candidate>,
    },
    /// There is nothing to decide on.
    #[error("case {case} has no segmentation yet: it is {state}")]
    NoRevision {
        /// The case.
        case: CaseId,
        /// Where it stands.
        state: CaseState,
    },
    /// `assign` has cases, or a user, but not both.
    #[error("`assign` needs at least one case and, behind the cases, the user")]
    NoUser,
    /// Nothing was drawn on a case.
    #[error("the current revision of case {case} was made without boxes and points")]
    NoPrompts {
        /// The case.
        case: CaseId,
    },
    /// The daemon tried, and the work failed.
    #[error("{}", .fault.message)]
    WorkFailed {
        /// Why.
        fault: Fault,
    },
    /// It could not be done for some of the cases; what was printed says why.
    #[error("not done for {refused} of {asked} cases")]
    NotAll {
        /// How many were refused.
        refused: usize,
        /// How many were asked for.
        asked: usize,
        /// The worst exit status among them.
        exit: Exit,
    },
    /// The stream of events ended, which it does only with the daemon.
    #[error("the daemon has ended the stream of events")]
    Ended,
    /// What was waited for did not happen.
    #[error("waited in vain for {what}, {} s long", .timeout.as_secs())]
    TimedOut {
        /// What was waited for.
        what: Awaited,
        /// How long.
        timeout: Duration,
    },
    /// The result is there, but could not be printed.
    #[error("writing the result to the standard output: {0}")]
    Output(std::io::Error),
}

/// A case that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    id: CaseId,
    name: String,
    state: CaseState,
}

impl Candidate {
    /// The case of a row.
    pub fn of(case: &CaseSummary) -> Self {
        Candidate {
            id: case.id.clone(),
            name: case.name.clone(),
            state: case.state,
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, name) = (printable(&self.id.0), printable(&self.name));
        write!(f, "{id}  {name}  {}", self.state)
    }
}

/// An error as it is printed: a fault, and the cases that may have been meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// What went wrong, and what to do.
    #[serde(flatten)]
    pub fault: Fault,
    /// The cases that may have been meant, if that is what went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

impl From<Fault> for Told {
    fn from(fault: Fault) -> Self {
        Told {
            fault,
            candidates: Vec::new(),
        }
    }
}

/// The message, and the candidates below it.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.message)?;
        for candidate in self.candidates.iter().take(CANDIDATES) {
            write!(f, "\n  {candidate}")?;
        }
        match self.candidates.len().saturating_sub(CANDIDATES) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl Error {
    /// Stable code for scripts.
    pub fn code(&self) -> &str {
        match self {
            Error::Client(error) => error.code(),
            Error::Ambiguous { .. } => "ambiguous-case",
            Error::NoRevision { .. } => "no-revision",
            Error::NoUser => "no-user",
            Error::NoPrompts { .. } => "no-prompts",
            Error::WorkFailed { fault } => &fault.code,
            Error::NotAll { .. } => "not-all",
            Error::Ended => FaultCode::ConnectionBroken.as_str(),
            Error::TimedOut { .. } => "timed-out",
            Error::Output(_) => "output-unwritable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Error::Client(error) => error.hint(),
            Error::Ambiguous { .. } => "Give the id, or more of the name.",
            Error::NoUser => {
                "`medicosam assign CASE ana`, or `me` for yourself; `--nobody CASE` takes it back."
            }
            Error::NoRevision { state, .. } => no_revision_hint(*state),
            Error::NoPrompts { .. } => {
                "Draw a box on it first: `medicosam open CASE`, then `e`; or `medicosam prompt`."
            }
            Error::WorkFailed { fault } => &fault.hint,
            Error::NotAll { .. } => "The list of results says why; the others are done.",
            Error::Ended => "Start it again after the last entry (`--since`) when the daemon runs.",
            Error::TimedOut { .. } => {
                "Give it more time with --timeout, or look at `medicosam status`."
            }
            Error::Output(_) => "Check where the output goes: a full disk, or a pipe that closed.",
        }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Client(
                ClientError::Unreachable { .. } | ClientError::Broken { .. } | ClientError::Host(_),
            )
            | Error::Ended => Exit::Unreachable,
            Error::Client(ClientError::Refused { fault, .. })
                if fault.is(FaultCode::NothingDecided) =>
            {
                Exit::NothingDecided
            }
            Error::Client(error) if error.is_conflict() => Exit::Conflict,
            Error::NotAll { exit, .. } => *exit,
            Error::TimedOut { .. } => Exit::TimeOut,
            Error::Client(_)
            | Error::Ambiguous { .. }
            | Error::NoRevision { .. }
            | Error::NoPrompts { .. }
            | Error::WorkFailed { .. }
            | Error::Output(_) => Exit::Refused,
            Error::NoUser => Exit::Usage,
        }
    }

    /// Whether the result that was printed says it already, so that JSON stays one object.
    pub fn is_told(&self) -> bool {
        matches!(self, Error::NotAll { .. })
    }

    /// The error as it is printed.
    pub fn told(&self) -> Told {
        let candidates = match self {
            Error::Ambiguous { candidates, .. } => candidates.clone(),
            Error::Client(_)
            | Error::NoRevision { .. }
            | Error::NoUser
            | Error::NoPrompts { .. }
            | Error::WorkFailed { .. }
            | Error::NotAll { .. }
            | Error::Ended
            | Error::TimedOut { .. }
            | Error::Output(_) => Vec::new(),
        };
        Told {
            fault: Fault {
                code: self.code().to_owned(),
                message: self.to_string(),
                hint: self.hint().to_owned(),
            },
            candidates,
        }
    }
}

/// What brings a case without a segmentation on: nothing that cannot work in its state.
fn no_revision_hint(state: CaseState) -> &'static str {
    match state {
        CaseState::Failed => {
            "`medicosam show CASE` says why and what to do; then `medicosam retry CASE`."
        }
        CaseState::Paused => {
            "`medicosam show CASE` says what it waits for; it goes on by itself, or with `medicosam retry CASE`."
        }
        CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting => {
            "Wait until it is in review: `medicosam wait --for review`."
        }
        CaseState::Review | CaseState::Approved | CaseState::Rejected | CaseState::Flagged => {
            "`medicosam show CASE` says where it stands."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::summary;

    fn candidates(count: usize) -> Vec<Candidate> {
        let case = summary("3f2a", CaseState::Review, None);
        vec![Candidate::of(&case); count]
    }

    #[test]
    fn the_candidates_are_listed_and_in_json_all_of_them() {
        let error = Error::Ambiguous {
            name: "3f".to_owned(),
            candidates: candidates(20),
        };
        let text = error.told().to_string();
        assert!(
            text.starts_with("\"3f\" may mean any of 20 cases\n  3f2a"),
            "{text}"
        );
        assert!(text.ends_with("and 8 more"), "{text}");
        let json = serde_json::to_value(error.told()).unwrap();
        assert_eq!(json["code"], "ambiguous-case");
        assert_eq!(json["candidates"].as_array().unwrap().len(), 20);
        assert_eq!(json["candidates"][0]["state"], "review");
        assert_eq!(error.exit(), Exit::Refused);
    }

    #[test]
    fn a_failed_case_is_not_sent_to_a_prompt_that_cannot_work() {
        let error = |state| Error::NoRevision {
            case: CaseId("3f2a".to_owned()),
            state,
        };
        assert!(error(CaseState::Failed).hint().contains("retry"));
        for state in CaseState::ALL {
            assert!(!error(state).hint().contains("prompt"), "{state}");
        }
    }
}
