//! The protocol of diameters: what a radiologist measures on one slice is the prompt for the volume.

use super::volumes::Truth;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{SliceBox, SlicePoint, SlicePrompt};
use serde::Serialize;

/// A pixel: column and row.
type Pixel = (u32, u32);

/// The diameters of an object by RECIST 1.1: the longest one on any slice, and the longest one across it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Diameters {
    /// The slice: that with the largest area.
    pub index: u32,
    /// The longest distance between centres of its pixels, in mm.
    pub long_mm: f64,
    /// The longest one at a right angle to that, in mm.
    pub short_mm: f64,
    /// The ends of the long one.
    #[serde(skip)]
    long: [Pixel; 2],
    /// The ends of the short one.
    #[serde(skip)]
    short: [Pixel; 2],
}

impl Diameters {
    /// Measures an object.
    pub fn of(truth: &Truth) -> Option<Self> {
        // The first of several.
        let slices = truth.slices.iter().rev();
        let (&index, mask) = slices.max_by_key(|(_, mask)| mask.area())?;
        let outline = outline(mask);
        let [_, row_mm, column_mm] = truth.space.spacing;
        let place = |(x, y): Pixel| [f64::from(x) * column_mm, f64::from(y) * row_mm];
        let apart = |a: Pixel, b: Pixel| {
            let ([ax, ay], [bx, by]) = (place(a), place(b));
            (ax - bx).hypot(ay - by)
        };
        let pairs = || {
            outline
                .iter()
                .flat_map(|&a| outline.iter().map(move |&b| [a, b]))
        };
        let farther = |one: [Pixel; 2], other: [Pixel; 2]| {
            let longer = apart(other[0], other[1]) > apart(one[0], one[1]);
            if longer { other } else { one }
        };
        let long = pairs().reduce(farther)?;
        let long_mm = apart(long[0], long[1]);
        let ([ax, ay], [bx, by]) = (place(long[0]), place(long[1]));
        let along = [(bx - ax), (by - ay)].map(|side| side / long_mm.max(f64::MIN_POSITIVE));
        // A pair is at a right angle if it goes along the diameter by half a pixel at most.
        let slack = column_mm.max(row_mm) / 2.0;
        let is_across = |[a, b]: &[Pixel; 2]| {
            let ([ax, ay], [bx, by]) = (place(*a), place(*b));
            ((bx - ax) * along[0] + (by - ay) * along[1]).abs() <= slack
        };
        let short = pairs().filter(is_across).reduce(farther)?;
        Some(Diameters {
            index,
            long_mm,
            short_mm: apart(short[0], short[1]),
            long,
            short,
        })
    }

    /// The box around both diameters.
    pub fn boxed(&self, truth: &Truth) -> SlicePrompt {
        let around = |[a, b]: [Pixel; 2]| SliceBox::spanning(a, b);
        SlicePrompt {
            label: truth.label,
            index: self.index,
            bbox: Some(around(self.long).joined(around(self.short))),
            points: Vec::new(),
        }
    }

    /// Points at the ends of the long diameter and in its middle.
    pub fn points(&self, truth: &Truth) -> SlicePrompt {
        let [(ax, ay), (bx, by)] = self.long;
        let middle = (ax.midpoint(bx), ay.midpoint(by));
        let point = |(x, y): Pixel| SlicePoint {
            x,
            y,
            positive: true,
        };
        SlicePrompt {
            label: truth.label,
            index: self.index,
            bbox: None,
            points: vec![point(middle), point(self.long[0]), point(self.long[1])],
        }
    }
}

/// The pixels of a mask that touch another by a side.
fn outline(mask: &SliceMask) -> Vec<Pixel> {
    let Some(b) = mask.bounds() else {
        return Vec::new();
    };
    let set = |x: Option<u32>, y: Option<u32>| match (x, y) {
        (Some(x), Some(y)) => mask.get(x, y),
        (None, _) | (_, None) => false,
    };
    let on_edge = |&(x, y): &Pixel| {
        mask.get(x, y)
            && !(set(x.checked_sub(1), Some(y))
                && set(Some(x + 1), Some(y))
                && set(Some(x), y.checked_sub(1))
                && set(Some(x), Some(y + 1)))
    };
    let all = (b.y0..b.y1).flat_map(|y| (b.x0..b.x1).map(move |x| (x, y)));
    all.filter(on_edge).collect()
}

#[cfg(test)]
mod tests {
    use super::super::metric::tests::{SHAPE, space};
    use super::*;
    use medicosam_shared::prompt::Label;

    fn ellipse(slices: [(u32, f64); 2], spacing: [f64; 3]) -> Truth {
        let of = |radius: f64| {
            SliceMask::from_fn(SHAPE, |x, y| {
                let (dx, dy) = (f64::from(x) - 14.0, f64::from(y) - 7.0);
                (dx / (2.0 * radius)).hypot(dy / radius) <= 1.0
            })
        };
        Truth {
            label: Label::MIN,
            slices: slices.map(|(index, radius)| (index, of(radius))).into(),
            space: space(spacing),
        }
    }

    #[test]
    fn the_diameters_are_those_of_the_largest_slice_in_mm() {
        let truth = ellipse([(3, 3.0), (4, 5.0)], [5.0, 1.0, 1.0]);
        let found = Diameters::of(&truth).unwrap();
        assert_eq!(
            (found.index, found.long_mm, found.short_mm),
            (4, 20.0, 10.0)
        );
        let around = found.boxed(&truth).bbox;
        assert_eq!(around, truth.slices[&4].bounds());
        let points = found.points(&truth).points;
        assert!(
            points
                .iter()
                .all(|p| p.positive && truth.slices[&4].get(p.x, p.y))
        );
        assert_eq!((points[0].x, points[0].y), (14, 7));
    }

    #[test]
    fn where_rows_are_farther_apart_than_columns_the_other_one_is_the_long_one() {
        let found = Diameters::of(&ellipse([(3, 3.0), (4, 5.0)], [5.0, 4.0, 1.0])).unwrap();
        assert_eq!((found.long_mm, found.short_mm), (40.0, 20.0));
    }

    #[test]
    fn one_pixel_has_a_place_and_no_length() {
        let found = Diameters::of(&ellipse([(3, 0.1), (4, 0.1)], [5.0, 1.0, 1.0])).unwrap();
        assert_eq!((found.index, found.long_mm, found.short_mm), (3, 0.0, 0.0));
    }
}
