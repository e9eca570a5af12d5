//! A second look: does the model stand by a mask if its box is a little elsewhere?
//!
//! A model trained on boxes answers almost any box with a mask that fits it well and has a high
//! predicted IoU. If the mask is of a thing with edges of its own, boxes moved a little give the same
//! mask; if it is a piece cut out by the box, the mask moves with its box.

use crate::model::Segmented;
use crate::segment::propagation::{Answer, Question, Span};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SliceBox;
use std::collections::BTreeMap;

/// How far boxes are moved, in hundredths of their sides: a box and a moved one have an IoU of 0.74,
/// and half of the smallest box that a person would draw still covers the object.
const MOVED_BY: u32 = 15;

/// Questions about each slice with a mask.
pub const MOVED_BOXES: u32 = 4;

/// Asks about moved boxes on each slice, and notes how steady the masks are.
///
/// The boxes are those of the masks themselves, so that it does not matter how they came about. It
/// takes four prompts a slice. Slices without a mask stay as they are.
pub fn second_look<E>(
    span: &Span,
    shape: SliceShape,
    answers: &mut BTreeMap<u32, Answer>,
    mut ask: impl FnMut(&Question) -> Result<Segmented, E>,
) -> Result<(), E> {
    for (&index, answer) in answers.iter_mut() {
        let Some(bbox) = super::shape::bounds(&answer.mask, shape) else {
            continue;
        };
        let mut in_common = Vec::new();
        for moved in moved(bbox, shape) {
            let other = ask(&Question::of_box(index, moved, span.points(index)))?;
            in_common.push(answer.mask.iou(&other.mask.to_rle()));
        }
        let sum: f64 = in_common.iter().sum();
        answer.steadiness = (!in_common.is_empty()).then(|| (sum / in_common.len() as f64) as f32);
    }
    Ok(())
}

/// A box moved to the right, to the left, down and up, as far as the slice goes.
fn moved(bbox: SliceBox, shape: SliceShape) -> Vec<SliceBox> {
    let by = |side: u32| ((side * MOVED_BY + 50) / 100).max(1);
    let (dx, dy) = (by(bbox.x1 - bbox.x0), by(bbox.y1 - bbox.y0));
    let ways = [
        SliceBox {
            x0: bbox.x0 + dx,
            x1: (bbox.x1 + dx).min(shape.width),
            ..bbox
        },
        SliceBox {
            x0: bbox.x0.saturating_sub(dx),
            x1: bbox.x1 - dx,
            ..bbox
        },
        SliceBox {
            y0: bbox.y0 + dy,
            y1: (bbox.y1 + dy).min(shape.height),
            ..bbox
        },
        SliceBox {
            y0: bbox.y0.saturating_sub(dy),
            y1: bbox.y1 - dy,
            ..bbox
        },
    ];
    ways.into_iter().filter(|way| way.fits(shape)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LowResLogits, View};
    use medicosam_shared::mask::SliceMask;
    use medicosam_shared::prompt::{Label, SlicePoint};
    use std::convert::Infallible;

    const SHAPE: SliceShape = SliceShape {
        width: 64,
        height: 64,
    };
    const BOX: SliceBox = SliceBox {
        x0: 20,
        y0: 10,
        x1: 40,
        y1: 50,
    };

    fn filled(bbox: SliceBox) -> SliceMask {
        SliceMask::from_fn(SHAPE, |x, y| {
            (bbox.x0..bbox.x1).contains(&x) && (bbox.y0..bbox.y1).contains(&y)
        })
    }

    /// The steadiness of a mask that fills a box, and the questions asked.
    fn looked(
        mask: SliceMask,
        answer: impl Fn(&Question) -> SliceMask,
    ) -> (Option<f32>, Vec<Question>) {
        let point = SlicePoint {
            x: 30,
            y: 30,
            positive: true,
        };
        let span = Span {
            label: Label::MIN,
            bbox: BOX,
            slices: 3..4,
            points: [(3, vec![point])].into(),
        };
        let found = Answer {
            mask: mask.to_rle(),
            predicted_iou: 0.9,
            stability: 0.9,
            agreement: None,
            steadiness: None,
        };
        let mut answers = BTreeMap::from([(3, found)]);
        let mut asked = Vec::new();
        let looked = second_look(&span, SHAPE, &mut answers, |question| {
            asked.push(question.clone());
            Ok::<_, Infallible>(Segmented {
                mask: answer(question),
                predicted_iou: 0.9,
                stability: 0.9,
                low_res: LowResLogits {
                    values: vec![],
                    side: 0,
                    view: View::as_stored(SHAPE),
                },
            })
        });
        looked.unwrap();
        (answers[&3].steadiness, asked)
    }

    #[test]
    fn a_thing_of_its_own_is_steady_and_a_piece_moves_with_its_box() {
        let (steady, asked) = looked(filled(BOX), |_| filled(BOX));
        assert_eq!(steady, Some(1.0));
        assert_eq!(asked.len(), 4);
        for question in &asked {
            let moved = question.bbox.unwrap();
            assert!(moved.fits(SHAPE) && moved != BOX, "{moved:?}");
            assert_eq!(question.points.len(), 1, "points stay where they are");
        }
        let (moving, _) = looked(filled(BOX), |question| filled(question.bbox.unwrap()));
        let moving = moving.unwrap();
        assert!((moving - 0.74).abs() < 0.01, "{moving}");
    }

    #[test]
    fn moved_boxes_stay_on_the_slice_and_nothing_is_asked_of_nothing() {
        let corner = SliceBox {
            x0: 0,
            y0: 0,
            x1: 1,
            y1: 64,
        };
        let (steady, asked) = looked(filled(corner), |_| filled(corner));
        assert_eq!(steady, Some(1.0));
        assert_eq!(asked.len(), 3, "no box is left of the slice");
        let (none, asked) = looked(SliceMask::empty(SHAPE), |_| filled(BOX));
        assert_eq!((none, asked.len()), (None, 0));
    }
}
