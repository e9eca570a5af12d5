//! Measures of masks on slices.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::prompt::SliceBox;
use std::ops::Range;

/// Number of pixels of a mask in a box.
pub fn inside(mask: &Rle, bbox: SliceBox, shape: SliceShape) -> u64 {
    rows(mask, shape)
        .filter(|(y, _)| (bbox.y0..bbox.y1).contains(y))
        .map(|(_, x)| u64::from(x.end.min(bbox.x1).saturating_sub(x.start.max(bbox.x0))))
        .sum()
}

/// The smallest box around a mask.
pub fn bounds(mask: &Rle, shape: SliceShape) -> Option<SliceBox> {
    let of_row = |(y, x): (u32, Range<u32>)| SliceBox {
        x0: x.start,
        y0: y,
        x1: x.end,
        y1: y + 1,
    };
    rows(mask, shape).map(of_row).reduce(around)
}

/// The smallest box around two.
pub fn around(a: SliceBox, b: SliceBox) -> SliceBox {
    SliceBox {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    }
}

/// A mask as parts of rows: the row and its columns.
fn rows(mask: &Rle, shape: SliceShape) -> impl Iterator<Item = (u32, Range<u32>)> + '_ {
    let width = u64::from(shape.width).max(1);
    mask.object_runs().flat_map(move |(start, length)| {
        let end = start + length;
        (start / width..end.div_ceil(width)).map(move |row| {
            let first = start.max(row * width) - row * width;
            let last = end.min((row + 1) * width) - row * width;
            (row as u32, first as u32..last as u32)
        })
    })
}

/// How much of a mask's outline lies on the side of a box that has most of it, 0 to 1.
///
/// The outline is counted in sides of pixels. Where the box ends with the slice, that is not the box's
/// doing, and does not count.
pub fn outline_on_a_side(mask: &SliceMask, bbox: SliceBox) -> f64 {
    let SliceShape { width, height } = mask.shape();
    let Some(around) = mask.bounds() else {
        return 0.0;
    };
    let (mut length, mut on_sides) = (0u64, [0u64; 4]);
    for (y, x) in (around.y0..around.y1).flat_map(|y| (around.x0..around.x1).map(move |x| (y, x))) {
        if !mask.get(x, y) {
            continue;
        }
        // Left, right, above, below: whether the mask goes on, and whether a side of the box is there.
        let beside = [
            (x > 0 && mask.get(x - 1, y), x > 0 && x == bbox.x0),
            (mask.get(x + 1, y), x + 1 < width && x + 1 == bbox.x1),
            (y > 0 && mask.get(x, y - 1), y > 0 && y == bbox.y0),
            (mask.get(x, y + 1), y + 1 < height && y + 1 == bbox.y1),
        ];
        for (on_side, (goes_on, is_side)) in on_sides.iter_mut().zip(beside) {
            length += u64::from(!goes_on);
            *on_side += u64::from(!goes_on && is_side);
        }
    }
    let most = on_sides.into_iter().max().unwrap_or(0);
    most as f64 / length.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 64,
        height: 64,
    };

    #[test]
    fn a_disc_hardly_lies_on_its_box_and_half_a_disc_does() {
        let disc = SliceMask::from_fn(SHAPE, |x, y| {
            x.abs_diff(30).pow(2) + y.abs_diff(30).pow(2) <= 420
        });
        let tight = disc.bounds().unwrap();
        let whole = outline_on_a_side(&disc, tight);
        assert!((0.03..0.1).contains(&whole), "{whole}");
        let half = SliceMask::from_fn(SHAPE, |x, y| x >= 30 && disc.get(x, y));
        let cut = outline_on_a_side(&half, SliceBox { x0: 30, ..tight });
        assert!((0.3..0.36).contains(&cut), "{cut}");
    }

    #[test]
    fn where_the_box_ends_with_the_slice_nothing_is_cut() {
        let half = SliceMask::from_fn(SHAPE, |x, y| x < 20 && (10..50).contains(&y));
        let bbox = SliceBox {
            x0: 0,
            y0: 5,
            x1: 30,
            y1: 55,
        };
        assert_eq!(outline_on_a_side(&half, bbox), 0.0);
        let narrow = SliceBox { x1: 20, ..bbox };
        assert_eq!(outline_on_a_side(&half, narrow), 40.0 / 120.0);
    }

    #[test]
    fn bounds_and_what_is_inside_are_those_of_the_pixels() {
        let mask = SliceMask::from_fn(SHAPE, |x, y| (x + y) % 7 == 0 && x > 3 && y < 40);
        let runs = mask.to_rle();
        assert_eq!(bounds(&runs, SHAPE), mask.bounds());
        assert_eq!(bounds(&Rle::default(), SHAPE), None);
        let bbox = SliceBox {
            x0: 10,
            y0: 0,
            x1: 33,
            y1: 21,
        };
        let in_box = |x: u32, y: u32| (10..33).contains(&x) && y < 21;
        let counted = SliceMask::from_fn(SHAPE, |x, y| in_box(x, y) && mask.get(x, y)).area();
        assert_eq!(inside(&runs, bbox, SHAPE), counted);
    }
}
