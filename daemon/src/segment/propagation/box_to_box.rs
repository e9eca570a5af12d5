//! From the slices that a person segmented to those around them, box by box: what rules for 3-D boxes
//! do where there is none.
//!
//! On each slice the box asked about is the [`next_box`] of the mask before. It stops where micro_sam
//! does, at a mask that has little in common with the one before, and also where the model is much
//! less sure than it was: a model trained to answer every prompt finds something of the same shape
//! beyond the end of the object. Between two slices that a person segmented, both are followed to the
//! middle.

use super::next_box::next_box;
use super::{Answer, Answers, AskOf, Question, Seeds};

/// A mask whose IoU with the one before is lower than this belongs to another object, or to none.
const LEAST_IOU: f64 = 0.5;

/// A mask whose predicted IoU is below this share of the best one so far belongs to another object, or
/// to none.
const LEAST_SURE: f32 = 0.85;

/// Slices that are followed one after another, beginning beside a slice that a person segmented.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    seed: u32,
    slices: Vec<u32>,
    /// Whether the object may end on the way.
    ends: bool,
}

/// Follows an object from slice to slice.
///
/// `seeds` are masks that a person has made; an empty one says that the object is not there. `count`
/// is the number of slices. Returns the accepted answers, none of them on the slices of the seeds.
pub fn follow<E>(seeds: &Seeds, count: u32, ask: &mut AskOf<'_, E>) -> Result<Answers, E> {
    let runs = runs(seeds, count);
    let most = runs.iter().map(|run| run.slices.len() as u32).sum();
    let mut accepted = Answers::new();
    for run in &runs {
        let Some(seed) = seeds.get(&run.seed) else {
            continue;
        };
        let mut before = seed.clone();
        let mut surest = 0f32;
        for &index in &run.slices {
            // Where the mask got lost between two that are known, begin again with the first box.
            let Some(bbox) = next_box(&before).or_else(|| next_box(seed)) else {
                break;
            };
            let answer = ask(&Question::of_box(index, bbox, &[]), most)?;
            surest = surest.max(answer.predicted_iou);
            let has_ended = answer.mask.area() == 0
                || answer.predicted_iou < LEAST_SURE * surest
                || before.to_rle().iou(&answer.mask.to_rle()) < LEAST_IOU;
            if run.ends && has_ended {
                break;
            }
            accepted.insert(index, Answer::from(&answer));
            before = answer.mask;
        }
    }
    Ok(accepted)
}

/// Which slices are followed from where.
fn runs(seeds: &Seeds, count: u32) -> Vec<Run> {
    let mut runs = Vec::new();
    let is_there = |index: u32| seeds.get(&index).is_some_and(|mask| mask.area() > 0);
    let mut run = |seed, slices: Vec<u32>, ends| {
        if is_there(seed) && !slices.is_empty() {
            runs.push(Run { seed, slices, ends });
        }
    };
    let (Some((&first, _)), Some((&last, _))) = (seeds.first_key_value(), seeds.last_key_value())
    else {
        return runs;
    };
    run(first, (0..first).rev().collect(), true);
    run(last, (last + 1..count).collect(), true);
    for (&a, &b) in seeds.keys().zip(seeds.keys().skip(1)) {
        match (is_there(a), is_there(b)) {
            (true, true) => {
                let middle = (a + b) / 2;
                run(a, (a + 1..=middle).collect(), false);
                run(b, (middle + 1..b).rev().collect(), false);
            }
            _ => {
                run(a, (a + 1..b).collect(), true);
                run(b, (a + 1..b).rev().collect(), true);
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SHAPE, segmented, square};
    use super::*;
    use medicosam_shared::mask::SliceMask;
    use std::convert::Infallible;

    /// An object that drifts to the right by one pixel a slice, and is on the slices `there`.
    fn followed(seeds: &[(u32, SliceMask)], there: std::ops::Range<u32>) -> Vec<u32> {
        let seeds = seeds.iter().cloned().collect();
        let mut boxes = Vec::new();
        let found = follow(&seeds, 20, &mut |question, most| {
            let (index, bbox) = (question.index, question.bbox.unwrap());
            assert!((boxes.len() as u32) < most && bbox.fits(SHAPE));
            boxes.push(index);
            let mask = if there.contains(&index) {
                square(10 + index, 12)
            } else {
                SliceMask::empty(SHAPE)
            };
            Ok::<_, Infallible>(segmented(mask, 0.9))
        });
        let found = found.unwrap();
        assert!(found.keys().all(|index| boxes.contains(index)));
        found.into_keys().collect()
    }

    #[test]
    fn an_object_is_followed_to_its_ends_and_no_further() {
        let from = |seed: u32| followed(&[(seed, square(10 + seed, 12))], 5..13);
        assert_eq!(from(8), [5, 6, 7, 9, 10, 11, 12]);
        assert_eq!(from(5), [6, 7, 8, 9, 10, 11, 12]);
    }

    #[test]
    fn between_two_slices_that_are_known_nothing_is_left_out() {
        let seeds = [(4, square(14, 12)), (9, square(19, 12))];
        // The model finds nothing on 6 to 8; the person who drew both ends knows better.
        assert_eq!(followed(&seeds, 2..6), [2, 3, 5, 6, 7, 8]);
    }

    #[test]
    fn a_slice_that_was_emptied_by_hand_is_an_end() {
        let seeds = [(8, square(18, 12)), (10, SliceMask::empty(SHAPE))];
        assert_eq!(followed(&seeds, 5..15), [5, 6, 7, 9]);
        assert_eq!(followed(&[(8, SliceMask::empty(SHAPE))], 0..20), [0; 0]);
    }

    #[test]
    fn where_the_model_is_much_less_sure_the_object_has_ended() {
        let seeds = [(8, square(18, 12))].into();
        let found = follow(&seeds, 20, &mut |question, _| {
            let sure = if question.index > 12 { 0.7 } else { 0.9 };
            Ok::<_, Infallible>(segmented(square(10 + question.index, 12), sure))
        });
        let found: Vec<u32> = found.unwrap().into_keys().collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
    }

    #[test]
    fn a_mask_that_jumps_is_not_followed() {
        let seeds = [(8, square(2, 12))].into();
        let found = follow(&seeds, 20, &mut |_, _| {
            Ok::<_, Infallible>(segmented(square(40, 12), 0.9))
        });
        assert_eq!(found.unwrap(), Answers::new());
    }
}
