//! Our rule for a 3-D box: many boxes, and the masks that agree.
//!
//! An object seldom fills the rectangle of its 3-D box on a slice, and a model that was trained on
//! tight boxes then takes something larger for it. Boxes that come from the mask on the slice before
//! are tight, but an error on one slice spreads to all that follow. So neither is trusted:
//!
//! 1. On each slice the model answers boxes of several places and sizes inside the 3-D box
//!    ([`boxes_inside`]). Its predicted IoU is higher where a box fits something.
//! 2. Of the masks on all slices those are chosen that have the largest sum of predicted IoUs, and of
//!    IoUs of neighbours, weighted ([`best_chain`]). So a slice cannot lead astray those that follow.
//! 3. The boxes of these masks, a little larger, are asked about on their own slice and on both
//!    neighbours, and the choice is made again; twice.
//! 4. The masks on a slice that have most in common with the chosen one, whose boxes differ a little,
//!    vote on each pixel.
//!
//! The constants come from considerations, not from fitting. One was too large: with a weight of 0.3, neighbours
//! that agreed on something else outvoted the right mask (a tumour of the brain: 0.48 instead of 0.66). From 0 to 0.15
//! it hardly matters on ten objects.

use super::chain::best_chain;
use super::lattice::{boxes_inside, is_worth_asking};
use super::next_box::margin;
use super::{Answer, Answers, Ask, Question, Rule, Span};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::prompt::SliceBox;

/// The weight of the IoU of two neighbours, beside the predicted IoU of each.
const NEIGHBOURS: f64 = 0.1;

/// What an empty mask costs: more than any other choice on all slices around it can make up for.
const EMPTY_PENALTY: f64 = 10.0;

/// How often boxes are made of the masks chosen so far.
const ROUNDS: usize = 2;

/// Masks that have at least this IoU with the chosen one are other answers to the same question.
const SAME_OBJECT: f64 = 0.7;

/// Boxes that have at least this IoU are much alike.
const SIMILAR_BOX: f64 = 0.6;

/// The answer to a box on a slice.
#[derive(Debug, Clone)]
struct Hypothesis {
    bbox: SliceBox,
    mask: Rle,
    bounds: Option<SliceBox>,
    predicted_iou: f32,
    stability: f32,
}

/// Segments an object on all slices of its 3-D box.
pub struct Agreement;

impl<E> Rule<E> for Agreement {
    fn segment_span(
        &self,
        span: &Span,
        shape: SliceShape,
        ask: &mut Ask<'_, E>,
    ) -> Result<Answers, E> {
        let mut consider = |slice: &mut Vec<Hypothesis>, index: u32, bbox: SliceBox| {
            if slice.iter().any(|h| h.bbox == bbox) {
                return Ok(());
            }
            let answer = ask(&Question::of_box(index, bbox, span.points(index)))?;
            slice.push(Hypothesis {
                bbox,
                mask: answer.mask.to_rle(),
                bounds: answer.mask.bounds(),
                predicted_iou: answer.predicted_iou,
                stability: answer.stability,
            });
            Ok(())
        };
        let mut slices: Vec<Vec<Hypothesis>> = Vec::new();
        for index in span.slices.clone() {
            let mut slice = Vec::new();
            for bbox in boxes_inside(span.bbox) {
                consider(&mut slice, index, bbox)?;
            }
            slices.push(slice);
        }
        let mut chosen = choose(&slices);
        for _ in 0..ROUNDS {
            let bounds: Vec<Option<SliceBox>> = slices
                .iter()
                .zip(&chosen)
                .map(|(slice, &at)| slice[at].bounds)
                .collect();
            for (at, index) in span.slices.clone().enumerate() {
                let own = bounds[at].map(|b| b.enlarged(1, shape));
                let around = [at.checked_sub(1), Some(at), Some(at + 1)];
                let around = around.into_iter().flatten();
                let around = around.filter_map(|at| bounds.get(at).copied().flatten());
                let around = around.map(|b| b.enlarged(margin(shape), shape));
                for bbox in own.into_iter().chain(around) {
                    if let Some(bbox) = bbox.common(span.bbox).filter(|&b| is_worth_asking(b)) {
                        consider(&mut slices[at], index, bbox)?;
                    }
                }
            }
            chosen = choose(&slices);
        }
        let answers = span.slices.clone().zip(slices.iter().zip(&chosen));
        Ok(answers
            .map(|(index, (slice, &at))| (index, vote(slice, &slice[at], shape)))
            .collect())
    }
}

/// The hypothesis to take on each slice.
fn choose(slices: &[Vec<Hypothesis>]) -> Vec<usize> {
    // The object is on every slice of its 3-D box: an empty mask is only taken if there is no other.
    let worth = |h: &Hypothesis| match h.bounds {
        Some(_) => f64::from(h.predicted_iou),
        None => f64::from(h.predicted_iou) - EMPTY_PENALTY,
    };
    let worths: Vec<Vec<f64>> = slices
        .iter()
        .map(|slice| slice.iter().map(worth).collect())
        .collect();
    best_chain(&worths, |slice, before, here| {
        let (before, here) = (&slices[slice - 1][before], &slices[slice][here]);
        NEIGHBOURS * before.mask.iou(&here.mask)
    })
}

/// The pixels that most of the masks have that are much like the chosen one, each with the weight of
/// its predicted IoU.
fn vote(slice: &[Hypothesis], chosen: &Hypothesis, shape: SliceShape) -> Answer {
    let mut votes = vec![0f32; shape.pixels()];
    let mut all = 0f32;
    for voter in slice {
        if voter.mask.iou(&chosen.mask) < SAME_OBJECT {
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
