//! Why a draft is not changed as asked.

use crate::case::{CaseId, CaseState, RevisionNumber};
use crate::fault_code::FaultCode;
use crate::mask::RleTooLong;
use crate::place::{Label, Place};
use crate::prompt::PromptError;

/// Code of the refusal of points that could only take something away from a mask that is not there.
pub const NOTHING_TO_CORRECT: &str = "nothing-to-correct";

/// What to do about such points.
pub const NOTHING_TO_CORRECT_HINT: &str = "Draw a box, or a point on the object.";

/// Why a draft was not changed. It is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftRefusal {
    /// There is no draft, or it is discarded.
    #[error("there is no draft on case {0}")]
    NoDraft(CaseId),
    /// The same reviewer has changed it elsewhere, or masks have come to it.
    #[error("the draft on case {0} was changed elsewhere")]
    Moved(CaseId),
    /// The case has another revision than the draft changes.
    #[error("case {case} is at revision {current}, made by {author}, not at {asked}")]
    OtherRevision {
        /// The case.
        case: CaseId,
        /// The revision that the draft changes, or would.
        asked: RevisionNumber,
        /// The current revision.
        current: RevisionNumber,
        /// Who made it.
        author: String,
    },
    /// The case has no revision that could be changed.
    #[error("case {case} is {state}; there is nothing to look at yet")]
    NoRevision {
        /// The case.
        case: CaseId,
        /// Where it stands.
        state: CaseState,
    },
    /// An object has the label already.
    #[error("there is an object {0} already")]
    LabelTaken(Label),
    /// A new object has no name.
    #[error("the new object {0} has no name")]
    NameMissing(Label),
    /// The prompt does not lie on the scan.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// There is no prompt to segment by.
    #[error("nothing is drawn for {0}")]
    NothingDrawn(Place),
    /// Only points outside the object are drawn, and there is no mask from which they could take
    /// anything away.
    #[error("{0} has no mask, and only points outside it are drawn")]
    NothingToCorrect(Place),
    /// Painted pixels lie outside the slice.
    #[error("what is painted does not lie on the slice: {0}")]
    PaintedOutside(#[from] RleTooLong),
    /// A stroke without pixels.
    #[error("nothing is painted for {0}")]
    NothingPainted(Place),
    /// There is no mask to copy.
    #[error("{0} has no mask to copy")]
    NothingToCopy(Place),
    /// No slice lies between two that were made by hand.
    #[error("no slice of object {0} lies between two that were made by hand")]
    NothingBetween(Label),
    /// The case does not have the revision that is to be put back.
    #[error("case {0} has no such revision")]
    NoSuchRevision(CaseId),
    /// The revision that is to be put back was cut across another axis.
    #[error("the slices of that revision lie in another plane")]
    OtherPlane,
    /// The model has offered no mask.
    #[error("no masks are offered for {0}")]
    NoMasks(Place),
    /// The model has offered fewer masks.
    #[error(
        "{place} has {offered} masks to choose from, counted from 0, and not a mask {candidate}"
    )]
    NoSuchMask {
        /// Where.
        place: Place,
        /// How many there are.
        offered: usize,
        /// Which one was asked for.
        candidate: u32,
    },
    /// No step counts.
    #[error("there is nothing to undo in the draft")]
    NothingToUndo,
    /// No step was undone.
    #[error("there is nothing to do again in the draft")]
    NothingToRedo,
    /// No slice of the object was segmented by hand.
    #[error("no slice of object {0} is segmented by hand in the draft")]
    NoSeed(Label),
    /// Fewer than two slices have a box of the object.
    #[error("boxes of object {0} are drawn on fewer than two slices")]
    TooFewBoxes(Label),
    /// Work for the draft is under way.
    #[error("masks are still being made for the draft")]
    Busy,
    /// The draft has no masks.
    #[error("no slice has been segmented in the draft yet")]
    NothingSegmented,
}

impl DraftRefusal {
    /// Stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            DraftRefusal::NoDraft(_) => FaultCode::NoDraft.as_str(),
            DraftRefusal::Moved(_) => FaultCode::DraftMoved.as_str(),
            DraftRefusal::OtherRevision { .. } => FaultCode::OtherRevision.as_str(),
            DraftRefusal::NoRevision { .. } => "wrong-state",
            DraftRefusal::Prompt(_)
            | DraftRefusal::NothingDrawn(_)
            | DraftRefusal::PaintedOutside(_) => "prompt-outside",
            DraftRefusal::NothingToCorrect(_) => NOTHING_TO_CORRECT,
            DraftRefusal::LabelTaken(_)
            | DraftRefusal::NameMissing(_)
            | DraftRefusal::NothingPainted(_)
            | DraftRefusal::NothingToCopy(_)
            | DraftRefusal::NothingBetween(_)
            | DraftRefusal::NoSuchRevision(_)
            | DraftRefusal::OtherPlane
            | DraftRefusal::NoMasks(_)
            | DraftRefusal::NoSuchMask { .. }
            | DraftRefusal::NothingToUndo
            | DraftRefusal::NothingToRedo
            | DraftRefusal::NoSeed(_)
            | DraftRefusal::TooFewBoxes(_)
            | DraftRefusal::Busy
            | DraftRefusal::NothingSegmented => "draft-unfit",
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            DraftRefusal::NoDraft(_) => "Draw something: that begins a draft.",
            DraftRefusal::Moved(_) => "Read it again: nothing of it is lost.",
            DraftRefusal::OtherRevision { .. } => {
                "Look at the new revision, then put the draft on top of it or discard it."
            }
            DraftRefusal::NoRevision { .. } => {
                "`medicosam show CASE` says where it stands and why."
            }
            DraftRefusal::LabelTaken(_) => "Give the new object another number.",
            DraftRefusal::NameMissing(_) => "Give it a name.",
            DraftRefusal::Prompt(_) => "Correct the prompt; slices, columns and rows count from 0.",
            DraftRefusal::NothingDrawn(_) => "Draw something first: box or point.",
            DraftRefusal::NothingToCorrect(_) => NOTHING_TO_CORRECT_HINT,
            DraftRefusal::PaintedOutside(_) => {
                "Paint within the slice; runs go row by row from its first pixel."
            }
            DraftRefusal::NothingPainted(_) => "Paint at least one pixel of the slice.",
            DraftRefusal::NothingToCopy(_) => "Name a slice on which the object has a mask.",
            DraftRefusal::NothingBetween(_) => {
                "Make two slices of it by hand, with others between them."
            }
            DraftRefusal::NoSuchRevision(_) => "`medicosam show CASE` lists its revisions.",
            DraftRefusal::OtherPlane => "Only revisions in the same plane can be put back.",
            DraftRefusal::NoMasks(_) => "Segment the slice first.",
            DraftRefusal::NoSuchMask { .. } => "Choose one of those that there are.",
            DraftRefusal::NothingToUndo => "All of its steps are undone.",
            DraftRefusal::NothingToRedo => "Only steps that were undone can be done again.",
            DraftRefusal::NoSeed(_) => "Segment a slice of it first.",
            DraftRefusal::TooFewBoxes(_) => "Draw a box of it on another slice, too.",
            DraftRefusal::Busy => "Wait for them, or give them up.",
            DraftRefusal::NothingSegmented => "Segment a slice first.",
        }
    }

    /// Whether the state of case or draft is in the way, and not the change itself (409, not 400).
    pub const fn is_conflict(&self) -> bool {
        match self {
            DraftRefusal::NoDraft(_)
            | DraftRefusal::Moved(_)
            | DraftRefusal::OtherRevision { .. }
            | DraftRefusal::NoRevision { .. } => true,
            DraftRefusal::LabelTaken(_)
            | DraftRefusal::NameMissing(_)
            | DraftRefusal::Prompt(_)
            | DraftRefusal::NothingDrawn(_)
            | DraftRefusal::NothingToCorrect(_)
            | DraftRefusal::PaintedOutside(_)
            | DraftRefusal::NothingPainted(_)
            | DraftRefusal::NothingToCopy(_)
            | DraftRefusal::NothingBetween(_)
            | DraftRefusal::NoSuchRevision(_)
            | DraftRefusal::OtherPlane
            | DraftRefusal::NoMasks(_)
            | DraftRefusal::NoSuchMask { .. }
            | DraftRefusal::NothingToUndo
            | DraftRefusal::NothingToRedo
            | DraftRefusal::NoSeed(_)
            | DraftRefusal::TooFewBoxes(_)
            | DraftRefusal::Busy
            | DraftRefusal::NothingSegmented => false,
        }
    }
}
