//! The answer for a slice.

use crate::model::Segmented;
use medicosam_shared::draft::Candidate;
use medicosam_shared::mask::Rle;

/// A mask for a slice and its scores, by a model or by a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The mask.
    pub mask: Rle,
    /// See [`Segmented::predicted_iou`].
    pub predicted_iou: f32,
    /// See [`Segmented::stability`].
    pub stability: f32,
    /// Mean IoU of the mask with those of boxes much like its own, if others were tried.
    pub agreement: Option<f32>,
    /// Mean IoU of the mask with those of its own box moved a little, after a second look.
    pub steadiness: Option<f32>,
}

impl From<&Segmented> for Answer {
    fn from(segmented: &Segmented) -> Self {
        Answer {
            mask: segmented.mask.to_rle(),
            predicted_iou: segmented.predicted_iou,
            stability: segmented.stability,
            agreement: None,
            steadiness: None,
        }
    }
}

impl From<&Candidate> for Answer {
    fn from(candidate: &Candidate) -> Self {
        Answer {
            mask: candidate.mask.clone(),
            predicted_iou: candidate.predicted_iou,
            stability: candidate.stability,
            agreement: candidate.agreement,
            steadiness: candidate.steadiness,
        }
    }
}
