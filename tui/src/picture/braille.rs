//! Braille: eight dots per character cell, for terminals without colours.
//!
//! A dot is either there or not: it is there where a pixel is brighter than the middle of the
//! window. Moving the window moves that border; dots scattered to look like greys would be
//! texture that is not in the scan. A cell with a mask or a mark in it shows that and nothing
//! else, in its colour.

use super::cells::{Cell, Cells, Colour, Depth};
use super::{Indexed, Palette};

/// Pixel columns in a cell.
pub const COLUMNS: u32 = 2;

/// Pixel rows in a cell.
pub const BAND: u32 = 4;

/// Where the bit of each dot is in the number of its character, by row and column.
const BITS: [[u32; COLUMNS as usize]; BAND as usize] = [[0, 3], [1, 4], [2, 5], [6, 7]];

/// The character without dots.
const BLANK: u32 = 0x2800;

/// The picture as cells; what a last cell reaches beyond the picture has no dots.
pub fn encode(picture: &Indexed, depth: Depth) -> Cells {
    let palette = picture.palette();
    let width = picture.size().width as usize;
    let columns = width.div_ceil(COLUMNS as usize);
    let mut cells = Vec::with_capacity(columns * picture.size().height as usize / BAND as usize);
    for rows in picture.pixels().chunks(width.max(1) * BAND as usize) {
        for column in 0..columns {
            cells.push(cell(rows, width, column, palette, depth));
        }
    }
    Cells { columns, cells }
}

fn cell(rows: &[u8], width: usize, column: usize, palette: Palette, depth: Depth) -> Cell {
    let dots = || {
        let rows = rows.chunks_exact(width).zip(BITS);
        rows.flat_map(move |(row, bits)| {
            let pixels = row[column * COLUMNS as usize..].iter();
            pixels.copied().zip(bits)
        })
    };
    let greys = palette.greys().count();
    let drawn = dots().map(|(pixel, _)| pixel).filter(|p| *p >= greys).max();
    let is_dot = |pixel: u8| match drawn {
        Some(ink) => pixel == ink,
        None => u16::from(pixel) * 2 >= u16::from(greys),
    };
    let pattern: u32 = dots()
        .filter(|(pixel, _)| is_dot(*pixel))
        .map(|(_, bit)| 1 << bit)
        .sum();
    Cell {
        symbol: char::from_u32(BLANK + pattern).unwrap_or(' '),
        foreground: drawn.map_or(Colour::Default, |ink| depth.colour(palette.rgb(ink))),
        background: Colour::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Ink, Size};
    use super::*;
    use medicosam_shared::prompt::Label;

    fn encoded(width: u32, height: u32, colour: impl FnMut(u32, u32) -> u8) -> Cells {
        let palette = Palette::new(GreyLevels::USUAL);
        let picture = Indexed::from_fn(Size { width, height }, palette, colour);
        encode(&picture, Depth::TrueColour)
    }

    /// The pixels of a cell that have dots, row by row.
    fn dots(symbol: char) -> [[bool; 2]; 4] {
        let pattern = u32::from(symbol) - BLANK;
        BITS.map(|row| row.map(|bit| pattern >> bit & 1 == 1))
    }

    #[test]
    fn every_dot_is_at_its_pixel() {
        for y in 0..4 {
            for x in 0..2 {
                let cells = encoded(2, 4, |a, b| if (a, b) == (x, y) { 31 } else { 0 });
                let mut expected = [[false; 2]; 4];
                expected[y as usize][x as usize] = true;
                assert_eq!(dots(cells.cells[0].symbol), expected);
            }
        }
        assert_eq!(encoded(2, 4, |_, _| 31).cells[0].symbol, '⣿');
    }

    #[test]
    fn the_middle_of_the_window_divides_and_nothing_is_scattered() {
        assert!(
            encoded(8, 8, |_, _| 15)
                .cells
                .iter()
                .all(|c| c.symbol == '⠀')
        );
        assert!(
            encoded(8, 8, |_, _| 16)
                .cells
                .iter()
                .all(|c| c.symbol == '⣿')
        );
    }

    #[test]
    fn a_mask_is_seen_on_a_bright_scan_in_its_colour() {
        let palette = Palette::new(GreyLevels::USUAL);
        let ink = palette.ink(Ink::Mask(Label::MIN));
        let cells = encoded(4, 4, |x, _| if x == 2 { ink } else { 31 });
        assert_eq!(cells.cells[0].symbol, '⣿');
        assert_eq!(cells.cells[0].foreground, Colour::Default);
        assert_eq!(cells.cells[1].symbol, '⡇');
        assert_eq!(cells.cells[1].foreground, Colour::Rgb(palette.rgb(ink)));
    }

    #[test]
    fn sizes_that_are_no_whole_cells_have_no_dots_beyond() {
        let cells = encoded(3, 5, |_, _| 31);
        let symbols: String = cells.cells.iter().map(|c| c.symbol).collect();
        assert_eq!((cells.columns, &*symbols), (2, "⣿⡇⠉⠁"));
    }
}
