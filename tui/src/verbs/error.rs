//! How a verb fails.

use medicosam_shared::case::{CaseId, CaseState, Fault};
use medicosam_shared::client::ClientError;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The daemon refused, or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is nothing to decide on.
    #[error("case {case} has no segmentation yet: it is {state}")]
    NoRevision {
        /// The case.
        case: CaseId,
        /// Where it stands.
        state: CaseState,
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
        exit_status: u8,
    },
    /// The result is there, but could not be printed.
    #[error("writing the result to the standard output: {0}")]
    Output(std::io::Error),
}

impl Error {
    /// Stable code for scripts.
    pub fn code(&self) -> &str {
        match self {
            Error::Client(error) => error.code(),
            Error::NoRevision { .. } => "no-revision",
            Error::WorkFailed { fault } => &fault.code,
            Error::NotAll { .. } => "not-all",
            Error::Output(_) => "output-unwritable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Error::Client(error) => error.hint(),
            Error::NoRevision { .. } => {
                "Wait until it is in review (`medicosam list`), or give it a prompt with `medicosam prompt`."
            }
            Error::WorkFailed { fault } => &fault.hint,
            Error::NotAll { .. } => "The list of results says why; the others are done.",
            Error::Output(_) => "Check where the output goes: a full disk, or a pipe that closed.",
        }
    }

    /// Exit status of the program; see [`crate::cli`].
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Client(
                ClientError::Unreachable { .. } | ClientError::Broken { .. } | ClientError::Host(_),
            ) => 3,
            Error::Client(error) if error.is_conflict() => 4,
            Error::NotAll { exit_status, .. } => *exit_status,
            Error::Client(_)
            | Error::NoRevision { .. }
            | Error::WorkFailed { .. }
            | Error::Output(_) => 1,
        }
    }

    /// Whether the result that was printed says it already, so that JSON stays one object.
    pub fn is_told(&self) -> bool {
        matches!(self, Error::NotAll { .. })
    }

    /// The error as it stands in JSON.
    pub fn fault(&self) -> Fault {
        Fault {
            code: self.code().to_owned(),
            message: self.to_string(),
            hint: self.hint().to_owned(),
        }
    }
}
