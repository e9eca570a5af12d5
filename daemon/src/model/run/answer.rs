//! The masks that a model offers for a prompt, and which of them are worth showing.

use crate::model::embedding::LowResLogits;
use crate::model::family::Scores;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;

/// A mask whose predicted IoU is below this share of the best one's is noise: where several masks
/// answer an ambiguous prompt, training only holds the best of them to the object.
const WORTH_A_LOOK: f32 = 0.5;

/// The answer to a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmented {
    /// The mask, in pixels of the slice.
    pub mask: SliceMask,
    /// The overlap (intersection over union) with the truth that the model expects of its mask;
    /// not limited to 0..1.
    pub predicted_iou: f32,
    /// How little the mask depends on the threshold: pixels with a logit above 1 per pixel with a
    /// logit above −1. 0 if there are none.
    pub stability: f32,
    /// Logits of the mask, as a mask prompt for the next round.
    pub low_res: LowResLogits,
}

/// All masks that the decoder offers for a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Masks {
    /// Logits, row-major: one mask after another, each [`Sizes::mask`](crate::model::Sizes::mask) squared.
    pub logits: Vec<f32>,
    /// The predicted IoU of each mask.
    pub iou: Vec<f32>,
}

/// All answers to a prompt that the model offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The masks, in the model's order.
    pub masks: Vec<Segmented>,
    /// The one to take unless a person chooses another.
    pub best: usize,
}

impl Candidates {
    /// Leaves out masks with a low predicted IoU, but never the one to take.
    pub fn leave_out_poor(&mut self) {
        let expected: Vec<f32> = self.masks.iter().map(|m| m.predicted_iou).collect();
        let keep = worth_a_look(&expected, self.best);
        self.best = keep.iter().take(self.best).filter(|keep| **keep).count();
        let mut keep = keep.into_iter();
        self.masks.retain(|_| keep.next().unwrap_or(false));
    }
}

/// Which masks stay, by their predicted IoUs.
fn worth_a_look(expected: &[f32], best: usize) -> Vec<bool> {
    let most = expected.iter().copied().fold(0.0, f32::max);
    let stays = |(at, &iou): (usize, &f32)| at == best || iou >= WORTH_A_LOOK * most;
    expected.iter().enumerate().map(stays).collect()
}

/// The pixels inside, and SAM's stability score with an offset of 1: surely inside per possibly
/// inside.
pub fn threshold(scores: &Scores, shape: SliceShape) -> (SliceMask, f32) {
    let (mut sure, mut possible) = (0u32, 0u32);
    let mut values = scores.values.iter();
    let mask = SliceMask::from_fn(shape, |_, _| {
        let score = values.next().copied().unwrap_or(f32::NEG_INFINITY);
        sure += u32::from(score > scores.sure);
        possible += u32::from(score > scores.possible);
        score > scores.inside
    });
    let stability = if possible == 0 {
        0.0
    } else {
        sure as f32 / possible as f32
    };
    (mask, stability)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 4,
        height: 3,
    };

    #[test]
    fn masks_of_low_predicted_iou_are_left_out_but_never_the_one_to_take() {
        let all = [0.95, 0.18, 0.60, 0.47];
        assert_eq!(worth_a_look(&all, 0), [true, false, true, false]);
        assert_eq!(worth_a_look(&all, 1), [true, true, true, false]);
        assert_eq!(worth_a_look(&[-0.1, -0.2], 0), [true, false]);
        assert_eq!(worth_a_look(&[], 0), [false; 0]);
    }

    #[test]
    fn stability_is_the_share_of_sure_pixels_among_possible_ones() {
        let scores = |values: &[f32]| Scores {
            values: values.to_vec(),
            possible: -1.0,
            inside: 0.0,
            sure: 1.0,
        };
        let values = [
            9.0, 1.5, 0.5, -0.5, -0.9, -1.5, -9.0, -9.0, -9.0, -9.0, -9.0, -9.0,
        ];
        let (mask, stability) = threshold(&scores(&values), SHAPE);
        assert_eq!(
            (mask.area(), mask.get(2, 0), mask.get(3, 0)),
            (3, true, false)
        );
        assert_eq!(stability, 2.0 / 5.0);
        assert_eq!(threshold(&scores(&[-9.0; 12]), SHAPE).1, 0.0);
    }
}
