//! What comes in and what goes out.

use super::state::review::seen::Seen;
use super::state::review::subject::Showing;
use crate::term::{Key, Mouse};
use jiff::Timestamp;
use medicosam_shared::api::{
    CaseList, DecisionRequest, DraftProgress, DraftRequest, DraftResponse, DraftView, Intake, Live,
    NoteRequest, OutputChoice, SliceValues, Status, UndoRequest,
};
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary, Fault, RevisionNumber};
use medicosam_shared::client::ClientError;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::geometry::Plane;
use medicosam_shared::mask::MaskSet;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// A key was let go.
    Released(Key),
    /// From now on the terminal says of each key when it is let go, or no longer.
    ReleasesAreTold(bool),
    /// The mouse did something.
    Pointer(Pointer),
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
    /// Nothing has moved for a moment.
    Rested,
    /// A picture is on the screen, as far as the terminal says.
    Shown(Showing),
    /// The daemon said something.
    Answer(Box<Answer>),
}

/// The mouse, and what it is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// What it did, with what was held.
    pub mouse: Mouse,
    /// Column and row of the cell that it is in.
    pub cell: (u16, u16),
    /// Column and row of the pixel of the screen; the middle of the cell where the terminal reports
    /// only cells.
    pub pixel: (i64, i64),
    /// The picture on the screen, and the pixel of it under the mouse, which may lie outside.
    pub picture: Option<(Arc<Seen>, (i64, i64))>,
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
    /// Whether the daemon gave no answer: nobody knows what has become of the request.
    pub fn is_of_the_line(&self) -> bool {
        [FaultCode::DaemonUnreachable, FaultCode::ConnectionBroken]
            .iter()
            .any(|code| self.fault.is(*code))
    }

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

/// The daemon's answer to a request.
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
        /// In which plane.
        plane: Plane,
        /// Which slice.
        index: u32,
        /// Its values.
        result: Result<Arc<SliceValues>, Failure>,
    },
    /// Reference masks.
    Reference {
        /// Of this case.
        case: CaseId,
        /// SHA-256 of their label map.
        sha256: String,
        /// The masks.
        result: Result<Arc<MaskSet>, Failure>,
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
        /// What was decided.
        request: DecisionRequest,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A decision was taken back, or not.
    Undone {
        /// Which case.
        case: CaseId,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A note was written down, or not.
    Noted {
        /// Which case.
        case: CaseId,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// More about the case that is selected in the list.
    Peeked(Result<Box<CaseDetail>, Failure>),
    /// The daemon's transient state.
    Live(Live),
    /// A case is tried again, or not.
    Retried {
        /// Which case.
        case: CaseId,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A case was put away or brought back, or not.
    Dismissed {
        /// Which case.
        case: CaseId,
        /// The case as it is now.
        result: Result<CaseSummary, Failure>,
    },
    /// A case was put first in the queue, or not.
    Hurried(Result<CaseSummary, Failure>),
    /// The intake was paused or resumed, or not.
    Intake(Result<Intake, Failure>),
    /// A draft as the daemon has it.
    Draft {
        /// On which case.
        case: CaseId,
        /// The draft, and what the model understands.
        result: Result<DraftView, Failure>,
    },
    /// A draft was changed, or not.
    DraftChanged {
        /// On which case.
        case: CaseId,
        /// What came of it.
        result: Result<DraftResponse, Failure>,
        /// From the key to the answer.
        elapsed: Duration,
    },
    /// The segmentation for a draft has progressed, or ended.
    DraftProgress {
        /// On which case.
        case: CaseId,
        /// How far it is.
        result: Result<DraftProgress, Failure>,
    },
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End.
    Quit,
    /// Redraw everything.
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
        /// With its colours, if it has any.
        coloured: bool,
        /// Of this case.
        case: CaseId,
        /// In this plane.
        plane: Plane,
        /// This one.
        index: u32,
        /// Reduced by so much along each side, so that it comes soon; 1: all of it.
        reduced: u32,
    },
    /// Read the masks of a revision.
    LoadMasks {
        /// Of this case.
        case: CaseId,
        /// This one.
        revision: RevisionNumber,
    },
    /// Read reference masks.
    LoadReference {
        /// Of this case.
        case: CaseId,
        /// Called so.
        name: String,
        /// SHA-256 of their label map.
        sha256: String,
    },
    /// Take down a decision.
    Decide {
        /// On this case.
        case: CaseId,
        /// This one.
        request: DecisionRequest,
    },
    /// Take a decision back.
    Undo {
        /// On this case.
        case: CaseId,
        /// This one.
        request: UndoRequest,
    },
    /// Write down a note.
    Note {
        /// On this case.
        case: CaseId,
        /// This one.
        request: NoteRequest,
    },
    /// Read more about the case that is selected in the list.
    Peek(CaseId),
    /// Have the daemon read the scan of the next case.
    ReadAhead(CaseId),
    /// Say so when nothing has moved for a moment.
    Rest,
    /// Call somebody who looks elsewhere, with these words.
    Call(String),
    /// Put this text onto the clipboard of the terminal.
    Copy(String),
    /// Keep these filters for the next time.
    SaveFilters(Vec<String>),
    /// Try a case again.
    Retry(CaseId),
    /// Try a case again that found another result where its own goes.
    RetryWith {
        /// This case.
        case: CaseId,
        /// What becomes of that result.
        output: OutputChoice,
    },
    /// Put a failed case away.
    Dismiss(CaseId),
    /// Bring a case back.
    BringBack(CaseId),
    /// Put a case first in the queue.
    Hurry(CaseId),
    /// Pause the intake, or resume it.
    PauseIntake(bool),
    /// Read the reviewer's draft on a case.
    LoadDraft(CaseId),
    /// Change the reviewer's draft.
    ChangeDraft {
        /// On this case.
        case: CaseId,
        /// Like this.
        request: DraftRequest,
    },
    /// Wait until the reviewer's draft is another version.
    WatchDraft {
        /// On this case.
        case: CaseId,
        /// Than this one.
        after: u64,
    },
}
