//! What comes in and what goes out.

use super::Showing;
use crate::term::Key;
use jiff::Timestamp;
use medicosam_shared::api::{CaseList, DecisionRequest, PromptRequest, SliceValues, Status};
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary, Fault, RevisionNumber};
use medicosam_shared::client::ClientError;
use medicosam_shared::geometry::Plane;
use medicosam_shared::mask::MaskSet;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resized {
        /// Columns of characters.
        columns: u16,
        /// Rows of characters.
        rows: u16,
    },
    /// What time it is.
    Clock(Timestamp),
    /// A picture is on the screen, as far as the terminal says.
    Shown(Showing),
    /// The daemon said something.
    Answer(Box<Answer>),
}

impl From<Answer> for Event {
    fn from(answer: Answer) -> Self {
        Event::Answer(Box::new(answer))
    }
}

/// Why the daemon did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub fault: Fault,
    /// Somebody else was first.
    pub conflict: bool,
}

impl Failure {
    /// What went wrong and what to do, as sentences.
    pub fn text(&self) -> String {
        let mut text = self.fault.message.trim_end().to_owned();
        if !text.ends_with(['.', '!', '?']) {
            text.push('.');
        }
        if !self.fault.hint.is_empty() {
            text.push(' ');
            text.push_str(&self.fault.hint);
        }
        text
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Failure {
            fault: Fault {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint().to_owned(),
            },
            conflict: error.is_conflict(),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure {
            fault,
            conflict: false,
        }
    }
}

/// What became of something asked of the daemon.
#[derive(Debug)]
pub enum Answer {
    /// The daemon is there; all cases as they are now.
    Connected {
        /// The cases.
        list: CaseList,
        /// How the daemon is.
        status: Status,
    },
    /// The daemon is not there; somebody keeps trying.
    Disconnected(Failure),
    /// An entry of the event log, in its turn.
    Happened(medicosam_shared::case::Event),
    /// Everything again.
    Everything(Result<(CaseList, Status), Failure>),
    /// Some cases again, and how the daemon is.
    Some {
        /// The cases; those that could not be read are missing.
        cases: Vec<CaseSummary>,
        /// How the daemon is.
        status: Option<Status>,
    },
    /// A case to look at.
    Case {
        /// Which one was asked for.
        case: CaseId,
        /// What came.
        result: Result<Box<CaseDetail>, Failure>,
    },
    /// A slice of it.
    Slice {
        /// Which case.
        case: CaseId,
        /// Which slice.
        index: u32,
        /// Its values.
        result: Result<Arc<SliceValues>, Failure>,
    },
    /// The masks of a revision.
    Masks {
        /// Which case.
        case: CaseId,
        /// Which revision.
        revision: RevisionNumber,
        /// Its masks.
        result: Result<Arc<MaskSet>, Failure>,
    },
    /// A decision was taken down, or not.
    Decided {
        /// Which case.
        case: CaseId,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A case is tried again, or not.
    Retried {
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A prompt was worked off, or not.
    Prompted {
        /// Which case.
        case: CaseId,
        /// What came of it.
        result: Result<Prompted, Failure>,
        /// From the key to the new mask.
        elapsed: Duration,
    },
}

/// What came of a prompt.
#[derive(Debug)]
pub enum Prompted {
    /// A new revision, which is the current one.
    Revised {
        /// The case with it.
        detail: Box<CaseDetail>,
        /// Its number.
        revision: RevisionNumber,
        /// Its masks.
        masks: Arc<MaskSet>,
    },
    /// It takes longer; the event log will tell.
    Queued,
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End.
    Quit,
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back to the shell until it says to go on.
    Suspend,
    /// Read all cases and how the daemon is.
    LoadEverything,
    /// Read these cases and how the daemon is.
    LoadSome(Vec<CaseId>),
    /// Read a case to look at.
    LoadCase(CaseId),
    /// Read a slice.
    LoadSlice {
        /// Of this case.
        case: CaseId,
        /// In this plane.
        plane: Plane,
        /// This one.
        index: u32,
    },
    /// Read the masks of a revision.
    LoadMasks {
        /// Of this case.
        case: CaseId,
        /// This one.
        revision: RevisionNumber,
    },
    /// Take down a decision.
    Decide {
        /// On this case.
        case: CaseId,
        /// This one.
        request: DecisionRequest,
    },
    /// Try a case again.
    Retry(CaseId),
    /// Segment again.
    Prompt {
        /// This case.
        case: CaseId,
        /// Like this.
        request: PromptRequest,
    },
}
