//! What has to be done to a case.

use medicosam_shared::case::{CaseState, RevisionNumber};
use medicosam_shared::draft::{Boxes, Propagate};
use medicosam_shared::prompt::{Label, SlicePrompt, VolumeBox};
use medicosam_shared::propagation::Propagation;
use serde::{Deserialize, Serialize};

/// Number of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkId(pub i64);

/// Number of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DraftId(pub i64);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "task")]
pub enum Task {
    /// Segment a case by its profile.
    Segment,
    /// Begin a second reading with what the machine made of the first case.
    Copy,
    /// Replace masks of a revision as a person asks.
    Prompt {
        /// The revision that is corrected. If another one is current when the result comes, the
        /// result is refused. `None` in work that an older version queued.
        #[serde(default)]
        revision: Option<RevisionNumber>,
        /// What to segment again.
        prompts: Vec<SlicePrompt>,
        /// The same of whole objects.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        boxes: Vec<VolumeBox>,
        /// The rule for these boxes, if not that of the profile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        propagation: Option<Propagation>,
    },
    /// Make a revision of reference masks as they are.
    PutUp {
        /// The revision in whose place they come.
        revision: RevisionNumber,
        /// The name of the reference.
        reference: String,
        /// SHA-256 of its label map: another one that has come under the same name is not put up.
        sha256: String,
    },
    /// Segment a slice of a draft by what is drawn on it.
    Preview {
        /// The draft.
        draft: DraftId,
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
    },
    /// Segment the slices of a draft around those that a person segmented.
    Propagate {
        /// The draft.
        draft: DraftId,
        /// Of which object, and how far.
        #[serde(flatten)]
        asked: Propagate,
    },
    /// Segment the slices of a draft by the boxes that are drawn for an object.
    Boxes {
        /// The draft.
        draft: DraftId,
        /// Of which object, and how.
        #[serde(flatten)]
        asked: Boxes,
    },
    /// Make a revision of a draft.
    Commit {
        /// The draft.
        draft: DraftId,
    },
}

impl Task {
    /// What it is, in a word for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Task::Segment => "segmented",
            Task::Copy => "second reading begun",
            Task::Prompt { .. } => "corrected",
            Task::PutUp { .. } => "reference put up",
            Task::Preview { .. } => "draft: slice",
            Task::Propagate { .. } => "draft: propagation",
            Task::Boxes { .. } => "draft: boxes",
            Task::Commit { .. } => "draft made a revision",
        }
    }

    /// The state of a case while this is done to it; `None` if it concerns only the reviewer whose
    /// draft it is for, and the case stays as it is.
    pub const fn first_stage(&self) -> Option<CaseState> {
        match self {
            Task::Segment => Some(CaseState::Embedding),
            Task::Copy | Task::Prompt { .. } | Task::PutUp { .. } | Task::Commit { .. } => {
                Some(CaseState::Segmenting)
            }
            Task::Preview { .. } | Task::Propagate { .. } | Task::Boxes { .. } => None,
        }
    }

    /// Whether it makes a revision that corrects another one.
    pub const fn corrects(&self) -> bool {
        match self {
            Task::Prompt { .. } | Task::PutUp { .. } | Task::Commit { .. } => true,
            Task::Segment
            | Task::Copy
            | Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Boxes { .. } => false,
        }
    }

    /// The draft that it is for.
    pub const fn draft(&self) -> Option<DraftId> {
        match self {
            Task::Preview { draft, .. }
            | Task::Propagate { draft, .. }
            | Task::Boxes { draft, .. }
            | Task::Commit { draft } => Some(*draft),
            Task::Segment | Task::Copy | Task::Prompt { .. } | Task::PutUp { .. } => None,
        }
    }

    /// The lane that it waits in.
    pub const fn lane(&self) -> Lane {
        match self {
            Task::Segment => Lane::Any,
            // Done in a moment, without a model.
            Task::Copy
            | Task::Prompt { .. }
            | Task::PutUp { .. }
            | Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Boxes { .. }
            | Task::Commit { .. } => Lane::Interactive,
        }
    }
}

/// Which work may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Only what a person waits for, and what takes no longer.
    Interactive,
    /// Anything, what a person waits for first.
    Any,
}
