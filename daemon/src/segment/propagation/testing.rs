//! A model that knows the truth, for tests of rules.

use super::Question;
use crate::model::{LowResLogits, Segmented, View};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use std::convert::Infallible;

pub const SHAPE: SliceShape = SliceShape {
    width: 64,
    height: 64,
};

/// A square of `size` whose upper left corner is (`x`, 20).
pub fn square(x: u32, size: u32) -> SliceMask {
    SliceMask::from_fn(SHAPE, |at, y| {
        (x..x + size).contains(&at) && (20..20 + size).contains(&y)
    })
}

pub fn segmented(mask: SliceMask, predicted_iou: f32) -> Segmented {
    Segmented {
        mask,
        predicted_iou,
        stability: 0.9,
        low_res: LowResLogits {
            values: vec![],
            side: 0,
            view: View::as_stored(SHAPE),
        },
    }
}

/// Answers with the truth on the slice, and records the questions.
pub fn knowing<'a>(
    truth: impl Fn(u32) -> SliceMask + 'a,
    asked: &'a mut Vec<Question>,
) -> impl FnMut(&Question) -> Result<Segmented, Infallible> + 'a {
    move |question| {
        asked.push(question.clone());
        Ok(segmented(truth(question.index), 0.9))
    }
}
