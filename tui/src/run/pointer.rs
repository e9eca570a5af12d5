//! What the mouse is at: cell, pixel of the screen, pixel of the picture.

use super::place::Place;
use crate::app::Pointer;
use crate::app::review::seen::Seen;
use crate::term::Mouse;
use std::sync::Arc;

/// A report of the mouse on a terminal with cells of this many pixels, where a picture is seen or
/// not. Reports by cells mean the middle of their cell.
pub fn pointer(
    mouse: Mouse,
    by_pixels: bool,
    (width, height): (u16, u16),
    picture: Option<&(Arc<Seen>, Place)>,
) -> Pointer {
    let (x, y) = mouse.at;
    let (width, height) = (width.max(1), height.max(1));
    let middle = |at: u16, size: u16| i64::from(at) * i64::from(size) + i64::from(size / 2);
    let (cell, pixel) = if by_pixels {
        ((x / width, y / height), (x.into(), y.into()))
    } else {
        ((x, y), (middle(x, width), middle(y, height)))
    };
    let picture = picture.map(|(seen, place)| {
        let within = |at: i64, first: u16, size: u16, pixels: u32| {
            let beyond = at - i64::from(first) * i64::from(size);
            (beyond * i64::from(pixels)).div_euclid(i64::from(size))
        };
        let at = (
            within(pixel.0, place.cells.x, width, place.per_cell.0),
            within(pixel.1, place.cells.y, height, place.per_cell.1),
        );
        (seen.clone(), at)
    });
    Pointer {
        mouse,
        cell,
        pixel,
        picture,
    }
}
