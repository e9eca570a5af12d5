//! The steps of a draft.

use super::scope::Scope;
use crate::case::RevisionNumber;
use crate::hand::{Hand, Stroke};
use crate::mask::Rle;
use crate::place::{Label, Place};
use crate::prompt::SlicePrompt;
use crate::propagation::Propagation;
use crate::propagation_report::PropagationReport;
use crate::provenance::{ModelRecord, RuntimeRecord, SliceScore};
use serde::{Deserialize, Serialize};

/// One step of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
#[expect(
    clippy::large_enum_variant,
    reason = "answers are large, and most of what there is"
)]
pub enum Step {
    /// A new object.
    Object {
        /// Its number.
        label: Label,
        /// Its name.
        name: String,
    },
    /// Box and points of an object on a slice, in place of those before. A prompt with neither
    /// takes them back.
    Drawn {
        /// Box and points.
        prompt: SlicePrompt,
    },
    /// The masks that the model made of what was drawn.
    Answered(Answered),
    /// Another one of the masks that the model offered.
    Chosen {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// Which one, from 0.
        candidate: u32,
    },
    /// Pixels painted by hand. They stay as they are, whatever the model answers later.
    Painted {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// Whether the pixels belong to it.
        stroke: Stroke,
        /// The pixels.
        pixels: Rle,
    },
    /// Masks were taken away, with what was painted there.
    Emptied {
        /// Where.
        #[serde(flatten)]
        scope: Scope,
    },
    /// Masks were put in place without the model.
    Put(Put),
}

impl Step {
    /// The model's answer, if the step is one.
    pub fn answer(&self) -> Option<&Answered> {
        match self {
            Step::Answered(answered) => Some(answered),
            Step::Object { .. }
            | Step::Drawn { .. }
            | Step::Chosen { .. }
            | Step::Painted { .. }
            | Step::Emptied { .. }
            | Step::Put(_) => None,
        }
    }
}

/// Masks that are put in place without the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Put {
    /// Where they come from.
    pub origin: Origin,
    /// The masks, each place once.
    pub masks: Vec<PutMask>,
}

/// Where masks come from that are put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "from")]
pub enum Origin {
    /// An earlier revision. What it does not have within the scope is taken away.
    Revision {
        /// The revision.
        revision: RevisionNumber,
        /// What of it.
        #[serde(flatten)]
        scope: Scope,
    },
    /// Another slice of the same object.
    Copy {
        /// The slice.
        index: u32,
    },
    /// The slices made by hand on both sides.
    Interpolation,
}

/// A mask that is put in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PutMask {
    /// Where.
    pub place: Place,
    /// The mask, with what is painted over it.
    pub mask: Rle,
    /// Its score, if a model made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<SliceScore>,
    /// Whether it counts as a person's.
    pub by_hand: bool,
    /// The pixels of it that people have painted.
    #[serde(default, skip_serializing_if = "Hand::is_empty")]
    pub hand: Hand,
}

/// The masks of an object on one slice or on several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The object.
    pub label: Label,
    /// The model.
    pub model: ModelRecord,
    /// What ran it.
    pub runtime: RuntimeRecord,
    /// The masks, each slice once.
    pub slices: Vec<SliceAnswer>,
    /// How far a propagation went; `None` for a slice that was segmented by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<PropagationReport>,
    /// The rule by which boxes on several slices became these masks; `None` where no rule did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Box<Propagation>>,
}

impl Answered {
    /// Whether it has masks for a place.
    pub fn is_about(&self, place: Place) -> bool {
        self.label == place.label && self.slices.iter().any(|s| s.prompt.index == place.index)
    }
}

/// The model's answer to a prompt on a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceAnswer {
    /// What the model was asked, and with it the slice: what was drawn, with the box and the points
    /// that a correction takes along.
    pub prompt: SlicePrompt,
    /// What a person drew, if that is not what was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<SlicePrompt>,
    /// Pixels of the mask before; `None` in answers of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Whether the prompt was derived from the mask of a neighbouring slice; else a person drew it.
    #[serde(default)]
    pub propagated: bool,
    /// The masks that it offers.
    pub candidates: Vec<Candidate>,
    /// The one that counts unless another one is chosen, from 0.
    pub chosen: u32,
}

impl SliceAnswer {
    /// The mask that counts unless another one is chosen.
    pub fn mask(&self) -> Option<&Candidate> {
        self.candidates.get(self.chosen as usize)
    }
}

/// A mask that the model offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The mask.
    pub mask: Rle,
    /// The model's own estimate of its IoU with the truth.
    pub predicted_iou: f32,
    /// Stability score.
    pub stability: f32,
    /// Mean IoU with the masks of similar boxes, where a rule tried some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f32>,
    /// Mean IoU with the masks of its own box moved a little, after a second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steadiness: Option<f32>,
}
