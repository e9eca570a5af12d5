//! The slices of an object between two that are known, by its shape: signed distances from the outline
//! are blended, on the way from the one centre to the other.

use crate::geometry::SliceShape;
use crate::mask::{Rle, RleTooLong, SliceMask};

/// The masks of the slices strictly between `from` and `to`, two masks on slices `apart` slices from
/// one another, in order. A mask without pixels gives empty ones.
pub fn between(
    from: &Rle,
    to: &Rle,
    apart: u32,
    shape: SliceShape,
) -> Result<Vec<Rle>, RleTooLong> {
    let (from, to) = (from.to_mask(shape)?, to.to_mask(shape)?);
    let steps = 1..apart;
    let (Some(first), Some(last)) = (Centred::of(&from), Centred::of(&to)) else {
        return Ok(steps.map(|_| Rle::default()).collect());
    };
    let blend = |step: u32| first.blended(&last, f64::from(step) / f64::from(apart), shape);
    Ok(steps.map(blend).collect())
}

/// Signed distances around a mask: positive inside, in pixels, from the outline between pixels.
struct Centred {
    /// Centre of the mask.
    centre: (f64, f64),
    /// Column and row of the first distance.
    origin: (i64, i64),
    width: usize,
    height: usize,
    distances: Vec<f64>,
}

/// Pixels around a mask in which distances are measured; beyond, they are extended.
const AROUND: u32 = 2;

impl Centred {
    fn of(mask: &SliceMask) -> Option<Self> {
        let bounds = mask.bounds()?;
        let origin = (
            i64::from(bounds.x0) - i64::from(AROUND),
            i64::from(bounds.y0) - i64::from(AROUND),
        );
        let width = (bounds.x1 - bounds.x0 + 2 * AROUND) as usize;
        let height = (bounds.y1 - bounds.y0 + 2 * AROUND) as usize;
        let inside: Vec<bool> = (0..height as i64)
            .flat_map(|y| (0..width as i64).map(move |x| (origin.0 + x, origin.1 + y)))
            .map(|(x, y)| x >= 0 && y >= 0 && mask.get(x as u32, y as u32))
            .collect();
        let to_outside = squared_distances(&inside, width, height, false);
        let to_inside = squared_distances(&inside, width, height, true);
        let distance = |at: usize| match inside[at] {
            true => to_outside[at].sqrt() - 0.5,
            false => 0.5 - to_inside[at].sqrt(),
        };
        let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
        for (at, _) in inside.iter().enumerate().filter(|(_, set)| **set) {
            x += (at % width) as f64;
            y += (at / width) as f64;
            count += 1.0;
        }
        Some(Centred {
            centre: (x / count + origin.0 as f64, y / count + origin.1 as f64),
            origin,
            width,
            height,
            distances: (0..inside.len()).map(distance).collect(),
        })
    }

    /// The signed distance at an offset from the centre.
    fn at(&self, dx: f64, dy: f64) -> f64 {
        let x = self.centre.0 + dx - self.origin.0 as f64;
        let y = self.centre.1 + dy - self.origin.1 as f64;
        let (right, bottom) = ((self.width - 1) as f64, (self.height - 1) as f64);
        let (near_x, near_y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
        let (x0, y0) = (near_x.floor(), near_y.floor());
        let (part_x, part_y) = (near_x - x0, near_y - y0);
        let value = |x: f64, y: f64| {
            let column = (x as usize).min(self.width - 1);
            self.distances[(y as usize).min(self.height - 1) * self.width + column]
        };
        let above = value(x0, y0) * (1.0 - part_x) + value(x0 + 1.0, y0) * part_x;
        let below = value(x0, y0 + 1.0) * (1.0 - part_x) + value(x0 + 1.0, y0 + 1.0) * part_x;
        above * (1.0 - part_y) + below * part_y - (x - near_x).hypot(y - near_y)
    }

    /// The mask `part` of the way to another one.
    fn blended(&self, other: &Centred, part: f64, shape: SliceShape) -> Rle {
        let mix = |a: f64, b: f64| a * (1.0 - part) + b * part;
        let centre = (
            mix(self.centre.0, other.centre.0),
            mix(self.centre.1, other.centre.1),
        );
        let mask = SliceMask::from_fn(shape, |x, y| {
            let (dx, dy) = (f64::from(x) - centre.0, f64::from(y) - centre.1);
            mix(self.at(dx, dy), other.at(dx, dy)) > 0.0
        });
        mask.to_rle()
    }
}

/// The squared distance of each pixel from the nearest one that is inside, or that is not: along the
/// columns first, then along the rows over all of these. Exact, and fast enough for the box around a
/// mask.
fn squared_distances(inside: &[bool], width: usize, height: usize, to: bool) -> Vec<f64> {
    let mut down: Vec<Option<usize>> = vec![None; inside.len()];
    for x in 0..width {
        let mut nearest: Option<usize> = None;
        for y in (0..height).chain((0..height).rev()) {
            let at = y * width + x;
            if inside[at] == to {
                nearest = Some(y);
            }
            let distance = nearest.map(|row| row.abs_diff(y));
            down[at] = match (down[at], distance) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    let nearest = |at: usize| {
        let (x, row) = (at % width, at / width * width);
        let squares = (0..width).filter_map(|column| {
            let rows = down[row + column]?;
            Some((rows * rows + column.abs_diff(x).pow(2)) as f64)
        });
        squares.fold(f64::INFINITY, f64::min)
    };
    (0..inside.len()).map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHAPE: SliceShape = SliceShape {
        width: 48,
        height: 40,
    };

    fn disc(x: u32, y: u32, radius: u32) -> Rle {
        let is_in = |column: u32, row: u32| {
            column.abs_diff(x).pow(2) + row.abs_diff(y).pow(2) <= radius.pow(2)
        };
        SliceMask::from_fn(SHAPE, is_in).to_rle()
    }

    #[test]
    fn discs_grow_and_move_evenly() {
        let found = between(&disc(10, 12, 4), &disc(34, 20, 10), 6, SHAPE).unwrap();
        assert_eq!(found.len(), 5);
        let middle = disc(22, 16, 7);
        assert!(found[2].iou(&middle) > 0.9, "{}", found[2].iou(&middle));
        let areas: Vec<u64> = found.iter().map(Rle::area).collect();
        assert!(areas.is_sorted(), "{areas:?}");
    }

    #[test]
    fn neighbours_have_nothing_between_them_and_an_empty_end_gives_nothing() {
        let disc = disc(9, 9, 3);
        assert_eq!(between(&disc, &disc, 1, SHAPE).unwrap(), []);
        let none = between(&disc, &Rle::default(), 3, SHAPE).unwrap();
        assert_eq!(none, [Rle::default(), Rle::default()]);
        let large = Rle(vec![0, 5000]);
        assert!(between(&large, &disc, 3, SHAPE).is_err());
    }

    proptest! {
        #[test]
        fn between_two_equal_masks_is_the_same_mask(
            x in 6u32..40, y in 6u32..34, radius in 1u32..6, apart in 2u32..6,
        ) {
            let mask = disc(x, y, radius);
            for found in between(&mask, &mask, apart, SHAPE).unwrap() {
                prop_assert_eq!(&found, &mask);
            }
        }
    }
}
