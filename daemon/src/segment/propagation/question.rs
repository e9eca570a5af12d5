//! The questions of a rule.

use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{SliceBox, SlicePoint};

/// A question about a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The slice.
    pub index: u32,
    /// The box around the object.
    pub bbox: Option<SliceBox>,
    /// Pixels that do or do not belong to it.
    pub points: Vec<SlicePoint>,
    /// A mask that the answer should resemble.
    pub mask: Option<SliceMask>,
    /// Which of the model's masks is the answer.
    pub choice: Choice,
}

/// Which of the masks that a model offers is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one that the model's family takes for such a prompt.
    Usual,
    /// The first, as with SAM's `multimask_output=False`.
    First,
}

impl Question {
    /// A box, with points.
    pub fn of_box(index: u32, bbox: SliceBox, points: &[SlicePoint]) -> Self {
        Question {
            index,
            bbox: Some(bbox),
            points: points.to_vec(),
            mask: None,
            choice: Choice::Usual,
        }
    }
}
