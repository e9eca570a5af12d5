//! Where a picture goes and how large it is.

use crate::app::state::review::subject::SliceSubject;
use crate::picture::{Canvas, Size, braille, halfblock, placeholders, sixel};
use crate::term::graphics::{Graphics, Protocol, Style};
use crate::term::probe::Terminal;
use ratatui::layout::Rect;

/// Where and how a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The cells that it touches.
    pub cells: Rect,
    /// Width and height of a cell in pixels.
    pub cell: (u16, u16),
    /// Columns and rows of its pixels in a cell.
    pub per_cell: (u32, u32),
    /// Its size in pixels.
    pub size: Size,
    /// Height of one of its pixels divided by its width.
    pub pixel_aspect: f64,
    /// How it is shown.
    pub graphics: Graphics,
}

/// The largest picture of a slice, in its true proportions, that fits into `area`, in the middle
/// of its first row; `None` if there can be none.
pub fn place(subject: &SliceSubject, area: Rect, terminal: &Terminal) -> Option<Place> {
    let graphics = terminal.graphics();
    let (cell_width, cell_height) = terminal.cell();
    let (canvas, pixel_columns, pixel_rows) = match graphics {
        Graphics::Undecided | Graphics::None => return None,
        Graphics::Pixels(pixels) => {
            let most_cells = if pixels.protocol == Protocol::Placeholders {
                placeholders::MOST
            } else {
                u16::MAX
            };
            let room = |cells: u16, each: u16, most: u16| {
                (u32::from(cells.min(most_cells)) * u32::from(each)).min(most.into())
            };
            let size = Size {
                width: room(area.width, cell_width, pixels.largest.0),
                height: room(area.height, cell_height, pixels.largest.1),
            };
            let band = match pixels.protocol.is_sixel() {
                true => sixel::BAND,
                false => 1,
            };
            let canvas = Canvas {
                size,
                pixel_aspect: 1.0,
                band,
            };
            (canvas, cell_width.into(), cell_height.into())
        }
        Graphics::Cells(style, _) => {
            let (columns, rows) = match style {
                Style::HalfBlocks => (1, halfblock::BAND),
                Style::Braille => (braille::COLUMNS, braille::BAND),
            };
            let canvas = Canvas {
                size: Size {
                    width: u32::from(area.width) * columns,
                    height: u32::from(area.height) * rows,
                },
                pixel_aspect: f64::from(cell_height)
                    / f64::from(rows)
                    / (f64::from(cell_width) / f64::from(columns)),
                band: rows,
            };
            (canvas, columns, rows)
        }
    };
    let size = subject.fit(&canvas)?;
    let columns = size.width.div_ceil(pixel_columns) as u16;
    let rows = size.height.div_ceil(pixel_rows) as u16;
    Some(Place {
        cells: Rect::new(area.x + (area.width - columns) / 2, area.y, columns, rows),
        cell: (cell_width, cell_height),
        per_cell: (pixel_columns, pixel_rows),
        size,
        pixel_aspect: canvas.pixel_aspect,
        graphics,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Subject;
    use crate::app::fixture::{press, with_review};
    use crate::term::Reply;
    use crate::term::graphics::Choice;
    use crate::term::testing;

    fn subject() -> SliceSubject {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter");
        match model.subject() {
            Subject::Slice(subject) => *subject,
            other => panic!("{other:?}"),
        }
    }

    fn terminal(picture: Choice, cell: (u16, u16)) -> Terminal {
        testing::terminal(picture, Some(cell), (0, 0))
    }

    const AREA: Rect = Rect::new(2, 2, 51, 20);

    #[test]
    fn a_sixel_keeps_its_proportions_and_its_cells() {
        // 64 × 48 voxels of 0.7 mm: 4 to 3.
        let place = place(&subject(), AREA, &terminal(Choice::Sixel, (10, 20))).unwrap();
        assert_eq!((place.size.width, place.size.height), (504, 378));
        assert_eq!(place.cells, Rect::new(2, 2, 51, 19));
    }

    #[test]
    fn other_pixels_need_no_bands() {
        let place = place(&subject(), AREA, &terminal(Choice::Kitty, (10, 20))).unwrap();
        assert_eq!((place.size.width, place.size.height), (509, 382));
        assert_eq!(place.cells, Rect::new(2, 2, 51, 20));
    }

    #[test]
    fn braille_has_eight_dots_a_cell() {
        let place = place(&subject(), AREA, &terminal(Choice::Braille, (10, 20))).unwrap();
        assert_eq!((place.size.width, place.size.height), (101, 76));
        assert_eq!(place.cells, Rect::new(2, 2, 51, 19));
    }

    #[test]
    fn half_blocks_allow_for_the_shape_of_cells() {
        let blocks = |cell| place(&subject(), AREA, &terminal(Choice::Blocks, cell)).unwrap();
        let square = blocks((10, 20));
        assert_eq!((square.size.width, square.size.height), (51, 38));
        assert_eq!(square.cells.height, 19);
        let narrow = blocks((6, 13));
        let width = f64::from(narrow.size.width) * 6.0;
        let height = f64::from(narrow.size.height) * 6.5;
        assert!((width / height - 4.0 / 3.0).abs() < 0.05, "{narrow:?}");
    }

    #[test]
    fn a_terminal_may_limit_the_picture() {
        let mut terminal = terminal(Choice::Sixel, (10, 20));
        terminal.learn(&Reply::LargestPicture {
            width: 200,
            height: 1000,
        });
        let place = place(&subject(), AREA, &terminal).unwrap();
        assert_eq!((place.size.width, place.size.height), (200, 150));
        assert_eq!(place.cells.width, 20);
    }

    #[test]
    fn no_pictures_means_no_place() {
        assert_eq!(
            place(&subject(), AREA, &terminal(Choice::None, (10, 20))),
            None
        );
        assert_eq!(
            place(&subject(), AREA, &terminal(Choice::Auto, (10, 20))),
            None
        );
        let tiny = Rect::new(2, 2, 51, 0);
        assert_eq!(
            place(&subject(), tiny, &terminal(Choice::Sixel, (10, 20))),
            None
        );
    }
}
