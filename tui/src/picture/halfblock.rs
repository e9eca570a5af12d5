//! Half-blocks: two pixels per character cell, for terminals that show no pictures.
//!
//! Each cell is a `▀` whose foreground is the upper and whose background is the lower pixel.

use super::Indexed;

/// The character of every cell.
pub const SYMBOL: &str = "▀";

/// Pixel rows in a cell.
pub const BAND: u32 = 2;

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Any colour, 24 bits.
    TrueColour,
    /// The fixed ones that 256-colour terminals share: a 6×6×6 cube and 24 greys.
    Colours256,
}

/// Colour of half a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Red, green and blue.
    Rgb([u8; 3]),
    /// One of the 256 colours.
    Fixed(u8),
}

/// A picture as cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalfBlocks {
    /// Cells in a row.
    pub columns: usize,
    /// Upper and lower colour of each cell, row by row.
    pub cells: Vec<[Colour; 2]>,
}

/// The picture as cells. Below an odd last row the cells are black.
pub fn encode(picture: &Indexed, depth: Depth) -> HalfBlocks {
    let palette = picture.palette();
    let colours: Vec<Colour> = (0..=palette.last())
        .map(|colour| match depth {
            Depth::TrueColour => Colour::Rgb(palette.rgb(colour)),
            Depth::Colours256 => Colour::Fixed(nearest_fixed(palette.rgb(colour))),
        })
        .collect();
    let columns = picture.size().width as usize;
    let mut cells = Vec::with_capacity(picture.pixels().len() / 2);
    for rows in picture.pixels().chunks(columns.max(1) * BAND as usize) {
        let (upper, lower) = rows.split_at(columns);
        for (x, &pixel) in upper.iter().enumerate() {
            let below = lower.get(x).copied().unwrap_or(0);
            cells.push([colours[usize::from(pixel)], colours[usize::from(below)]]);
        }
    }
    HalfBlocks { columns, cells }
}

/// Red, green and blue of a fixed colour from 16 on.
fn fixed_rgb(colour: u8) -> [u8; 3] {
    if colour >= 232 {
        return [8 + 10 * (colour - 232); 3];
    }
    let cube = colour - 16;
    [cube / 36, cube / 6 % 6, cube % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
}

/// The fixed colour nearest to red, green and blue. Greys stay greys.
fn nearest_fixed(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb;
    let grey = |colour: u8| {
        let [r, g, b] = fixed_rgb(colour);
        r == g && g == b
    };
    let distance = |colour: u8| -> u32 {
        fixed_rgb(colour)
            .iter()
            .zip(rgb)
            .map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2))
            .sum()
    };
    let must_be_grey = r == g && g == b;
    (16..=255)
        .filter(|&colour| !must_be_grey || grey(colour))
        .min_by_key(|&colour| distance(colour))
        .unwrap_or(16)
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
        assert_eq!(
            blocks.cells,
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

    #[test]
    fn greys_stay_greys_and_close_in_256_colours() {
        for value in 0..=255u8 {
            let [r, g, b] = fixed_rgb(nearest_fixed([value; 3]));
            assert!(r == g && g == b);
            assert!(r.abs_diff(value) <= 9, "{value} became {r}");
        }
    }

    #[test]
    fn inks_stay_apart_in_256_colours() {
        let palette = Palette::new(GreyLevels::USUAL);
        let mut inks: Vec<u8> = (palette.greys().count()..=palette.last())
            .map(|colour| nearest_fixed(palette.rgb(colour)))
            .collect();
        inks.sort_unstable();
        inks.dedup();
        assert_eq!(inks.len(), 7);
        assert!(inks.iter().all(|&c| {
            let [r, g, b] = fixed_rgb(c);
            r != g || g != b
        }));
    }
}
