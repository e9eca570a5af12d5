//! The part of a slice that a picture shows, and where its voxels lie in the picture.

use super::Size;
use super::scale::voxel_under;
use super::span::Span;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::SliceMask;

/// A rectangle of voxels of a slice as it is turned for the screen; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Region {
    /// A whole slice.
    pub fn whole(shape: SliceShape, orientation: Orientation) -> Self {
        let screen = orientation.screen_shape(shape);
        Region {
            x: 0,
            y: 0,
            width: screen.width,
            height: screen.height,
        }
    }

    /// Its size in voxels.
    pub fn size(self) -> Size {
        Size {
            width: self.width,
            height: self.height,
        }
    }

    /// The pixel of the slice (file order) that lies under the middle of a pixel of a picture of
    /// this part, `size` pixels large. The pixel must be one of the picture.
    pub fn under(
        self,
        (x, y): (u32, u32),
        size: Size,
        shape: SliceShape,
        orientation: Orientation,
    ) -> (u32, u32) {
        let screen = (
            self.x + voxel_under(x, self.width, size.width),
            self.y + voxel_under(y, self.height, size.height),
        );
        orientation.to_slice(shape, screen)
    }

    /// Whether it is something and lies on the slice.
    fn within(self, screen: SliceShape) -> bool {
        let fits = |at: u32, size: u32, all: u32| {
            size > 0 && at.checked_add(size).is_some_and(|end| end <= all)
        };
        fits(self.x, self.width, screen.width) && fits(self.y, self.height, screen.height)
    }
}

/// How the voxels of a slice become the pixels of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Projection {
    shape: SliceShape,
    orientation: Orientation,
    region: Region,
}

impl Projection {
    /// `None` if the region does not lie on the slice.
    pub fn new(shape: SliceShape, orientation: Orientation, region: Region) -> Option<Self> {
        let fits = region.within(orientation.screen_shape(shape));
        fits.then_some(Projection {
            shape,
            orientation,
            region,
        })
    }

    /// Size of the slice.
    pub fn shape(&self) -> SliceShape {
        self.shape
    }

    pub fn region(&self) -> Region {
        self.region
    }

    /// Whether the slice goes on beyond the left, right, upper and lower edge of the picture.
    pub fn goes_on(&self) -> [bool; 4] {
        let screen = self.orientation.screen_shape(self.shape);
        let Region {
            x,
            y,
            width,
            height,
        } = self.region;
        [
            x > 0,
            x + width < screen.width,
            y > 0,
            y + height < screen.height,
        ]
    }

    /// The voxels of the region, row by row as they are seen: their places in the slice's values.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let Region {
            x,
            y,
            width,
            height,
        } = self.region;
        let place = |column, row| {
            let (x, y) = self.orientation.to_slice(self.shape, (column, row));
            y as usize * self.shape.width as usize + x as usize
        };
        // From any voxel it is as far to the next one on its right, and to the one below it;
        // backwards where the slice is flipped, so that the sums wrap.
        let first = place(x, y);
        let step = |is_one: bool, next: (u32, u32)| {
            let next = is_one.then(|| place(next.0, next.1));
            next.map_or(0, |next| next.wrapping_sub(first))
        };
        let across = step(width > 1, (x + 1, y));
        let down = step(height > 1, (x, y + 1));
        (0..height as usize).flat_map(move |row| {
            let start = first.wrapping_add(row.wrapping_mul(down));
            (0..width as usize).map(move |column| start.wrapping_add(column.wrapping_mul(across)))
        })
    }

    /// What of a mask lies in the region, as it is seen; `None` if it is a mask of another slice.
    pub fn turned(&self, mask: &SliceMask) -> Option<SliceMask> {
        if mask.shape() != self.shape {
            return None;
        }
        let pixels = self.places().map(|at| mask.pixels()[at]).collect();
        let Size { width, height } = self.region.size();
        SliceMask::from_pixels(SliceShape { width, height }, pixels)
    }

    /// Column and row of a voxel of the slice relative to the region; perhaps outside.
    fn relative(&self, (x, y): (u32, u32)) -> (i64, i64) {
        let voxel = (x.min(self.shape.width - 1), y.min(self.shape.height - 1));
        let (x, y) = self.orientation.to_screen(self.shape, voxel);
        (
            i64::from(x) - i64::from(self.region.x),
            i64::from(y) - i64::from(self.region.y),
        )
    }

    /// Lengths along columns and rows of the slice, in 256ths of a voxel, as pixels across and down.
    pub fn lengths(&self, (columns, rows): (u32, u32), size: Size) -> (f64, f64) {
        let (across, down) = match self.orientation.transpose {
            true => (rows, columns),
            false => (columns, rows),
        };
        let pixels = |parts: u32, pixels: u32, voxels: u32| {
            f64::from(parts) / 256.0 * f64::from(pixels) / f64::from(voxels)
        };
        (
            pixels(across, size.width, self.region.width),
            pixels(down, size.height, self.region.height),
        )
    }

    /// The pixel in the middle of a voxel; perhaps outside of the picture.
    pub fn middle(&self, voxel: (u32, u32), size: Size) -> (i64, i64) {
        let (x, y) = self.relative(voxel);
        let middle = |at: i64, pixels: u32, voxels: u32| {
            ((2 * at + 1) * i64::from(pixels)).div_euclid(2 * i64::from(voxels))
        };
        (
            middle(x, size.width, self.region.width),
            middle(y, size.height, self.region.height),
        )
    }

    /// First and last column, first and last row of the pixels over two voxels and what lies
    /// between them; perhaps outside of the picture.
    pub fn spanned(&self, a: (u32, u32), b: (u32, u32), size: Size) -> ([i64; 2], [i64; 2]) {
        let (a, b) = (self.relative(a), self.relative(b));
        let over = |a: i64, b: i64, pixels: u32, voxels: u32| {
            let scaled = |at: i64| at * i64::from(pixels);
            let voxels = i64::from(voxels);
            let end = -(-scaled(a.max(b) + 1)).div_euclid(voxels);
            [scaled(a.min(b)).div_euclid(voxels), end - 1]
        };
        (
            over(a.0, b.0, size.width, self.region.width),
            over(a.1, b.1, size.height, self.region.height),
        )
    }
}

/// Pixels of a line that may stand for any of the voxels `of`.
pub(super) fn pixels_over(of: Span, voxels: u32, pixels: u32) -> std::ops::Range<u32> {
    let scaled = |n: u32| u64::from(n) * u64::from(pixels);
    let first = scaled(of.start) / u64::from(voxels);
    let end = scaled(of.end).div_ceil(u64::from(voxels));
    first as u32..(end as u32).min(pixels)
}
