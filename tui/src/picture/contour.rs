//! The outline of a mask at the resolution of a picture.

use super::scale::voxel_under;
use super::span::Span;
use super::{Indexed, Ink, Size};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::SliceMask;
use std::ops::Range;

/// Pixels of a picture that lie on a mask: a rectangle of them.
struct Patch {
    left: u32,
    top: u32,
    width: usize,
    height: usize,
    inside: Vec<bool>,
}

/// Paints the outline of `mask`, `thickness` pixels wide, along the inner side of its edge.
///
/// An enlarged mask keeps the steps of its voxels: the edge is where the mask says it is. In a
/// picture smaller than the slice a pixel is inside if any voxel under it is, so that no mask is
/// too small to be seen.
pub fn paint(
    picture: &mut Indexed,
    mask: &SliceMask,
    orientation: Orientation,
    thickness: u32,
    ink: Ink,
) {
    let Some(patch) = Patch::of(mask, orientation, picture.size()) else {
        return;
    };
    let mut core = patch.inside.clone();
    for _ in 0..thickness {
        core = patch.eroded(&core);
    }
    for (at, (&inside, core)) in patch.inside.iter().zip(core).enumerate() {
        if inside && !core {
            let x = i64::from(patch.left) + (at % patch.width) as i64;
            let y = i64::from(patch.top) + (at / patch.width) as i64;
            picture.paint(x, y, ink);
        }
    }
}

impl Patch {
    /// The part of a picture of `size` that `mask` touches; `None` for an empty mask.
    fn of(mask: &SliceMask, orientation: Orientation, size: Size) -> Option<Patch> {
        let shape = mask.shape();
        let (columns, rows) = extent(mask, orientation)?;
        let screen = orientation.screen_shape(shape);
        let left = pixels_over(columns, screen.width, size.width);
        let top = pixels_over(rows, screen.height, size.height);
        let mut inside = Vec::with_capacity(left.len() * top.len());
        for y in top.clone() {
            let rows = voxels_under(y, screen.height, size.height);
            for x in left.clone() {
                let columns = voxels_under(x, screen.width, size.width);
                let any = rows.clone().any(|row| {
                    columns.clone().any(|column| {
                        let (x, y) = orientation.to_slice(shape, (column, row));
                        mask.get(x, y)
                    })
                });
                inside.push(any);
            }
        }
        Some(Patch {
            left: left.start,
            top: top.start,
            width: left.len(),
            height: top.len(),
            inside,
        })
    }

    /// `pixels` without those that have a neighbour (up, down, left, right) outside.
    fn eroded(&self, pixels: &[bool]) -> Vec<bool> {
        let (width, height) = (self.width, self.height);
        let mut eroded = vec![false; pixels.len()];
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let at = y * width + x;
                eroded[at] = pixels[at]
                    && pixels[at - 1]
                    && pixels[at + 1]
                    && pixels[at - width]
                    && pixels[at + width];
            }
        }
        eroded
    }
}

/// Columns and rows of the screen, in voxels, that a mask touches; `None` for an empty mask.
fn extent(mask: &SliceMask, orientation: Orientation) -> Option<(Span, Span)> {
    let shape = mask.shape();
    let (mut columns, mut rows) = (Span::EMPTY, Span::EMPTY);
    for (at, _) in mask.pixels().iter().enumerate().filter(|(_, set)| **set) {
        let voxel = (at as u32 % shape.width, at as u32 / shape.width);
        let (x, y) = orientation.to_screen(shape, voxel);
        columns.cover(x, x + 1);
        rows.cover(y, y + 1);
    }
    (!columns.is_empty()).then_some((columns, rows))
}

/// Voxels of a line that a pixel stands for: the one under its middle, or where pixels are larger
/// than voxels all that it covers any part of.
fn voxels_under(pixel: u32, voxels: u32, pixels: u32) -> Range<u32> {
    if pixels >= voxels {
        let voxel = voxel_under(pixel, voxels, pixels);
        return voxel..voxel + 1;
    }
    let scaled = |n: u32| u64::from(n) * u64::from(voxels);
    let first = scaled(pixel) / u64::from(pixels);
    let end = scaled(pixel + 1).div_ceil(u64::from(pixels));
    first as u32..end as u32
}

/// Pixels of a line that may stand for any of the voxels `of`.
pub(super) fn pixels_over(of: Span, voxels: u32, pixels: u32) -> Range<u32> {
    let scaled = |n: u32| u64::from(n) * u64::from(pixels);
    let first = scaled(of.start) / u64::from(voxels);
    let end = scaled(of.end).div_ceil(u64::from(voxels));
    first as u32..(end as u32).min(pixels)
}
