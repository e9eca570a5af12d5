//! From a mask to the prompts on the next slice, as micro_sam's `prompt_based_segmentation.py` does
//! it (`segment_from_mask`).

use super::distance::{Field, distance_to_boundary, smoothed};
use super::{Choice, Question};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{SliceBox, SlicePoint};
use medicosam_shared::propagation::Projection;

/// Smallest distance between two positive points, in pixels.
const BETWEEN_INNER: usize = 3;

/// Smallest distance between two negative points.
const BETWEEN_OUTER: usize = 5;

/// The question about slice `index` after `mask` on the slice before; `None` for an empty mask.
pub fn question(
    index: u32,
    mask: &SliceMask,
    projection: Projection,
    box_extension: f64,
) -> Option<Question> {
    let bbox = box_around(mask, box_extension)?;
    let (with_box, with_mask, points) = match projection {
        Projection::Box => (true, false, Vec::new()),
        Projection::Mask => (true, true, Vec::new()),
        Projection::Points => (false, false, points_of(mask, bbox)),
        Projection::PointsAndMask => (false, true, points_of(mask, bbox)),
        Projection::SinglePoint => (false, false, vec![innermost_in(mask, bbox)]),
    };
    Some(Question {
        index,
        bbox: with_box.then_some(bbox),
        points,
        mask: with_mask.then(|| mask.clone()),
        choice: Choice::First,
    })
}

/// The box around a mask, larger by `extension` on each side: pixels from 1, below 1 a fraction of
/// the box's side. Corners are rounded, halves to even numbers.
fn box_around(mask: &SliceMask, extension: f64) -> Option<SliceBox> {
    let tight = mask.bounds()?;
    let SliceShape { width, height } = mask.shape();
    let side = |from: u32, to: u32, limit: u32| {
        let by = if extension >= 1.0 {
            extension
        } else {
            extension * f64::from(to - from)
        };
        let low = (f64::from(from) - by).max(0.0).round_ties_even();
        let high = (f64::from(to) + by).min(f64::from(limit)).round_ties_even();
        (low as u32, high as u32)
    };
    let (x0, x1) = side(tight.x0, tight.x1, width);
    let (y0, y1) = side(tight.y0, tight.y1, height);
    Some(SliceBox { x0, y0, x1, y1 })
}

/// Distances from the object's boundary, inside or outside, in the part of the mask that `bbox` cuts
/// out.
fn distances(mask: &SliceMask, bbox: SliceBox) -> (Field<bool>, Field<f32>) {
    let (width, height) = ((bbox.x1 - bbox.x0) as usize, (bbox.y1 - bbox.y0) as usize);
    let part = Field::from_fn(width, height, |x, y| {
        mask.get(bbox.x0 + x as u32, bbox.y0 + y as u32)
    });
    let distances = smoothed(&distance_to_boundary(&part));
    (part, distances)
}

/// The distances where the part is `inside`, 0 elsewhere.
fn only(part: &Field<bool>, distances: &Field<f32>, inside: bool) -> Field<f32> {
    Field::from_fn(part.width(), part.height(), |x, y| {
        if part.at(x, y) == inside {
            distances.at(x, y)
        } else {
            0.0
        }
    })
}

fn point(bbox: SliceBox, (x, y): (usize, usize), positive: bool) -> SlicePoint {
    SlicePoint {
        x: bbox.x0 + x as u32,
        y: bbox.y0 + y as u32,
        positive,
    }
}

/// The pixel that lies farthest inside a mask; `None` if that is empty.
pub fn innermost(mask: &SliceMask) -> Option<SlicePoint> {
    Some(innermost_in(mask, box_around(mask, 1.0)?))
}

/// The same, where only a part of the mask is looked at.
fn innermost_in(mask: &SliceMask, bbox: SliceBox) -> SlicePoint {
    let (part, distances) = distances(mask, bbox);
    point(bbox, only(&part, &distances, true).largest(), true)
}

/// All pixels that lie farther inside, or farther outside, than those around them.
fn points_of(mask: &SliceMask, bbox: SliceBox) -> Vec<SlicePoint> {
    let (part, distances) = distances(mask, bbox);
    let inner = only(&part, &distances, true).peaks(BETWEEN_INNER);
    let outer = only(&part, &distances, false).peaks(BETWEEN_OUTER);
    let inner = inner.into_iter().map(|at| point(bbox, at, true));
    let outer = outer.into_iter().map(|at| point(bbox, at, false));
    let points: Vec<SlicePoint> = inner.chain(outer).collect();
    if points.iter().any(|p| p.positive) {
        points
    } else {
        // A mask of a few pixels may have no peak.
        vec![innermost_in(mask, bbox)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 64,
        height: 48,
    };

    fn rectangle(x: std::ops::Range<u32>, y: std::ops::Range<u32>) -> SliceMask {
        SliceMask::from_fn(SHAPE, |at_x, at_y| x.contains(&at_x) && y.contains(&at_y))
    }

    #[test]
    fn a_box_grows_by_pixels_or_by_a_fraction_and_stays_on_the_slice() {
        let mask = rectangle(10..30, 0..10);
        let bbox = |extension| {
            let b = box_around(&mask, extension).unwrap();
            (b.x0, b.y0, b.x1, b.y1)
        };
        assert_eq!(bbox(0.0), (10, 0, 30, 10));
        assert_eq!(bbox(3.0), (7, 0, 33, 13));
        assert_eq!(bbox(0.25), (5, 0, 35, 12), "12.5 is rounded to even");
        assert_eq!(box_around(&SliceMask::empty(SHAPE), 0.1), None);
    }

    #[test]
    fn the_single_point_lies_in_the_middle_of_the_object() {
        let disc = SliceMask::from_fn(SHAPE, |x, y| {
            x.abs_diff(30).pow(2) + y.abs_diff(20).pow(2) <= 100
        });
        let question = question(7, &disc, Projection::SinglePoint, 0.05).unwrap();
        let [point] = question.points[..] else {
            panic!("{question:?}")
        };
        assert_eq!((point.x, point.y, point.positive), (30, 20, true));
        assert_eq!((question.bbox, question.mask), (None, None));
        assert_eq!((question.index, question.choice), (7, Choice::First));
    }

    #[test]
    fn points_lie_inside_and_outside_each_with_its_sign() {
        let mask = rectangle(10..30, 10..20);
        for projection in [Projection::Points, Projection::PointsAndMask] {
            let question = question(0, &mask, projection, 8.0).unwrap();
            for p in &question.points {
                assert_eq!(mask.get(p.x, p.y), p.positive, "{p:?}");
            }
            for sign in [true, false] {
                assert!(question.points.iter().any(|p| p.positive == sign));
            }
            let with_mask = projection == Projection::PointsAndMask;
            assert_eq!(question.mask.is_some(), with_mask);
        }
    }

    #[test]
    fn a_mask_that_fills_its_box_has_its_point_inside_too() {
        for mask in [rectangle(10..30, 10..20), rectangle(3..4, 3..4)] {
            for projection in Projection::ALL {
                let question = question(0, &mask, projection, 0.0).unwrap();
                let mut points = question.points.iter();
                assert!(points.all(|p| mask.get(p.x, p.y) == p.positive));
            }
        }
    }
}
