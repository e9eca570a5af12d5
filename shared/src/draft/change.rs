//! Changes of a draft.

use crate::case::RevisionNumber;
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
            | DraftChange::Propagate { .. } => true,
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
