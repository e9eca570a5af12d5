//! The steps of a draft.

use crate::mask::Rle;
use crate::place::{Label, Place};
use crate::prompt::SlicePrompt;
use crate::provenance::{ModelRecord, RuntimeRecord};
use serde::{Deserialize, Serialize};

/// One step of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
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
    /// The prompt, and with it the slice.
    pub prompt: SlicePrompt,
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
}
