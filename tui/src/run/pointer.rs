//! What the mouse is at: cell, pixel of the screen, pixel of the picture.

use super::place::Place;
use crate::app::Pointer;
use crate::app::state::review::seen::Seen;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Subject;
    use crate::app::fixture::{press, with_review};
    use crate::run::place::place;
    use crate::term::graphics::Choice;
    use crate::term::mouse::{Gesture, Turn};
    use crate::term::testing;
    use ratatui::layout::Rect;

    const CELL: (u16, u16) = (10, 20);

    fn seen(picture: Choice) -> (Arc<Seen>, Place) {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter");
        let terminal = testing::terminal(picture, Some(CELL), (0, 0));
        let Subject::Slice(subject) = model.subject() else {
            panic!("no slice");
        };
        let place = place(&subject, Rect::new(2, 2, 51, 20), &terminal).unwrap();
        let seen = Seen::of(&subject, place.size, place.pixel_aspect);
        (Arc::new(seen), place)
    }

    fn at(x: u16, y: u16) -> Mouse {
        Mouse {
            gesture: Gesture::Wheel(Turn::Up),
            shift: false,
            alt: false,
            ctrl: false,
            at: (x, y),
        }
    }

    fn on_picture(pointer: &Pointer) -> (i64, i64) {
        pointer.picture.as_ref().unwrap().1
    }

    #[test]
    fn pixels_of_the_screen_are_pixels_of_a_sixel() {
        // 504 × 378 pixels from cell 2, 2.
        let sixel = seen(Choice::Sixel);
        let by_pixels = |x, y| pointer(at(x, y), true, CELL, Some(&sixel));
        assert_eq!(on_picture(&by_pixels(20, 40)), (0, 0));
        assert_eq!(on_picture(&by_pixels(523, 417)), (503, 377));
        assert_eq!(on_picture(&by_pixels(0, 5)), (-20, -35), "outside");
        assert_eq!(by_pixels(523, 417).cell, (52, 20));
        // Voxel 40, 20 of 64 × 48 is 315 to 323 pixels to the right, 158 to 165 down.
        let at = by_pixels(20 + 315, 40 + 158);
        let (picture, pixel) = at.picture.unwrap();
        assert_eq!(picture.pane_at(pixel).unwrap().voxel(pixel), [40, 20, 7]);
    }

    #[test]
    fn a_cell_is_the_pixel_in_its_middle() {
        let sixel = seen(Choice::Sixel);
        let by_cells = pointer(at(2, 3), false, CELL, Some(&sixel));
        assert_eq!(on_picture(&by_cells), (5, 30));
        assert_eq!((by_cells.cell, by_cells.pixel), ((2, 3), (25, 70)));
    }

    #[test]
    fn half_blocks_have_two_pixels_a_cell_that_only_pixels_tell_apart() {
        let blocks = seen(Choice::Blocks);
        let upper = pointer(at(25, 69), true, CELL, Some(&blocks));
        assert_eq!(on_picture(&upper), (0, 2));
        let lower = pointer(at(25, 70), true, CELL, Some(&blocks));
        assert_eq!(on_picture(&lower), (0, 3));
        let cell = pointer(at(2, 3), false, CELL, Some(&blocks));
        assert_eq!(on_picture(&cell), (0, 3));
        let left = pointer(at(19, 39), true, CELL, Some(&blocks));
        assert_eq!(on_picture(&left), (-1, -1));
    }

    #[test]
    fn where_no_picture_is_there_is_still_a_cell() {
        let nowhere = pointer(at(25, 69), true, CELL, None);
        assert_eq!((nowhere.cell, nowhere.picture), ((2, 3), None));
    }
}
