//! Pictures: a slice of a scan with its masks, as pixels and then as what a terminal shows.
//!
//! A picture has few colours that are fixed beforehand: evenly spaced greys, and the colours of
//! masks and marks. No quantiser and no dithering ever touches it, so that equal voxels are equal
//! on the screen and no texture appears that is not in the scan.
//!
//! - [`palette`]: those colours.
//! - [`compose`]: slice, window, masks and marks → [`Indexed`].
//! - [`arrange`]: several of them in one picture.
//! - [`sixel`], [`halfblock`]: [`Indexed`] → what a terminal understands.
//!
//! Nothing here knows of terminals, screens or the daemon.

pub mod arrange;
pub mod compose;
mod contour;
pub mod halfblock;
mod letters;
mod marks;
pub mod palette;
mod region;
mod scale;
pub mod sixel;
mod span;

pub use compose::{Canvas, Form, Scene, compose};
pub use marks::Mark;
pub use palette::{GreyLevels, Ink, Opacity, Palette};
pub use region::Region;
pub use scale::Resample;

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

/// A picture whose pixels are colours of a palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    size: Size,
    palette: Palette,
    /// Row by row, left to right; every one is below `palette.len()`.
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
            pixels,
        }
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

    /// Paints one pixel; outside the picture nothing happens.
    fn paint(&mut self, x: i64, y: i64, ink: Ink) {
        self.put(x, y, self.palette.ink(ink));
    }

    /// Mixes one pixel with an ink; outside the picture nothing happens.
    fn tint(&mut self, x: i64, y: i64, ink: Ink) {
        let palette = self.palette;
        if let Some(pixel) = self.pixel(x, y) {
            *pixel = palette.tint(*pixel, ink);
        }
    }

    /// Gives one pixel a colour of the palette; outside the picture nothing happens.
    fn put(&mut self, x: i64, y: i64, colour: u8) {
        if let Some(pixel) = self.pixel(x, y) {
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
