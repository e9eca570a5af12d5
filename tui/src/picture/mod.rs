//! Pictures: a slice of a scan with its masks, as pixels and then as what a terminal shows.
//!
//! A picture has few colours that are fixed beforehand: evenly spaced greys, and the colours of
//! masks and marks. No quantiser and no dithering ever touches it, so that equal voxels are equal
//! on the screen and no texture appears that is not in the scan.
//!
//! - [`palette`]: those colours.
//! - [`compose`]: slice, window, masks and marks → [`Indexed`].
//! - [`arrange`]: several of them in one picture.
//! - [`sixel`], [`kitty`], [`iterm2`]: [`Indexed`] → pixels as a terminal understands them;
//!   [`placeholders`]: past tmux, to the terminal around it.
//! - [`halfblock`], [`braille`]: [`Indexed`] → [`cells`], characters that look like it.
//! - [`detail`]: what to leave out where that has too many bytes.
//!
//! Nothing here knows of terminals, screens or the daemon.

pub mod arrange;
pub mod braille;
pub mod cells;
pub mod compose;
mod contour;
pub mod detail;
pub mod halfblock;
pub mod iterm2;
pub mod kitty;
mod letters;
#[cfg(feature = "libsixel")]
pub mod libsixel;
mod marks;
pub mod palette;
pub mod placeholders;
mod png;
mod quantise;
mod region;
mod scale;
pub mod sixel;
mod span;

use crate::contrast::Rgb;
pub use compose::{Canvas, Form, Scene, compose};
pub use detail::Detail;
pub use marks::Mark;
pub use palette::{GreyLevels, Ink, Opacity, Palette};
pub use region::Region;
pub use scale::Resample;
use span::Span;
use std::sync::Arc;

/// Size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// Number of pixels.
    pub fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// The number of a pixel that leaves what lies below it as it is; no palette has so many colours.
const CLEAR: u8 = u8::MAX;

/// What changes a picture on the screen into another one of the same size and palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where its left column and its top row are in the picture.
    pub at: (u32, u32),
    /// The new pixels; those that stay are clear.
    pub picture: Indexed,
}

/// A picture whose pixels are colours of a palette, or clear in a [`Patch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    size: Size,
    palette: Palette,
    /// What the greys of the palette are in a picture with colours.
    colours: Option<Arc<[Rgb]>>,
    /// Row by row, left to right; every one is at most `palette.last()`, or [`CLEAR`].
    pixels: Vec<u8>,
}

impl Indexed {
    /// A picture whose pixel at column `x`, row `y` has the colour `colour(x, y)` of the palette;
    /// numbers beyond the palette become its last colour.
    pub fn from_fn(size: Size, palette: Palette, mut colour: impl FnMut(u32, u32) -> u8) -> Self {
        let mut pixels = Vec::with_capacity(size.pixels());
        for y in 0..size.height {
            for x in 0..size.width {
                pixels.push(colour(x, y).min(palette.last()));
            }
        }
        Indexed {
            size,
            palette,
            colours: None,
            pixels,
        }
    }

    /// Red, green and blue of one of its colours, 0 to 255.
    pub fn rgb(&self, colour: u8) -> Rgb {
        self.own(colour).unwrap_or_else(|| self.palette.rgb(colour))
    }

    /// Red, green and blue of one of its colours, in percent.
    pub fn percent(&self, colour: u8) -> [u8; 3] {
        let in_percent = |rgb: Rgb| rgb.map(|part| ((u16::from(part) * 100 + 127) / 255) as u8);
        let own = self.own(colour).map(in_percent);
        own.unwrap_or_else(|| self.palette.percent(colour))
    }

    /// What one of its greys is, if it has colours.
    fn own(&self, colour: u8) -> Option<Rgb> {
        let colours = self.colours.as_ref()?;
        if colour >= self.palette.greys().count() {
            return None;
        }
        Some(
            colours
                .get(usize::from(colour))
                .copied()
                .unwrap_or_default(),
        )
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Its colours.
    pub fn palette(&self) -> Palette {
        self.palette
    }

    /// Its pixels, row by row, as numbers in the palette.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Its rows, from the top.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.size.width.max(1) as usize)
    }

    /// With clear pixels to the right and below, up to `size`.
    fn padded(&self, size: Size) -> Self {
        let width = size.width.max(self.size.width) as usize;
        let height = size.height.max(self.size.height) as usize;
        let mut pixels = vec![CLEAR; width * height];
        for (row, from) in pixels.chunks_exact_mut(width.max(1)).zip(self.rows()) {
            row[..from.len()].copy_from_slice(from);
        }
        Indexed {
            size: Size {
                width: width as u32,
                height: height as u32,
            },
            palette: self.palette,
            colours: self.colours.clone(),
            pixels,
        }
    }

    /// Each pixel twice as wide and twice as high, cut to `size`.
    fn doubled(&self, size: Size) -> Self {
        let width = self.size.width as usize;
        let doubled = Indexed::from_fn(size, self.palette, |x, y| {
            self.pixels[(y / 2) as usize * width + (x / 2) as usize]
        });
        Indexed {
            colours: self.colours.clone(),
            ..doubled
        }
    }

    /// The patch that makes this picture of `old`, its corner on a grid of `step` pixels; `None` if
    /// they are the same, or have not the same size and palette.
    pub fn since(&self, old: &Indexed, step: (u32, u32)) -> Option<Patch> {
        let same = (self.size, self.palette) == (old.size, old.palette);
        if !same || self.colours != old.colours {
            return None;
        }
        let (mut columns, mut rows) = (Span::EMPTY, Span::EMPTY);
        for (y, (new, old)) in self.rows().zip(old.rows()).enumerate() {
            let differs = |(a, b): (&u8, &u8)| a != b;
            if let Some(first) = new.iter().zip(old).position(differs) {
                let last = new.iter().zip(old).rposition(differs).unwrap_or(first);
                columns.cover(first as u32, last as u32 + 1);
                rows.cover(y as u32, y as u32 + 1);
            }
        }
        if rows.is_empty() {
            return None;
        }
        let on_grid = |at: u32, step: u32| at - at % step.max(1);
        let (left, top) = (on_grid(columns.start, step.0), on_grid(rows.start, step.1));
        let (left_column, right_column) = (left as usize, columns.end as usize);
        let height = (rows.end - top) as usize;
        let lines = self.rows().zip(old.rows()).skip(top as usize).take(height);
        let pixels = lines.flat_map(|(new, old)| {
            let pixels = new[left_column..right_column].iter();
            let pixels = pixels.zip(&old[left_column..right_column]);
            pixels.map(|(a, b)| if a == b { CLEAR } else { *a })
        });
        let picture = Indexed {
            size: Size {
                width: columns.end - left,
                height: rows.end - top,
            },
            palette: self.palette,
            colours: self.colours.clone(),
            pixels: pixels.collect(),
        };
        Some(Patch {
            at: (left, top),
            picture,
        })
    }

    /// Paints one pixel; outside the picture nothing happens.
    fn paint(&mut self, x: i64, y: i64, ink: Ink) {
        self.put(x, y, self.palette.ink(ink));
    }

    /// Mixes one pixel with an ink; outside the picture nothing happens.
    fn tint(&mut self, x: i64, y: i64, ink: Ink) {
        let palette = self.palette;
        let colours = self.colours.clone();
        if let Some(pixel) = self.pixel(x, y) {
            // A colour is tinted as the grey that is as light.
            let colour = colours.and_then(|colours| colours.get(usize::from(*pixel)).copied());
            let grey = colour.map_or(*pixel, |[r, g, b]| {
                let sum = u16::from(r) + 2 * u16::from(g) + u16::from(b);
                palette.grey((sum / 4) as u8)
            });
            *pixel = palette.tint(grey, ink);
        }
    }

    /// Gives one pixel a colour of the palette; outside the picture nothing happens.
    fn put(&mut self, x: i64, y: i64, colour: u8) {
        if let Some(pixel) = self.pixel(x, y) {
            *pixel = colour;
        }
    }

    /// Gives one pixel a colour of the palette unless it is an ink; outside the picture nothing happens.
    fn put_under_inks(&mut self, x: i64, y: i64, colour: u8) {
        let palette = self.palette;
        if let Some(pixel) = self.pixel(x, y).filter(|pixel| !palette.is_ink(**pixel)) {
            *pixel = colour;
        }
    }

    fn pixel(&mut self, x: i64, y: i64) -> Option<&mut u8> {
        let inside = 0..i64::from(self.size.width);
        if !inside.contains(&x) || !(0..i64::from(self.size.height)).contains(&y) {
            return None;
        }
        let at = y as usize * self.size.width as usize + x as usize;
        self.pixels.get_mut(at)
    }

    /// Lays another picture of the same palette over this one, its upper left corner at `x`, `y`.
    fn lay(&mut self, other: &Indexed, (x, y): (u32, u32)) {
        let Some(room) = self
            .size
            .width
            .checked_sub(x)
            .map(|r| r.min(other.size.width))
        else {
            return;
        };
        let (start, width, room) = (x as usize, self.size.width as usize, room as usize);
        let rows = self.pixels.chunks_exact_mut(width.max(1)).skip(y as usize);
        for (row, from) in rows.zip(other.rows()) {
            row[start..start + room].copy_from_slice(&from[..room]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: (u32, u32), colour: impl FnMut(u32, u32) -> u8) -> Indexed {
        let (width, height) = size;
        Indexed::from_fn(
            Size { width, height },
            Palette::new(GreyLevels::USUAL),
            colour,
        )
    }

    #[test]
    fn a_patch_on_the_old_picture_makes_the_new_one() {
        let old = picture((50, 40), |x, y| ((x + y) % 30) as u8);
        let new = picture((50, 40), |x, y| match (x, y) {
            (23, 17) | (31, 29) => 31,
            _ => ((x + y) % 30) as u8,
        });
        let patch = new.since(&old, (10, 8)).unwrap();
        assert_eq!(patch.at, (20, 16));
        assert_eq!(
            (patch.picture.size.width, patch.picture.size.height),
            (12, 14)
        );
        let changed = patch.picture.pixels.iter().filter(|p| **p != CLEAR);
        assert_eq!(changed.count(), 2);
        let mut patched = old.clone();
        for (at, &pixel) in patch.picture.pixels.iter().enumerate() {
            let (x, y) = (20 + at % 12, 16 + at / 12);
            if pixel != CLEAR {
                patched.pixels[y * 50 + x] = pixel;
            }
        }
        assert_eq!(patched, new);
    }

    #[test]
    fn the_same_picture_and_one_of_another_size_have_no_patch() {
        let one = picture((5, 6), |x, _| x as u8);
        assert_eq!(one.since(&one, (1, 1)), None);
        assert_eq!(one.since(&picture((6, 5), |_, _| 0), (1, 1)), None);
    }

    #[test]
    fn a_doubled_picture_is_cut_to_its_size() {
        let doubled = picture((2, 1), |x, _| x as u8 + 1).doubled(Size {
            width: 3,
            height: 2,
        });
        assert_eq!(doubled.pixels, [1, 1, 2, 1, 1, 2]);
    }
}
