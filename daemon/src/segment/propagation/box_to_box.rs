//! From the slices that a person segmented to those around them, box by box: what rules for 3-D boxes
//! do where there is none.
//!
//! On each slice the box asked about is the [`next_box`] of the mask before. It stops where micro_sam
//! does, at a mask that has little in common with the one before, and also where the model is much
//! less sure than it was: a model trained to answer every prompt finds something of the same shape
//! beyond the end of the object. Between two slices that a person segmented, both are followed to the
//! middle.

use super::next_box::next_box;
use super::{Answer, AskOf, Followed, Limits, Question, Seeds};
use crate::model::Segmented;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::propagation_report::{Way, WayEnd};

/// A mask whose IoU with the one before is lower than this belongs to another object, or to none.
const LEAST_IOU: f64 = 0.5;

/// A mask whose predicted IoU is below this share of the best one so far belongs to another object, or
/// to none.
const LEAST_SURE: f32 = 0.85;

/// Slices that are followed one after another, beginning beside a slice that a person segmented.
#[derive(Debug, PartialEq)]
struct Run {
    seed: u32,
    slices: Vec<u32>,
    /// Whether the object may end on the way.
    ends: bool,
    /// Why it goes no farther than the last of the slices.
    last: WayEnd,
}

/// Follows an object from slice to slice, as far as `limits` says.
///
/// `seeds` are masks that a person has made; an empty one says that the object is not there. None of
/// the accepted answers is on the slices of the seeds.
pub fn follow<E>(seeds: &Seeds, limits: Limits, ask: &mut AskOf<'_, E>) -> Result<Followed, E> {
    let runs = runs(seeds, limits);
    let most = runs.iter().map(|run| run.slices.len() as u32).sum();
    let mut followed = Followed::default();
    for run in &runs {
        let Some(seed) = seeds.get(&run.seed) else {
            continue;
        };
        let mut before = seed.clone();
        let mut surest = 0f32;
        let mut way = Way {
            from: run.seed,
            to: None,
            end: run.last,
        };
        for &index in &run.slices {
            // Where the mask got lost between two that are known, begin again with the first box.
            let Some(bbox) = next_box(&before).or_else(|| next_box(seed)) else {
                break;
            };
            let answer = ask(&Question::of_box(index, bbox, &[]), most)?;
            surest = surest.max(answer.predicted_iou);
            let ended = ended(index, &before, &answer, LEAST_SURE * surest);
            if let Some(end) = ended.filter(|_| run.ends) {
                if !limits.passes(index) {
                    way.end = end;
                    break;
                }
                // From here on that is as sure as the model is of this object.
                surest = answer.predicted_iou;
            }
            if limits.slices.contains(index) {
                followed.answers.insert(index, Answer::from(&answer));
                way.to = Some(index);
            }
            before = answer.mask;
        }
        followed.ways.push(way);
    }
    Ok(followed)
}

/// Why the object seems to have ended with the mask `before`, if it does.
fn ended(index: u32, before: &SliceMask, answer: &Segmented, least_sure: f32) -> Option<WayEnd> {
    let at = index;
    let iou = before.to_rle().iou(&answer.mask.to_rle());
    if answer.mask.area() == 0 {
        Some(WayEnd::Nothing { at })
    } else if answer.predicted_iou < least_sure {
        Some(WayEnd::Unsure {
            at,
            score: answer.predicted_iou,
            least: least_sure,
        })
    } else if iou < LEAST_IOU {
        Some(WayEnd::Unlike {
            at,
            iou: iou as f32,
            least: LEAST_IOU as f32,
        })
    } else {
        None
    }
}

/// Which slices are followed from where.
fn runs(seeds: &Seeds, limits: Limits) -> Vec<Run> {
    let mut runs = Vec::new();
    let is_there = |index: u32| seeds.get(&index).is_some_and(|mask| mask.area() > 0);
    let mut run = |seed, way: Vec<u32>, ends, last| {
        let (slices, is_cut) = limits.cut(way);
        if is_there(seed) {
            runs.push(Run {
                seed,
                slices,
                ends,
                last: if is_cut { WayEnd::Range } else { last },
            });
        }
    };
    let (Some((&first, _)), Some((&last, _))) = (seeds.first_key_value(), seeds.last_key_value())
    else {
        return runs;
    };
    run(first, (0..first).rev().collect(), true, WayEnd::Edge);
    run(last, (last + 1..limits.count).collect(), true, WayEnd::Edge);
    for (&a, &b) in seeds.keys().zip(seeds.keys().skip(1)) {
        // Neighbours have nothing between them.
        if b == a + 1 {
            continue;
        }
        match (is_there(a), is_there(b)) {
            (true, true) => {
                let middle = (a + b) / 2;
                run(a, (a + 1..=middle).collect(), false, WayEnd::Met);
                run(b, (middle + 1..b).rev().collect(), false, WayEnd::Met);
            }
            _ => {
                run(a, (a + 1..b).collect(), true, WayEnd::Met);
                run(b, (a + 1..b).rev().collect(), true, WayEnd::Met);
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SHAPE, segmented, square};
    use super::*;
    use medicosam_shared::draft::Slices;
    use std::convert::Infallible;

    /// An object that drifts to the right by one pixel a slice, and is on the slices `there`.
    fn followed(seeds: &[(u32, SliceMask)], there: std::ops::Range<u32>) -> Vec<u32> {
        let seeds = seeds.iter().cloned().collect();
        let mut boxes = Vec::new();
        let found = follow(&seeds, Limits::none(20), &mut |question, most| {
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
        let found = found.unwrap().answers;
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
        let found = follow(&seeds, Limits::none(20), &mut |question, _| {
            let sure = if question.index > 12 { 0.7 } else { 0.9 };
            Ok::<_, Infallible>(segmented(square(10 + question.index, 12), sure))
        });
        let found = found.unwrap();
        let end = found.ways[1].end;
        assert_eq!(end.to_string(), "stopped at 13: score 0.70 of 0.76");
        let found: Vec<u32> = found.answers.into_keys().collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
    }

    #[test]
    fn a_mask_that_jumps_is_not_followed() {
        let seeds = [(8, square(2, 12))].into();
        let found = follow(&seeds, Limits::none(20), &mut |_, _| {
            Ok::<_, Infallible>(segmented(square(40, 12), 0.9))
        });
        let found = found.unwrap();
        assert!(found.answers.is_empty());
        assert!(matches!(found.ways[0].end, WayEnd::Unlike { at: 7, .. }));
    }

    #[test]
    fn a_range_bounds_it_and_force_goes_through_a_stop() {
        let follow = |slices, force| {
            let seeds = [(8, square(18, 12))].into();
            let limits = Limits {
                count: 20,
                slices,
                force,
                through: None,
            };
            let found = follow(&seeds, limits, &mut |question, _| {
                let sure = if question.index > 9 { 0.7 } else { 0.9 };
                Ok::<_, Infallible>(segmented(square(10 + question.index, 12), sure))
            });
            let found = found.unwrap();
            let ends: Vec<String> = found.ways.iter().map(|way| way.to_string()).collect();
            (found.answers.into_keys().collect::<Vec<u32>>(), ends)
        };
        let (found, ends) = follow(Slices::Within(6, 12), false);
        assert_eq!(found, [6, 7, 9]);
        assert_eq!(ends[0], "8 → 6, to the end of the range");
        assert!(ends[1].contains("8 → 9, stopped at 10"), "{ends:?}");
        let (found, ends) = follow(Slices::Within(6, 12), true);
        assert_eq!(found, [6, 7, 9, 10, 11, 12]);
        assert_eq!(ends[1], "8 → 12, to the end of the range");
        let (found, _) = follow(Slices::Within(11, 12), true);
        assert_eq!(found, [11, 12], "those on the way stay as they are");
    }

    #[test]
    fn through_one_stop_it_goes_up_to_the_next() {
        let seeds = [(8, square(18, 12))].into();
        let limits = Limits {
            through: Some((8, 10)),
            ..Limits::none(20)
        };
        let found = follow(&seeds, limits, &mut |question, _| {
            let sure = match question.index {
                0..=9 => 0.9,
                10..=12 => 0.7,
                _ => 0.5,
            };
            Ok::<_, Infallible>(segmented(square(10 + question.index, 12), sure))
        });
        let up = found.unwrap().ways.pop().unwrap();
        assert_eq!(up.to, Some(12));
        assert!(matches!(up.end, WayEnd::Unsure { at: 13, .. }), "{up}");
    }
}
