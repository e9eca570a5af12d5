//! What a reviewer draws on a slice: a cursor, boxes, points.

use super::contour::pixels_over;
use super::scale::voxel_under;
use super::span::Span;
use super::{Indexed, Ink};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
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
    /// A rectangle around the voxels of the box.
    Box(SliceBox),
    /// A disc for a voxel of the object, a ring for one that is not.
    Point(SlicePoint),
}

/// Below this many pixels on the shorter side a picture is made of blocks rather than dots.
const COARSE: u32 = 200;

/// Paints `mark` on the picture of a slice of `shape`.
pub fn paint(picture: &mut Indexed, mark: Mark, shape: SliceShape, orientation: Orientation) {
    let coarse = picture.size().width.min(picture.size().height) < COARSE;
    match mark {
        Mark::Cursor { x, y } => {
            let (x, y) = middle(picture, (x, y), shape, orientation);
            let (reach, gap) = if coarse { (1, -1) } else { (6, 1) };
            for step in -reach..=reach {
                if i64::abs(step) > gap {
                    picture.paint(x + step, y, Ink::Tool);
                    picture.paint(x, y + step, Ink::Tool);
                }
            }
        }
        Mark::Box(bbox) => rectangle(picture, bbox, shape, orientation),
        Mark::Point(point) => {
            let centre = middle(picture, (point.x, point.y), shape, orientation);
            disc(picture, centre, if coarse { 0 } else { 3 }, point.positive);
        }
    }
}

/// The pixel in the middle of a voxel.
fn middle(
    picture: &Indexed,
    voxel: (u32, u32),
    shape: SliceShape,
    orientation: Orientation,
) -> (i64, i64) {
    let screen = orientation.screen_shape(shape);
    let (x, y) = orientation.to_screen(
        shape,
        (voxel.0.min(shape.width - 1), voxel.1.min(shape.height - 1)),
    );
    let size = picture.size();
    (
        i64::from(voxel_under(x, size.width, screen.width)),
        i64::from(voxel_under(y, size.height, screen.height)),
    )
}

fn rectangle(picture: &mut Indexed, bbox: SliceBox, shape: SliceShape, orientation: Orientation) {
    if !bbox.fits(shape) {
        return;
    }
    let a = orientation.to_screen(shape, (bbox.x0, bbox.y0));
    let b = orientation.to_screen(shape, (bbox.x1 - 1, bbox.y1 - 1));
    let screen = orientation.screen_shape(shape);
    let size = picture.size();
    let (mut columns, mut rows) = (Span::EMPTY, Span::EMPTY);
    for (x, y) in [a, b] {
        columns.cover(x, x + 1);
        rows.cover(y, y + 1);
    }
    let across = pixels_over(columns, screen.width, size.width);
    let down = pixels_over(rows, screen.height, size.height);
    let (left, right) = (i64::from(across.start), i64::from(across.end) - 1);
    let (top, bottom) = (i64::from(down.start), i64::from(down.end) - 1);
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
