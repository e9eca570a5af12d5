//! A point corrects the mask that is there.
//!
//! A promptable model answers points alone as if there were no mask: a click on a good mask would
//! replace it by something else. So points on a slice that has a mask ask about that mask ([`ask`]),
//! and of the answer only what they point at is taken ([`refine`]): a point on the object adds the
//! part of the answer that it lies in, one outside takes away the part of the mask that it lies in.
//! A part that is large beside the mask is taken near the point only ([`refined`]): one click that changes half
//! of an object is more often an answer about something else. All else of the slice stays. `medicosamd eval --protocol corrections` measures it; what was tried
//! besides is in `docs/models.md`.

use super::components;
use crate::model::{Candidates, Embedding, LowResLogits, Sam, SamError, Segmented};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{SliceBox, SlicePoint, SlicePrompt};

/// A change by one point that is larger than this share of the mask is taken near the point only.
const LARGE: f64 = 0.4;

/// How far such a change reaches, in distances of the point from the edge of the mask.
const REACH: f64 = 2.0;

/// What there is at a place before it is corrected.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    /// Its mask.
    pub mask: &'a SliceMask,
    /// Points of people that were there before, and are not drawn now.
    pub points: &'a [SlicePoint],
    /// The answer that what is drawn adds points to, if it made the mask.
    pub continues: Option<Continued<'a>>,
}

/// An answer to the same box with fewer points.
#[derive(Debug, Clone, Copy)]
pub struct Continued<'a> {
    /// Its logits, if they are known.
    pub logits: Option<&'a LowResLogits>,
}

/// The answer to a prompt of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What the model was asked.
    pub asked: SlicePrompt,
    /// The masks to choose from.
    pub offered: Candidates,
}

/// Why a prompt of a person has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// There is nothing that it could be about.
    #[error("only points outside the object are drawn, and there is no mask")]
    NothingToCorrect,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] SamError),
}

/// Has the model answer a prompt of a person on an embedded slice.
pub fn answer(
    sam: &mut Sam,
    embedding: &Embedding,
    drawn: &SlicePrompt,
    present: Present<'_>,
) -> Result<Answered, CorrectionError> {
    let mut answered = match ask(drawn, present)? {
        Asked::Corrects(prompt) => corrected(sam, embedding, (drawn, prompt), present)?,
        Asked::AsDrawn => as_drawn(sam, embedding, drawn, present)?,
    };
    let model = sam.model();
    if model.understands().several && model.family().has_several(drawn, false) {
        answered.offered.leave_out_poor();
    } else {
        // The first is the answer then, and the others are noise.
        answered.offered.masks.truncate(1);
        answered.offered.best = 0;
    }
    Ok(answered)
}

/// The answer to points about the mask that is there.
fn corrected(
    sam: &mut Sam,
    embedding: &Embedding,
    (drawn, asked): (&SlicePrompt, SlicePrompt),
    present: Present<'_>,
) -> Result<Answered, CorrectionError> {
    let points = &drawn.points;
    let offered = sam.candidates(embedding, &asked, None)?;
    let offered = refine(points, present.mask, offered);
    let model = sam.model();
    if does_as_told(points, &offered) || !model.understands().masks {
        return Ok(Answered { asked, offered });
    }
    // The box holds it back: without one, from the mask itself.
    let start = sam.start_from(embedding, present.mask);
    let freely = SlicePrompt {
        bbox: None,
        ..asked.clone()
    };
    let second = sam.candidates(embedding, &freely, Some(&start))?;
    let second = refine(points, present.mask, second);
    Ok(match does_as_told(points, &second) {
        true => Answered {
            asked: freely,
            offered: second,
        },
        false => Answered { asked, offered },
    })
}

/// The answer to what is drawn, whatever is there.
fn as_drawn(
    sam: &mut Sam,
    embedding: &Embedding,
    drawn: &SlicePrompt,
    present: Present<'_>,
) -> Result<Answered, CorrectionError> {
    let takes_masks = sam.model().understands().masks;
    let logits = present.continues.and_then(|answer| answer.logits);
    // Those of another picture lie elsewhere.
    let logits = logits.filter(|logits| takes_masks && logits.view == embedding.view);
    let mut offered = sam.candidates(embedding, drawn, logits)?;
    if present.continues.is_some() {
        offered = refine(&drawn.points, present.mask, offered);
    }
    Ok(Answered {
        asked: drawn.clone(),
        offered,
    })
}

/// Whether the best of the masks is as all points say.
fn does_as_told(points: &[SlicePoint], offered: &Candidates) -> bool {
    let best = offered.masks.get(offered.best);
    best.is_some_and(|best| points.iter().all(|p| best.mask.get(p.x, p.y) == p.positive))
}

/// What becomes of a prompt of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is asked as it was drawn.
    AsDrawn,
    /// It corrects the mask that is there, and this is asked.
    Corrects(SlicePrompt),
}

/// What is to be asked for a prompt that a person drew. A drawn box counts as it was drawn, and so does
/// everything where there is no mask. Points alone take along the box of the mask, large enough for all
/// points on the object, and the earlier points that the mask agrees with.
pub fn ask(drawn: &SlicePrompt, present: Present<'_>) -> Result<Asked, CorrectionError> {
    let bounds = present.mask.bounds();
    if bounds.is_none() && drawn.only_takes_away() {
        return Err(CorrectionError::NothingToCorrect);
    }
    let Some(bounds) = bounds.filter(|_| drawn.bbox.is_none() && !drawn.points.is_empty()) else {
        return Ok(Asked::AsDrawn);
    };
    let is_drawn = |point: &SlicePoint| {
        drawn
            .points
            .iter()
            .any(|p| (p.x, p.y) == (point.x, point.y))
    };
    let agrees = |point: &SlicePoint| present.mask.get(point.x, point.y) == point.positive;
    let earlier = present
        .points
        .iter()
        .filter(|point| agrees(point) && !is_drawn(point));
    let points: Vec<SlicePoint> = earlier.chain(&drawn.points).copied().collect();
    Ok(Asked::Corrects(SlicePrompt {
        bbox: Some(around(bounds, &points)),
        points,
        ..SlicePrompt::nothing(drawn.place())
    }))
}

/// The box with all points that are on the object.
fn around(bounds: SliceBox, points: &[SlicePoint]) -> SliceBox {
    let on_object = points.iter().filter(|point| point.positive);
    on_object.fold(bounds, |b, p| SliceBox {
        x0: b.x0.min(p.x),
        y0: b.y0.min(p.y),
        x1: b.x1.max(p.x + 1),
        y1: b.y1.max(p.y + 1),
    })
}

/// Takes of each mask that is offered what the drawn points point at, best first: those that do as most
/// points say, of them those that could be taken as they are, and of them those most like the mask that is there.
pub fn refine(drawn: &[SlicePoint], present: &SliceMask, offered: Candidates) -> Candidates {
    let before = present.to_rle();
    let mut ranked: Vec<Ranked> = offered
        .masks
        .into_iter()
        .map(|answer| {
            let (mask, is_whole) = refined(drawn, present, &answer.mask);
            let agree = drawn.iter().filter(|p| mask.get(p.x, p.y) == p.positive);
            Ranked {
                agreeing: agree.count(),
                is_whole,
                likeness: before.iou(&mask.to_rle()),
                answer: Segmented { mask, ..answer },
            }
        })
        .collect();
    // Stable: of equals the model's first comes first.
    ranked.sort_by(|a, b| {
        let first = (b.agreeing, b.is_whole).cmp(&(a.agreeing, a.is_whole));
        first.then(b.likeness.total_cmp(&a.likeness))
    });
    let most = ranked.first().map_or(0, |first| first.agreeing);
    ranked.retain(|ranked| ranked.agreeing == most);
    let mut masks: Vec<Segmented> = Vec::new();
    for Ranked { answer, .. } in ranked {
        if masks.iter().all(|other| other.mask != answer.mask) {
            masks.push(answer);
        }
    }
    Candidates { masks, best: 0 }
}

/// An answer after [`refined`], and what it is ranked by.
struct Ranked {
    /// How many points the mask does as told.
    agreeing: usize,
    /// See [`refined`].
    is_whole: bool,
    /// Its IoU with the mask that was there.
    likeness: f64,
    answer: Segmented,
}

/// A mask with the parts of an answer that the points point at, and whether these are whole. If none of the points
/// says that the mask is wrong, or the answer follows none of them, there is nothing to pick from it: where all
/// points agree with the mask it is the whole answer, else the mask as it is.
fn refined(drawn: &[SlicePoint], present: &SliceMask, answer: &SliceMask) -> (SliceMask, bool) {
    let wrong: Vec<&SlicePoint> = drawn
        .iter()
        .filter(|p| present.get(p.x, p.y) != p.positive)
        .collect();
    if wrong.is_empty() {
        return (answer.clone(), true);
    }
    let (mut mask, mut is_whole) = (present.clone(), true);
    for positive in [true, false] {
        let points = wrong.iter().filter(|point| point.positive == positive);
        let points: Vec<(u32, u32)> = points.map(|point| (point.x, point.y)).collect();
        let differs = SliceMask::from_fn(present.shape(), |x, y| {
            present.get(x, y) != positive && answer.get(x, y) == positive
        });
        for part in components(&differs) {
            let is_large = part.area() as f64 > LARGE * present.area() as f64;
            for &at in points.iter().filter(|&&(x, y)| part.get(x, y)) {
                let reach = match is_large {
                    true => REACH * distance_to_edge(at, present),
                    false => f64::INFINITY,
                };
                is_whole &= !is_large;
                mask = SliceMask::from_fn(mask.shape(), |x, y| {
                    match part.get(x, y) && distance(at, (x, y)) <= reach {
                        true => positive,
                        false => mask.get(x, y),
                    }
                });
            }
        }
    }
    (mask, is_whole)
}

/// How far a pixel is from the nearest one on the other side of the edge of a mask.
fn distance_to_edge(at: (u32, u32), mask: &SliceMask) -> f64 {
    let SliceShape { width, height } = mask.shape();
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let is_inside = mask.get(at.0, at.1);
    all.filter(|&(x, y)| mask.get(x, y) != is_inside)
        .map(|pixel| distance(at, pixel))
        .fold(f64::INFINITY, f64::min)
}

fn distance(a: (u32, u32), b: (u32, u32)) -> f64 {
    f64::from(a.0.abs_diff(b.0)).hypot(f64::from(a.1.abs_diff(b.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::propagation::testing::segmented;
    use medicosam_shared::place::{Label, Place};
    use proptest::prelude::*;

    const SHAPE: SliceShape = SliceShape {
        width: 16,
        height: 12,
    };

    fn point(x: u32, y: u32, positive: bool) -> SlicePoint {
        SlicePoint { x, y, positive }
    }

    fn columns(of: std::ops::Range<u32>) -> SliceMask {
        SliceMask::from_fn(SHAPE, |x, y| of.contains(&x) && (2..8).contains(&y))
    }

    fn drawn(points: &[SlicePoint]) -> SlicePrompt {
        SlicePrompt {
            points: points.to_vec(),
            ..SlicePrompt::nothing(Place::new(Label::MIN, 3))
        }
    }

    #[test]
    fn points_alone_ask_about_the_mask_that_is_there() {
        let mask = columns(3..7);
        let present = Present {
            mask: &mask,
            points: &[point(4, 4, true), point(5, 5, false), point(0, 0, false)],
            continues: None,
        };
        let clicked = drawn(&[point(9, 4, true)]);
        let Ok(Asked::Corrects(asked)) = ask(&clicked, present) else {
            panic!("it corrects")
        };
        let bbox = asked.bbox.unwrap();
        assert_eq!((bbox.x0, bbox.x1, bbox.y0, bbox.y1), (3, 10, 2, 8));
        let expected = [point(4, 4, true), point(0, 0, false), point(9, 4, true)];
        assert_eq!(asked.points, expected, "(5, 5) is in the mask now");

        let with_box = SlicePrompt {
            bbox: Some(bbox),
            ..clicked
        };
        assert_eq!(ask(&with_box, present).unwrap(), Asked::AsDrawn);
    }

    #[test]
    fn where_there_is_no_mask_points_must_be_on_the_object() {
        let mask = SliceMask::empty(SHAPE);
        let present = Present {
            mask: &mask,
            points: &[],
            continues: None,
        };
        let refused = ask(&drawn(&[point(1, 1, false)]), present);
        assert!(matches!(refused, Err(CorrectionError::NothingToCorrect)));
        let both = drawn(&[point(1, 1, false), point(2, 2, true)]);
        assert_eq!(ask(&both, present).unwrap(), Asked::AsDrawn);
    }

    fn refine_to(points: &[SlicePoint], present: &SliceMask, answers: &[SliceMask]) -> Candidates {
        let masks = answers.iter().map(|mask| segmented(mask.clone(), 0.9));
        let offered = Candidates {
            masks: masks.collect(),
            best: 0,
        };
        refine(points, present, offered)
    }

    #[test]
    fn only_what_is_pointed_at_is_taken() {
        let present = columns(3..11);
        // The answer moves to the right: it adds 11 to 13 and would lose 3 and 4.
        let answer = columns(5..14);
        let added = refine_to(
            &[point(12, 4, true)],
            &present,
            std::slice::from_ref(&answer),
        );
        assert_eq!(added.masks[0].mask, columns(3..14));
        let taken = refine_to(
            &[point(3, 4, false)],
            &present,
            std::slice::from_ref(&answer),
        );
        assert_eq!(taken.masks[0].mask, columns(5..11));
        let both = [point(3, 4, false), point(12, 4, true)];
        assert_eq!(
            refine_to(&both, &present, &[answer]).masks[0].mask,
            columns(5..14)
        );
    }

    #[test]
    fn of_a_change_that_is_large_beside_the_mask_only_what_is_near_is_taken() {
        let present = columns(2..14);
        // Nearly all would go, for a point beside the right edge.
        let answer = columns(2..4);
        let taken = refine_to(
            &[point(12, 4, false)],
            &present,
            std::slice::from_ref(&answer),
        );
        let mask = &taken.masks[0].mask;
        assert!(!mask.get(12, 4) && !mask.get(13, 4) && !mask.get(8, 4));
        assert!(mask.get(7, 4), "{} pixels left", mask.area());
        // A third of the mask goes as a whole.
        let answer = columns(2..10);
        let taken = refine_to(
            &[point(12, 4, false)],
            &present,
            std::slice::from_ref(&answer),
        );
        assert_eq!(taken.masks[0].mask, answer);
    }

    #[test]
    fn of_several_masks_the_one_that_does_as_told_and_changes_least_is_taken() {
        let present = columns(1..7);
        let offered = [columns(0..1), columns(1..16), columns(1..9), columns(1..9)];
        let refined = refine_to(&[point(8, 4, true)], &present, &offered);
        let areas: Vec<u64> = refined.masks.iter().map(|m| m.mask.area()).collect();
        assert_eq!(
            (refined.best, areas),
            (0, vec![48, 66]),
            "the same one only once"
        );
    }

    proptest! {
        /// A point on the object never takes anything away, one outside never adds anything.
        #[test]
        fn a_point_changes_nothing_against_its_sense(
            bits in prop::collection::vec(any::<bool>(), 192),
            other in prop::collection::vec(any::<bool>(), 192),
            x in 0u32..16, y in 0u32..12,
        ) {
            let present = SliceMask::from_pixels(SHAPE, bits).unwrap();
            let answer = SliceMask::from_pixels(SHAPE, other).unwrap();
            let wrong = point(x, y, !present.get(x, y));
            let found = refine_to(&[wrong], &present, &[answer]).masks.remove(0).mask;
            for y in 0..SHAPE.height {
                for x in 0..SHAPE.width {
                    if found.get(x, y) != present.get(x, y) {
                        prop_assert_eq!(found.get(x, y), wrong.positive);
                    }
                }
            }
        }
    }
}
