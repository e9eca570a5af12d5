//! Pictures made of characters, for terminals that show no others.

use crate::contrast::{self, Rgb};

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Any colour, 24 bits.
    TrueColour,
    /// The fixed ones that 256-colour terminals share: a 6×6×6 cube and 24 greys.
    Colours256,
}

/// Colour of a part of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// That of text where nothing else is said.
    Default,
    /// Red, green and blue.
    Rgb(Rgb),
    /// One of the 256 colours.
    Fixed(u8),
}

/// A character cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub symbol: char,
    /// Its colour.
    pub foreground: Colour,
    /// That behind it.
    pub background: Colour,
}

/// A picture as cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Cells in a row.
    pub columns: usize,
    /// The cells, row by row.
    pub cells: Vec<Cell>,
}

impl Depth {
    /// Red, green and blue as this terminal can show them. Greys stay greys.
    pub(super) fn colour(self, rgb: Rgb) -> Colour {
        match self {
            Depth::TrueColour => Colour::Rgb(rgb),
            Depth::Colours256 => Colour::Fixed(nearest_fixed(rgb)),
        }
    }
}

/// Red, green and blue of a fixed colour from 16 on.
pub fn fixed_rgb(colour: u8) -> Rgb {
    if colour >= 232 {
        return [8 + 10 * (colour - 232); 3];
    }
    let cube = colour.saturating_sub(16);
    [cube / 36, cube / 6 % 6, cube % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
}

/// The fixed colour nearest to red, green and blue. Greys stay greys.
pub fn nearest_fixed(rgb: Rgb) -> u8 {
    let is_grey = |[r, g, b]: Rgb| r == g && g == b;
    nearest(rgb, |fixed| !is_grey(rgb) || is_grey(fixed)).unwrap_or(16)
}

/// The fixed colour nearest to red, green and blue among those with a contrast of `least` with
/// `behind`; without any, the one nearest to what can be read best there.
pub fn nearest_readable(rgb: Rgb, behind: Rgb, least: f64) -> u8 {
    let readable = nearest(rgb, |fixed| contrast::ratio(fixed, behind) >= least);
    readable.unwrap_or_else(|| match contrast::is_light(behind) {
        true => nearest_fixed([0; 3]),
        false => nearest_fixed([255; 3]),
    })
}

/// The fixed colour nearest to red, green and blue among those that will do.
fn nearest(rgb: Rgb, will_do: impl Fn(Rgb) -> bool) -> Option<u8> {
    let distance = |colour: u8| -> u32 {
        let parts = fixed_rgb(colour).into_iter().zip(rgb);
        parts.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    (16..=255)
        .filter(|&colour| will_do(fixed_rgb(colour)))
        .min_by_key(|&colour| distance(colour))
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette};
    use super::*;

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
