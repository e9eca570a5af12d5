//! What a reviewer draws on a slice: a cursor, boxes, points.

use super::region::Projection;
use super::{Indexed, Ink, Size};
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

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
    /// A box that made the mask of an object: dashed, in its colour.
    AskedBox(Label, SliceBox),
    /// A point that made the mask of an object: a small disc or ring in its colour.
    AskedPoint(Label, SlicePoint),
    /// A voxel that a stroke went over.
    Trail {
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// The edge of a brush.
    Brush {
        /// Column of its middle.
        x: u32,
        /// Row of its middle.
        y: u32,
        /// Its radius along the columns, in 256ths of a voxel.
        columns: u32,
        /// Its radius along the rows, likewise.
        rows: u32,
    },
}

/// Below this many pixels on the shorter side a picture is made of blocks rather than dots.
pub(super) const COARSE: u32 = 200;

/// Pixels of a dash, and of the gap behind it.
pub(super) const DASH: i64 = 5;

/// Paints `mark` on the picture of a slice, with a casing of one pixel around it.
pub fn paint(picture: &mut Indexed, mark: Mark, projection: &Projection) {
    let pixels = pixels(picture.size(), mark, projection);
    let casing = picture.palette().casing();
    for (x, y) in &pixels {
        for (right, down) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
            // Not over masks and other marks.
            picture.put_under_inks(x + right, y + down, casing);
        }
    }
    for (x, y) in pixels {
        picture.paint(x, y, ink(mark));
    }
}

fn ink(mark: Mark) -> Ink {
    match mark {
        Mark::Cursor { .. }
        | Mark::CrossHair { .. }
        | Mark::Box(_)
        | Mark::Point(_)
        | Mark::Trail { .. }
        | Mark::Brush { .. } => Ink::Tool,
        Mark::AskedBox(label, _) | Mark::AskedPoint(label, _) => Ink::Mask(label),
    }
}

/// The pixels of a mark; some may lie outside the picture.
fn pixels(size: Size, mark: Mark, projection: &Projection) -> Vec<(i64, i64)> {
    let shorter = size.width.min(size.height);
    let coarse = shorter < COARSE;
    match mark {
        Mark::Cursor { x, y } => cross(projection.middle((x, y), size), coarse),
        Mark::CrossHair { x, y } => {
            let (x, y) = projection.middle((x, y), size);
            let mut pixels = cross((x, y), coarse);
            let tick = i64::from(shorter / 24).max(1);
            let (width, height) = (i64::from(size.width), i64::from(size.height));
            for step in 0..tick {
                pixels.extend([(step, y), (width - 1 - step, y)]);
                pixels.extend([(x, step), (x, height - 1 - step)]);
            }
            pixels
        }
        Mark::Box(bbox) => rectangle(size, bbox, projection),
        Mark::Point(point) => {
            let centre = projection.middle((point.x, point.y), size);
            disc(centre, if coarse { 0 } else { 3 }, point.positive)
        }
        Mark::AskedBox(_, bbox) => {
            let dash = if coarse { 2 } else { DASH };
            let mut pixels = rectangle(size, bbox, projection);
            pixels.retain(|(x, y)| (x + y).rem_euclid(2 * dash) < dash);
            pixels
        }
        Mark::AskedPoint(_, point) => {
            let centre = projection.middle((point.x, point.y), size);
            disc(centre, if coarse { 0 } else { 2 }, point.positive)
        }
        Mark::Trail { x, y } => {
            let centre = projection.middle((x, y), size);
            disc(centre, if coarse { 0 } else { 1 }, true)
        }
        Mark::Brush {
            x,
            y,
            columns,
            rows,
        } => {
            let centre = projection.middle((x, y), size);
            ellipse(centre, projection.lengths((columns, rows), size))
        }
    }
}

fn cross((x, y): (i64, i64), coarse: bool) -> Vec<(i64, i64)> {
    let (reach, gap) = if coarse { (1, -1) } else { (7, 2) };
    let steps = (-reach..=reach).filter(|step| i64::abs(*step) > gap);
    steps
        .flat_map(|step| [(x + step, y), (x, y + step)])
        .collect()
}

fn rectangle(size: Size, bbox: SliceBox, projection: &Projection) -> Vec<(i64, i64)> {
    if !bbox.fits(projection.shape()) {
        return Vec::new();
    }
    let ([left, right], [top, bottom]) =
        projection.spanned((bbox.x0, bbox.y0), (bbox.x1 - 1, bbox.y1 - 1), size);
    let across = (left..=right).flat_map(|x| [(x, top), (x, bottom)]);
    let down = (top..=bottom).flat_map(|y| [(left, y), (right, y)]);
    across.chain(down).collect()
}

/// An ellipse of these radii, in pixels.
fn ellipse(centre: (i64, i64), (across, down): (f64, f64)) -> Vec<(i64, i64)> {
    let steps = ((across + down) * 4.0).clamp(8.0, 4096.0) as u32;
    let place = |step: u32| {
        let (sin, cos) = (f64::from(step) / f64::from(steps) * std::f64::consts::TAU).sin_cos();
        let x = centre.0 + (across * cos).round() as i64;
        (x, centre.1 + (down * sin).round() as i64)
    };
    (0..steps).map(place).collect()
}

fn disc(centre: (i64, i64), radius: i64, filled: bool) -> Vec<(i64, i64)> {
    // Half a pixel more than the radius makes the disc round.
    let within = |x: i64, y: i64, r: i64| 4 * (x * x + y * y) <= (2 * r + 1) * (2 * r + 1);
    let square = (-radius..=radius).flat_map(|y| (-radius..=radius).map(move |x| (x, y)));
    square
        .filter(|&(x, y)| {
            let hole = !filled && radius > 0 && within(x, y, radius - 1);
            within(x, y, radius) && !hole
        })
        .map(|(x, y)| (centre.0 + x, centre.1 + y))
        .collect()
}
