//! What may be the object on a slice: the answer to a box.

use super::Answer;
use crate::model::Segmented;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::prompt::SliceBox;

/// What an empty mask costs: more than any other choice on all slices around it can make up for.
const EMPTY_PENALTY: f64 = 10.0;

/// Masks that have at least this IoU with the chosen one are other answers to the same question.
const SAME_OBJECT: f64 = 0.7;

/// Boxes that have at least this IoU are much alike.
const SIMILAR_BOX: f64 = 0.6;

/// The answer to a box on a slice.
#[derive(Debug, Clone)]
pub struct Hypothesis {
    /// The box.
    pub bbox: SliceBox,
    /// The box around the mask; `None` if that is empty.
    pub bounds: Option<SliceBox>,
    mask: Rle,
    /// The mask and a margin around it.
    grown: Rle,
    predicted_iou: f32,
    stability: f32,
}

impl Hypothesis {
    /// The model's answer to a box; two masks of the object on neighbouring slices differ by `margin` pixels.
    pub fn new(bbox: SliceBox, answer: &Segmented, margin: u32) -> Self {
        Hypothesis {
            bbox,
            bounds: answer.mask.bounds(),
            mask: answer.mask.to_rle(),
            grown: grown(&answer.mask, margin).to_rle(),
            predicted_iou: answer.predicted_iou,
            stability: answer.stability,
        }
    }

    /// What it is worth alone. The object is on every slice of its 3-D box: an empty mask is only taken if
    /// there is no other.
    pub fn worth(&self) -> f64 {
        let penalty = if self.bounds.is_some() {
            0.0
        } else {
            EMPTY_PENALTY
        };
        f64::from(self.predicted_iou) - penalty
    }

    /// How much two masks have in common: their IoU.
    pub fn iou(&self, other: &Hypothesis) -> f64 {
        self.mask.iou(&other.mask)
    }

    /// The share of the mask that lies within another one and the margin around that.
    pub fn share_within(&self, other: &Hypothesis) -> f64 {
        match self.mask.area() {
            0 => 0.0,
            area => self.mask.overlap(&other.grown) as f64 / area as f64,
        }
    }
}

/// The pixels that most of the masks have that are much like the chosen one, each with the weight of
/// its predicted IoU.
pub fn vote(slice: &[Hypothesis], chosen: &Hypothesis, shape: SliceShape) -> Answer {
    let mut votes = vec![0f32; shape.pixels()];
    let mut all = 0f32;
    for voter in slice {
        if voter.iou(chosen) < SAME_OBJECT {
            continue;
        }
        let weight = voter.predicted_iou.max(0.01);
        all += weight;
        for (start, length) in voter.mask.object_runs() {
            for vote in &mut votes[start as usize..(start + length) as usize] {
                *vote += weight;
            }
        }
    }
    let pixels = votes.iter().map(|&vote| vote > all / 2.0).collect();
    // As many as the slice has.
    let mask = SliceMask::from_pixels(shape, pixels)
        .map_or_else(|| chosen.mask.clone(), |mask| mask.to_rle());
    let alike = slice
        .iter()
        .filter(|h| box_iou(h.bbox, chosen.bbox) >= SIMILAR_BOX)
        .map(|h| h.mask.iou(&mask));
    let (sum, count) = alike.fold((0.0, 0u32), |(sum, count), iou| (sum + iou, count + 1));
    Answer {
        agreement: (count > 1).then(|| (sum / f64::from(count)) as f32),
        mask,
        predicted_iou: chosen.predicted_iou,
        stability: chosen.stability,
        steadiness: None,
    }
}

fn box_iou(a: SliceBox, b: SliceBox) -> f64 {
    let area = |b: SliceBox| f64::from(b.x1 - b.x0) * f64::from(b.y1 - b.y0);
    let both = a.common(b).map_or(0.0, area);
    both / (area(a) + area(b) - both)
}

/// A mask with all pixels that are at most `by` columns and rows away from it.
fn grown(mask: &SliceMask, by: u32) -> SliceMask {
    let shape = mask.shape();
    let stride = shape.width as usize + 1;
    // How many pixels are set above and to the left of each corner between pixels.
    let mut counts = vec![0u32; stride * (shape.height as usize + 1)];
    for y in 0..shape.height {
        let mut row = 0;
        for x in 0..shape.width {
            row += u32::from(mask.get(x, y));
            let at = (y as usize + 1) * stride + x as usize + 1;
            counts[at] = counts[at - stride] + row;
        }
    }
    let count = |x: u32, y: u32| counts[y as usize * stride + x as usize];
    SliceMask::from_fn(shape, |x, y| {
        let (x0, y0) = (x.saturating_sub(by), y.saturating_sub(by));
        let (x1, y1) = (
            (x + by + 1).min(shape.width),
            (y + by + 1).min(shape.height),
        );
        count(x1, y1) + count(x0, y0) > count(x0, y1) + count(x1, y0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SHAPE, segmented, square};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mask_grows_to_all_sides_by_as_many_pixels(
            seed in any::<u64>(), (width, height) in (1u32..9, 1u32..8), by in 0u32..4,
        ) {
            let shape = SliceShape { width, height };
            let mask = SliceMask::from_fn(shape, |x, y| seed >> ((x + 9 * y) % 64) & 3 == 3);
            let larger = grown(&mask, by);
            for y in 0..height {
                for x in 0..width {
                    let is_near = (0..height).any(|v| {
                        (0..width).any(|u| {
                            mask.get(u, v) && u.abs_diff(x) <= by && v.abs_diff(y) <= by
                        })
                    });
                    prop_assert_eq!(larger.get(x, y), is_near);
                }
            }
        }
    }

    #[test]
    fn a_smaller_mask_lies_within_a_larger_one_and_not_the_other_way() {
        let of = |mask: SliceMask| {
            let bbox = mask.bounds().unwrap_or(SliceBox::spanning((0, 0), (1, 1)));
            Hypothesis::new(bbox, &segmented(mask, 0.9), 1)
        };
        let (large, small) = (of(square(10, 20)), of(square(9, 10)));
        assert_eq!(small.share_within(&large), 1.0);
        assert_eq!(large.share_within(&small), 110.0 / 400.0);
        let nothing = of(SliceMask::empty(SHAPE));
        assert_eq!(
            (nothing.share_within(&large), nothing.worth() < -9.0),
            (0.0, true)
        );
    }
}
