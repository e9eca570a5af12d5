//! Painting by hand: the pixels under a brush, and within a closed line.
//!
//! Places are pixels of a slice in file order, a pixel's centre at its index: (3.0, 0.0) is the middle
//! of column 3 in row 0.

use crate::geometry::SliceShape;
use crate::mask::Rle;

/// A round brush.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brush {
    /// Its radius in millimetres; it paints at least the pixel that it is on.
    pub radius_mm: f64,
    /// Millimetres from one column to the next, and from one row to the next.
    pub spacing: [f64; 2],
}

impl Brush {
    /// The pixels of a slice that the brush goes over along a line, which may be a single place. Parts
    /// outside the slice are left out.
    pub fn stroke(self, line: &[(f64, f64)], shape: SliceShape) -> Rle {
        let Some(&first) = line.first() else {
            return Rle::default();
        };
        // A little more than the radius, so that rounding leaves no holes between two rows.
        let reach = self.radius_mm.max(0.0) + 1e-9;
        let mm = |(x, y): (f64, f64)| (x * self.spacing[0], y * self.spacing[1]);
        let mut painted = Rle::default();
        let lines = line.windows(2).map(|pair| (pair[0], pair[1]));
        for (a, b) in std::iter::once((first, first)).chain(lines) {
            let rows = range(a.1, b.1, reach / self.spacing[1], shape.height);
            let columns = range(a.0, b.0, reach / self.spacing[0], shape.width);
            let is_under = |x: u32, y: u32| {
                let place = (f64::from(x), f64::from(y));
                distance(mm(place), mm(a), mm(b)) <= reach
                    || [a, b].contains(&(place.0.round(), place.1.round()))
            };
            let runs = rows.flat_map(|y| {
                let row = u64::from(y) * u64::from(shape.width);
                let first = columns.clone().find(|&x| is_under(x, y));
                let last = columns.clone().rev().find(|&x| is_under(x, y));
                first
                    .zip(last)
                    .map(|(first, last)| (row + u64::from(first), u64::from(last - first) + 1))
            });
            painted = painted.union(&Rle::from_runs(runs));
        }
        painted
    }
}

/// The pixels of a slice within a closed line through these places, those on the line included. The
/// line is closed from its last place to its first. Where it crosses itself, a part that it goes round
/// twice is outside.
pub fn lasso(line: &[(f64, f64)], shape: SliceShape) -> Rle {
    let Some(&first) = line.first() else {
        return Rle::default();
    };
    let sides = line.iter().zip(line.iter().cycle().skip(1));
    let mut runs = Vec::new();
    for y in 0..shape.height {
        // The line crosses a row where a side comes to it from above, its end left out: a corner is
        // one crossing, not two.
        let at = f64::from(y);
        let mut crossings: Vec<f64> = sides
            .clone()
            .filter(|(a, b)| (a.1 <= at) != (b.1 <= at))
            .map(|(a, b)| a.0 + (at - a.1) * (b.0 - a.0) / (b.1 - a.1))
            .collect();
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let from = pair[0].ceil().max(0.0);
            let to = pair[1].floor().min(f64::from(shape.width) - 1.0);
            if from <= to {
                let row = u64::from(y) * u64::from(shape.width);
                runs.push((row + from as u64, (to - from) as u64 + 1));
            }
        }
    }
    let inside = runs
        .into_iter()
        .fold(Rle::default(), |all, run| all.union(&Rle::from_runs([run])));
    let pen = Brush {
        radius_mm: 0.0,
        spacing: [1.0; 2],
    };
    let mut closed = line.to_vec();
    closed.push(first);
    inside.union(&pen.stroke(&closed, shape))
}

/// The rows or columns between two places and `reach` beyond, of `count`.
fn range(a: f64, b: f64, reach: f64, count: u32) -> std::ops::Range<u32> {
    // At least half a pixel: the one that the place is on.
    let reach = reach.max(0.5);
    let first = (a.min(b) - reach).ceil().max(0.0);
    let last = (a.max(b) + reach).floor() + 1.0;
    first as u32..(last.max(0.0) as u32).min(count)
}

/// Distance of a place from a line between two places.
fn distance(place: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let along = (b.0 - a.0, b.1 - a.1);
    let from_a = (place.0 - a.0, place.1 - a.1);
    let length = along.0 * along.0 + along.1 * along.1;
    let part = match length > 0.0 {
        true => ((from_a.0 * along.0 + from_a.1 * along.1) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    (from_a.0 - part * along.0).hypot(from_a.1 - part * along.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::SliceMask;

    const SHAPE: SliceShape = SliceShape {
        width: 12,
        height: 9,
    };

    fn drawn(mask: &Rle) -> Vec<String> {
        let mask: SliceMask = mask.to_mask(SHAPE).unwrap();
        let row = |y| (0..SHAPE.width).map(move |x| (x, y));
        let row = |y| row(y).map(|(x, y)| if mask.get(x, y) { '#' } else { '.' });
        (0..SHAPE.height).map(|y| row(y).collect()).collect()
    }

    fn brush(radius_mm: f64, spacing: [f64; 2]) -> Brush {
        Brush { radius_mm, spacing }
    }

    #[test]
    fn a_brush_is_a_disc_in_millimetres() {
        let disc = brush(2.0, [1.0, 2.0]).stroke(&[(4.0, 3.0)], SHAPE);
        let rows = drawn(&disc);
        assert_eq!(rows[1], "............");
        assert_eq!(rows[2], "....#.......");
        assert_eq!(rows[3], "..#####.....");
        assert_eq!(disc.area(), 7);
        let dot = brush(0.0, [1.0; 2]).stroke(&[(11.0, 8.0)], SHAPE);
        assert_eq!(dot.area(), 1);
        let outside = brush(1.5, [1.0; 2]).stroke(&[(-5.0, 4.0)], SHAPE);
        assert!(outside.is_empty());
    }

    #[test]
    fn a_stroke_has_no_holes_between_its_places() {
        let line = brush(1.0, [1.0; 2]).stroke(&[(1.0, 1.0), (10.0, 1.0)], SHAPE);
        let rows = drawn(&line);
        assert_eq!(rows[0], ".##########.");
        assert_eq!(rows[1], "############");
        assert_eq!(rows[2], rows[0]);
        let steep = brush(0.0, [1.0; 2]).stroke(&[(2.0, 0.0), (3.0, 8.0)], SHAPE);
        assert!(steep.area() >= 2);
    }

    #[test]
    fn a_lasso_holds_its_inside_and_its_line() {
        let square = [(2.0, 2.0), (6.0, 2.0), (6.0, 5.0), (2.0, 5.0)];
        let rows = drawn(&lasso(&square, SHAPE));
        assert_eq!(rows[1], "............");
        for row in &rows[2..6] {
            assert_eq!(row, "..#####.....");
        }
        assert_eq!(rows[6], "............");
        assert_eq!(lasso(&[(3.0, 3.0)], SHAPE).area(), 1);
        assert!(lasso(&[], SHAPE).is_empty());
        let beyond = lasso(
            &[(-3.0, -3.0), (40.0, -3.0), (40.0, 40.0), (-3.0, 40.0)],
            SHAPE,
        );
        assert_eq!(beyond.area(), 12 * 9);
    }
}
