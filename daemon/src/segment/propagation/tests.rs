//! Rules on volumes made up for them.

use super::testing::{SHAPE, knowing, segmented, square};
use super::*;
use medicosam_shared::mask::{SliceMask, dice};
use medicosam_shared::prompt::{Label, SliceBox};
use medicosam_shared::propagation::{MicroSam, Projection};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

fn span(slices: std::ops::Range<u32>) -> Span {
    Span {
        label: Label::MIN,
        bbox: SliceBox {
            x0: 5,
            y0: 15,
            x1: 45,
            y1: 40,
        },
        slices,
        points: BTreeMap::new(),
    }
}

/// An object that drifts to the right by a pixel a slice.
fn drifting(index: u32) -> SliceMask {
    square(10 + index, 12)
}

const RULES: [Propagation; 4] = [
    Propagation::Agreement,
    Propagation::EverySlice,
    Propagation::MiddleOut,
    Propagation::MicroSam(MicroSam {
        projection: Projection::Mask,
        stop_iou: 0.5,
        box_extension: 0.025,
    }),
];

#[test]
fn every_rule_finds_an_object_on_all_slices_of_its_box() {
    for rule in RULES {
        let mut asked = Vec::new();
        let found = segment_span(rule, &span(3..12), SHAPE, knowing(drifting, &mut asked));
        let found = found.unwrap();
        assert_eq!(
            found.keys().copied().collect::<Vec<_>>(),
            (3..12).collect::<Vec<_>>(),
            "{rule:?}"
        );
        for (&index, answer) in &found {
            assert_eq!(answer.mask, drifting(index).to_rle(), "{rule:?} {index}");
        }
        for question in &asked {
            assert!((3..12).contains(&question.index));
            assert!(question.bbox.is_none_or(|b| b.fits(SHAPE)));
        }
    }
}

#[test]
fn from_the_middle_outwards_each_box_is_that_of_the_mask_before() {
    let mut asked = Vec::new();
    let found = segment_span(
        Propagation::MiddleOut,
        &span(4..8),
        SHAPE,
        knowing(drifting, &mut asked),
    );
    assert_eq!(found.unwrap().len(), 4);
    let order: Vec<u32> = asked.iter().map(|q| q.index).collect();
    assert_eq!(order, [5, 6, 7, 4]);
    assert_eq!(asked[0].bbox, Some(span(4..8).bbox));
    // 3 pixels in 256, rounded up, are one in 64.
    let tight = drifting(5).bounds().unwrap();
    let bbox = asked[1].bbox.unwrap();
    assert_eq!((bbox.x0, bbox.x1), (tight.x0 - 1, tight.x1 + 1));
    assert_eq!(asked[3].bbox, asked[1].bbox, "down from the middle again");
}

#[test]
fn where_nothing_was_found_the_three_dimensional_box_is_asked_for_again() {
    let mut asked = Vec::new();
    let nothing = |_| SliceMask::empty(SHAPE);
    let found = segment_span(
        Propagation::MiddleOut,
        &span(4..7),
        SHAPE,
        knowing(nothing, &mut asked),
    );
    assert!(found.unwrap().values().all(|a| a.mask.area() == 0));
    assert!(asked.iter().all(|q| q.bbox == Some(span(4..7).bbox)));
}

/// Follows a drifting object that is on the slices `there`, by micro_sam's rule.
fn follow(
    seeds: &[(u32, SliceMask)],
    there: std::ops::Range<u32>,
    projection: Projection,
) -> (Vec<u32>, Vec<Question>) {
    let mut asked = Vec::new();
    let truth = move |index| match there.contains(&index) {
        true => drifting(index),
        false => SliceMask::empty(SHAPE),
    };
    let settings = MicroSam {
        projection,
        stop_iou: 0.5,
        box_extension: 0.025,
    };
    let seeds: Seeds = seeds.iter().cloned().collect();
    let mut knowing = knowing(truth, &mut asked);
    let rule = Propagation::MicroSam(settings);
    let limits = super::Limits::none(20);
    let found = super::follow(rule, &seeds, limits, |question, _| knowing(question)).unwrap();
    let found = found.answers;
    drop(knowing);
    (found.into_keys().collect(), asked)
}

#[test]
fn micro_sam_stops_at_a_mask_with_little_in_common_and_leaves_it_out() {
    for projection in Projection::ALL {
        let (found, asked) = follow(&[(8, drifting(8))], 5..13, projection);
        assert_eq!(found, [5, 6, 7, 9, 10, 11, 12], "{projection:?}");
        let last: Vec<u32> = asked.iter().map(|q| q.index).collect();
        assert_eq!(last, [7, 6, 5, 4, 9, 10, 11, 12, 13], "down, then up");
    }
}

#[test]
fn micro_sam_meets_in_the_middle_of_two_known_slices() {
    let seeds = [(4, drifting(4)), (10, drifting(10))];
    let (found, asked) = follow(&seeds, 4..11, Projection::SinglePoint);
    assert_eq!(found, [5, 6, 7, 8, 9]);
    let middle = asked.iter().find(|q| q.index == 7).unwrap();
    let (below, above) = (drifting(6), drifting(8));
    let both = SliceMask::from_fn(SHAPE, |x, y| below.get(x, y) || above.get(x, y));
    let expected = projection::question(7, &both, Projection::Points, 0.025);
    assert_eq!(
        Some(middle),
        expected.as_ref(),
        "as upstream, by points in the union of both"
    );
    let odd = follow(&[(4, drifting(4)), (7, drifting(7))], 4..8, Projection::Box);
    assert_eq!(odd.0, [5, 6]);
    let none = follow(&[(4, drifting(4)), (5, drifting(5))], 4..6, Projection::Box);
    assert_eq!(none.0, [0; 0]);
}

#[test]
fn micro_sam_stops_before_a_slice_that_was_emptied_by_hand() {
    let empty = || SliceMask::empty(SHAPE);
    let seeds = [(2, empty()), (8, drifting(8)), (10, empty())];
    let (found, asked) = follow(&seeds, 0..20, Projection::Mask);
    assert_eq!(found, [3, 4, 5, 6, 7, 9]);
    assert!(asked.iter().all(|q| (3..10).contains(&q.index)));
    assert_eq!(follow(&[(8, empty())], 0..20, Projection::Mask).0, [0; 0]);
}

/// A model that takes something larger for the object if the box has room for it: of two squares it
/// answers the large one, surely, unless the box leaves it out.
fn misled(question: &Question) -> Result<Segmented, Infallible> {
    let bbox = question.bbox.unwrap();
    let small = drifting(question.index);
    let fits = |mask: &SliceMask| {
        let b = mask.bounds().unwrap();
        let width = |b: SliceBox| f64::from(b.x1 - b.x0);
        b.x0 + 2 >= bbox.x0 && b.x1 <= bbox.x1 + 2 && width(b) / width(bbox) > 0.3
    };
    let large = square(14, 25);
    let is_misleading = question.index == 7 && fits(&large);
    Ok(match (is_misleading, fits(&small)) {
        (true, _) => segmented(large, 0.85),
        (_, true) => segmented(small, 0.8),
        _ => segmented(square(bbox.x0, 4), 0.4),
    })
}

#[test]
fn agreement_is_not_led_astray_on_one_slice() {
    let of = |rule| segment_span(rule, &span(4..10), SHAPE, misled).unwrap();
    let every = of(Propagation::EverySlice);
    assert_eq!(every[&7].mask.area(), 625, "the box has room for both");
    for (index, answer) in of(Propagation::Agreement) {
        let truth = drifting(index);
        let mask = answer.mask.to_mask(SHAPE).unwrap();
        let found = dice(
            mask.pixels().iter().copied(),
            truth.pixels().iter().copied(),
        );
        assert!(found > 0.95, "slice {index}: Dice {found}");
        assert!(answer.agreement.is_some());
    }
}

/// An object that gets smaller towards both ends, in the middle of a box that has room for something else there.
fn tapering(index: u32) -> SliceMask {
    let size = 22 - 2 * index.abs_diff(8);
    SliceMask::from_fn(SHAPE, |x, y| {
        let inside = |at: u32, centre: u32| at.abs_diff(centre) <= size / 2;
        inside(x, 24) && inside(y, 27)
    })
}

/// A model that finds the object only if the box is not much larger, and takes something else for it, fairly
/// sure, if it is. Of a smaller box it finds what lies inside.
fn finds_what_fits(question: &Question) -> Result<Segmented, Infallible> {
    let bbox = question.bbox.unwrap();
    let object = tapering(question.index);
    let bounds = object.bounds().unwrap();
    let is_around = bbox.common(bounds) == Some(bounds);
    let is_tight = bbox.x1 - bbox.x0 <= 2 * (bounds.x1 - bounds.x0);
    let part = SliceMask::from_fn(SHAPE, |x, y| {
        let is_in_box = (bbox.x0..bbox.x1).contains(&x) && (bbox.y0..bbox.y1).contains(&y);
        is_in_box && object.get(x, y)
    });
    Ok(match (is_around, is_tight) {
        (true, true) => segmented(object, 0.8),
        (true, false) => segmented(square(bbox.x0, 18), 0.75),
        (false, _) => segmented(part, 0.2),
    })
}

#[test]
fn agreement_finds_the_ends_of_an_object_from_its_middle() {
    let of = |rule| segment_span(rule, &span(3..14), SHAPE, finds_what_fits).unwrap();
    let is_right = |answer: &Answer, index: u32| answer.mask == tapering(index).to_rle();
    let every = of(Propagation::EverySlice);
    assert!(is_right(&every[&8], 8) && !is_right(&every[&3], 3) && !is_right(&every[&13], 13));
    for (index, answer) in of(Propagation::Agreement) {
        assert!(is_right(&answer, index), "slice {index}");
    }
}

#[test]
fn a_box_of_one_pixel_has_an_answer() {
    let tiny = Span {
        bbox: SliceBox {
            x0: 0,
            y0: 0,
            x1: 1,
            y1: 1,
        },
        ..span(0..3)
    };
    let mut asked = Vec::new();
    let nothing = |_| SliceMask::empty(SHAPE);
    let found = segment_span(
        Propagation::Agreement,
        &tiny,
        SHAPE,
        knowing(nothing, &mut asked),
    );
    assert_eq!(found.unwrap().len(), 3);
    assert_eq!(asked.len(), 3);
}

proptest! {
    /// Whatever the model answers, each rule ends, asks about boxes on the slice only, and answers
    /// every slice at most once with masks that fit.
    #[test]
    fn no_answer_leads_outside(
        first in 0u32..10,
        count in 2u32..8,
        seed in any::<u64>(),
        rule in 0usize..4,
    ) {
        let mut state = seed | 1;
        let mut random = move |below: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % u64::from(below)) as u32
        };
        let span = span(first..first + count);
        let mut asked = 0;
        let found = segment_span(RULES[rule], &span, SHAPE, |question| {
            asked += 1;
            assert!(span.slices.contains(&question.index));
            assert!(question.bbox.is_none_or(|b| b.fits(SHAPE)));
            let (x, size) = (random(60), random(24));
            let iou = random(100) as f32 / 100.0;
            Ok::<_, Infallible>(segmented(square(x, size), iou))
        });
        let found = found.unwrap();
        prop_assert!(found.keys().all(|index| span.slices.contains(index)));
        prop_assert!(found.values().all(|answer| answer.mask.check(SHAPE).is_ok()));
        prop_assert!(asked <= 40 * count);
    }
}
