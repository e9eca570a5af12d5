//! Changes of a draft.

use super::scope::Slices;
use super::work::Together;
use crate::case::RevisionNumber;
use crate::hand::Stroke;
use crate::mask::Rle;
use crate::place::Label;
use crate::prompt::SlicePrompt;
use serde::{Deserialize, Serialize};

/// `POST /v1/cases/{id}/draft`: changes the draft of the user who asks, or begins one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// The revision that was looked at; a draft that is begun starts from it.
    pub revision: RevisionNumber,
    /// The version of the draft that was looked at; 0 for none. Another one is a conflict (409).
    pub version: u64,
    /// What to do.
    pub change: DraftChange,
}

/// A change of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "do", deny_unknown_fields)]
pub enum DraftChange {
    /// Add an object.
    Object {
        /// Its number; no object of the revision has it.
        label: Label,
        /// Its name.
        name: String,
    },
    /// Replace what is drawn for an object on a slice; a prompt without box and points takes it
    /// back.
    Draw {
        /// What is drawn now.
        prompt: SlicePrompt,
    },
    /// Choose another one of the masks that the model offered.
    Choose {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// Which one, from 0.
        candidate: u32,
    },
    /// Segment a slice by what is drawn on it. Answered when the masks are there.
    Segment {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
    },
    /// Segment the slices around those that were segmented by hand. Answered at once; see
    /// [`Draft::working`](super::Draft::working).
    Propagate {
        /// The object.
        label: Label,
        /// Only these slices.
        #[serde(default, skip_serializing_if = "Slices::is_all")]
        slices: Slices,
        /// Go through where the object seems to end, up to the ends of `slices`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
        /// Go through where the object seems to end from the first to the last of these slices; beyond
        /// them it may end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<(u32, u32)>,
    },
    /// Segment the slices of an object by the boxes that are drawn for it on several slices. Answered at
    /// once, as a propagation is.
    Boxes {
        /// The object.
        label: Label,
        /// What the boxes say together.
        together: Together,
    },
    /// Paint pixels of an object on a slice, or take them away. Later answers of the model leave
    /// them as they are.
    Paint {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// Whether the pixels belong to the object.
        stroke: Stroke,
        /// The pixels.
        pixels: Rle,
    },
    /// Take masks away, with what was painted there: of a slice, of an object, of all objects.
    Empty {
        /// The object; `None`: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
        /// Its slices.
        #[serde(default, skip_serializing_if = "Slices::is_all")]
        slices: Slices,
    },
    /// Put masks back as they were in a revision.
    Revert {
        /// The revision.
        to: RevisionNumber,
        /// The object; `None`: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
        /// Its slices.
        #[serde(default, skip_serializing_if = "Slices::is_all")]
        slices: Slices,
    },
    /// Put the mask that an object has on one slice on another one.
    Copy {
        /// The object.
        label: Label,
        /// The slice that has the mask.
        from: u32,
        /// The slice that gets it.
        to: u32,
    },
    /// Make the masks of an object between slices that were made by hand, by their shapes.
    Interpolate {
        /// The object.
        label: Label,
        /// Only these slices.
        #[serde(default, skip_serializing_if = "Slices::is_all")]
        slices: Slices,
    },
    /// Give up what is being segmented.
    Cancel,
    /// Take the last step back.
    Undo,
    /// Do the last undone step again.
    Redo,
    /// Take the draft away; it can be restored until another one is begun.
    Discard,
    /// Bring a discarded draft back.
    Restore,
    /// Put it on top of `revision` of the request, which somebody else made meanwhile.
    Rebase,
    /// Make a revision of it. Answered when that is there. If the draft's revision is no longer
    /// the current one, that is a conflict (409), and the draft stays.
    Commit,
}

impl DraftChange {
    /// Whether it begins a draft where there is none.
    pub(super) const fn begins(&self) -> bool {
        match self {
            DraftChange::Object { .. }
            | DraftChange::Draw { .. }
            | DraftChange::Choose { .. }
            | DraftChange::Segment { .. }
            | DraftChange::Propagate { .. }
            | DraftChange::Boxes { .. }
            | DraftChange::Paint { .. }
            | DraftChange::Empty { .. }
            | DraftChange::Revert { .. }
            | DraftChange::Copy { .. }
            | DraftChange::Interpolate { .. } => true,
            DraftChange::Cancel
            | DraftChange::Undo
            | DraftChange::Redo
            | DraftChange::Discard
            | DraftChange::Restore
            | DraftChange::Rebase
            | DraftChange::Commit => false,
        }
    }
}
