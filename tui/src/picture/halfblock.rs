//! Half-blocks: two pixels per character cell.
//!
//! Each cell is a `▀` whose foreground is the upper and whose background is the lower pixel.

use super::Indexed;
use super::cells::{Cell, Cells, Colour, Depth};

/// The character of every cell.
pub const SYMBOL: char = '▀';

/// Pixel rows in a cell.
pub const BAND: u32 = 2;

/// The picture as cells. Below an odd last row the cells are black.
pub fn encode(picture: &Indexed, depth: Depth) -> Cells {
    let palette = picture.palette();
    let colours: Vec<Colour> = (0..=palette.last())
        .map(|colour| depth.colour(picture.rgb(colour)))
        .collect();
    let columns = picture.size().width as usize;
    let mut cells = Vec::with_capacity(picture.pixels().len() / 2);
    for rows in picture.pixels().chunks(columns.max(1) * BAND as usize) {
        let (upper, lower) = rows.split_at(columns);
        for (x, &pixel) in upper.iter().enumerate() {
            let below = lower.get(x).copied().unwrap_or(0);
            cells.push(Cell {
                symbol: SYMBOL,
                foreground: colours[usize::from(pixel)],
                background: colours[usize::from(below)],
            });
        }
    }
    Cells { columns, cells }
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette, Size};
    use super::*;

    #[test]
    fn two_rows_of_pixels_make_one_row_of_cells() {
        let palette = Palette::new(GreyLevels::new(2).unwrap());
        let size = Size {
            width: 3,
            height: 3,
        };
        let picture = Indexed::from_fn(size, palette, |x, y| u8::from(x == y));
        let blocks = encode(&picture, Depth::TrueColour);
        let (black, white) = (Colour::Rgb([0; 3]), Colour::Rgb([255; 3]));
        assert_eq!(blocks.columns, 3);
        let colours: Vec<_> = blocks
            .cells
            .iter()
            .map(|cell| [cell.foreground, cell.background])
            .collect();
        assert_eq!(
            colours,
            [
                [white, black],
                [black, white],
                [black, black],
                [black, black],
                [black, black],
                [white, black],
            ]
        );
    }
}
