//! What a reviewer draws on a slice: a cursor, boxes, points.

use super::region::Projection;
use super::{Indexed, Ink};
use medicosam_shared::prompt::{SliceBox, SlicePoint};

/// Something drawn on a slice; places are in pixels of the slice, file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A small cross around a voxel, its middle left free where there is room.
    Cursor {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// The same with ticks at the edges of the picture, where the other planes cut it. Lines all
    /// the way would hide what they point at, and are many bytes.
    CrossHair {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// A rectangle around the voxels of the box.
    Box(SliceBox),
    /// A disc for a voxel of the object, a ring for one that is not.
    Point(SlicePoint),
}

/// Below this many pixels on the shorter side a picture is made of blocks rather than dots.
pub(super) const COARSE: u32 = 200;

/// Paints `mark` on the picture of a slice.
pub fn paint(picture: &mut Indexed, mark: Mark, projection: &Projection) {
    let size = picture.size();
    let shorter = size.width.min(size.height);
    let coarse = shorter < COARSE;
    match mark {
        Mark::Cursor { x, y } => {
            let centre = projection.middle((x, y), size);
            cross(picture, centre, coarse);
        }
        Mark::CrossHair { x, y } => {
            let centre = projection.middle((x, y), size);
            cross(picture, centre, coarse);
            let tick = i64::from(shorter / 24).max(1);
            let (width, height) = (i64::from(size.width), i64::from(size.height));
            for step in 0..tick {
                picture.paint(step, centre.1, Ink::Tool);
                picture.paint(width - 1 - step, centre.1, Ink::Tool);
                picture.paint(centre.0, step, Ink::Tool);
                picture.paint(centre.0, height - 1 - step, Ink::Tool);
            }
        }
        Mark::Box(bbox) => rectangle(picture, bbox, projection),
        Mark::Point(point) => {
            let centre = projection.middle((point.x, point.y), size);
            disc(picture, centre, if coarse { 0 } else { 3 }, point.positive);
        }
    }
}

fn cross(picture: &mut Indexed, (x, y): (i64, i64), coarse: bool) {
    let (reach, gap) = if coarse { (1, -1) } else { (6, 1) };
    for step in -reach..=reach {
        if i64::abs(step) > gap {
            picture.paint(x + step, y, Ink::Tool);
            picture.paint(x, y + step, Ink::Tool);
        }
    }
}

fn rectangle(picture: &mut Indexed, bbox: SliceBox, projection: &Projection) {
    if !bbox.fits(projection.shape()) {
        return;
    }
    let ([left, right], [top, bottom]) = projection.spanned(
        (bbox.x0, bbox.y0),
        (bbox.x1 - 1, bbox.y1 - 1),
        picture.size(),
    );
    for x in left..=right {
        picture.paint(x, top, Ink::Tool);
        picture.paint(x, bottom, Ink::Tool);
    }
    for y in top..=bottom {
        picture.paint(left, y, Ink::Tool);
        picture.paint(right, y, Ink::Tool);
    }
}

fn disc(picture: &mut Indexed, centre: (i64, i64), radius: i64, filled: bool) {
    // Half a pixel more than the radius makes the disc round.
    let within = |x: i64, y: i64, r: i64| 4 * (x * x + y * y) <= (2 * r + 1) * (2 * r + 1);
    for y in -radius..=radius {
        for x in -radius..=radius {
            let hole = !filled && radius > 0 && within(x, y, radius - 1);
            if within(x, y, radius) && !hole {
                picture.paint(centre.0 + x, centre.1 + y, Ink::Tool);
            }
        }
    }
}
