//! A mask at the resolution of a picture: its outline, or all of it tinted.

use super::region::{Projection, pixels_over};
use super::scale::voxel_under;
use super::span::Span;
use super::{Indexed, Ink, Size};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use std::ops::Range;

/// Pixels of a picture that lie on a mask: a rectangle of them.
struct Patch {
    left: u32,
    top: u32,
    width: usize,
    height: usize,
    inside: Vec<bool>,
    /// Whether the mask may go on beyond the left, right, upper and lower edge of the patch,
    /// because the picture ends there and the slice does not.
    goes_on: [bool; 4],
}

/// Pixels of a line, and those beside it that set it off from the greys around.
#[derive(Debug, Default)]
pub struct Line {
    line: Vec<(i64, i64)>,
    casing: Vec<(i64, i64)>,
}

/// The outline of `mask` in a picture of `size`, `thickness` pixels wide, along the inner side of its
/// edge, with a casing of one pixel along the outer side.
///
/// An enlarged mask keeps the steps of its voxels: the edge is where the mask says it is. In a
/// picture smaller than the slice a pixel is inside if any voxel under it is, so that no mask is
/// too small to be seen. Where a picture cuts off a mask there is no edge.
pub fn outline(mask: &SliceMask, projection: &Projection, size: Size, thickness: u32) -> Line {
    let Some(patch) = Patch::of(mask, projection, size) else {
        return Line::default();
    };
    let mut core = patch.inside.clone();
    for _ in 0..thickness {
        core = patch.eroded(&core);
    }
    let mut line = Line::default();
    for (at, (&inside, core)) in patch.inside.iter().zip(core).enumerate() {
        if inside && !core {
            let place = patch.place(at);
            line.line.push(place);
            let beside = around(place).filter(|place| !patch.is_inside(*place));
            line.casing.extend(beside);
        }
    }
    line
}

/// The eight pixels around one.
fn around((x, y): (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let steps = (-1..=1).flat_map(|down| (-1..=1).map(move |right| (right, down)));
    let others = steps.filter(|step| *step != (0, 0));
    others.map(move |(right, down)| (x + right, y + down))
}

impl Line {
    /// Paints the casing. That of all lines comes first, because a line may lie beside another one.
    pub fn paint_casing(&self, picture: &mut Indexed) {
        let casing = picture.palette().casing();
        for &(x, y) in &self.casing {
            picture.put(x, y, casing);
        }
    }

    /// Paints the line itself.
    pub fn paint(&self, picture: &mut Indexed, ink: Ink) {
        for &(x, y) in &self.line {
            picture.paint(x, y, ink);
        }
    }

    /// Dashes of it, `dash` pixels along the diagonals, with gaps of the same length.
    pub fn dashed(mut self, dash: i64) -> Line {
        let is_kept = |(x, y): &(i64, i64)| (x + y).rem_euclid(2 * dash) < dash;
        self.line.retain(is_kept);
        self.casing.retain(is_kept);
        self
    }

    /// The first pixel of its first row; `None` for a line without pixels.
    pub fn top(&self) -> Option<(i64, i64)> {
        self.line.iter().copied().min_by_key(|&(x, y)| (y, x))
    }
}

/// Tints all of `mask`.
pub fn fill(picture: &mut Indexed, mask: &SliceMask, projection: &Projection, ink: Ink) {
    let Some(patch) = Patch::of(mask, projection, picture.size()) else {
        return;
    };
    let inside = patch
        .inside
        .iter()
        .enumerate()
        .filter(|(_, inside)| **inside);
    for (at, _) in inside {
        let (x, y) = patch.place(at);
        picture.tint(x, y, ink);
    }
}

impl Patch {
    /// The part of a picture of `size` that `mask` touches; `None` if it touches none.
    fn of(mask: &SliceMask, projection: &Projection, size: Size) -> Option<Patch> {
        let mask = projection.turned(mask)?;
        let SliceShape { width, height } = mask.shape();
        let (columns, rows) = extent(&mask)?;
        let left = pixels_over(columns, width, size.width);
        let top = pixels_over(rows, height, size.height);
        let under: Vec<_> = left
            .clone()
            .map(|x| voxels_under(x, width, size.width))
            .collect();
        let mut inside = Vec::with_capacity(left.len() * top.len());
        let mut line = vec![false; width as usize];
        for y in top.clone() {
            line.fill(false);
            for row in voxels_under(y, height, size.height) {
                let row = &mask.pixels()[row as usize * width as usize..][..width as usize];
                line.iter_mut().zip(row).for_each(|(any, set)| *any |= set);
            }
            let any_of = |columns: &Range<u32>| {
                line[columns.start as usize..columns.end as usize].contains(&true)
            };
            inside.extend(under.iter().map(any_of));
        }
        let [to_left, to_right, up, down] = projection.goes_on();
        Some(Patch {
            goes_on: [
                to_left && left.start == 0,
                to_right && left.end == size.width,
                up && top.start == 0,
                down && top.end == size.height,
            ],
            left: left.start,
            top: top.start,
            width: left.len(),
            height: top.len(),
            inside,
        })
    }

    /// Whether a place in the picture lies on the mask.
    fn is_inside(&self, (x, y): (i64, i64)) -> bool {
        let column = usize::try_from(x - i64::from(self.left));
        let row = usize::try_from(y - i64::from(self.top));
        match (column, row) {
            (Ok(column), Ok(row)) if column < self.width && row < self.height => {
                self.inside[row * self.width + column]
            }
            _ => false,
        }
    }

    /// The place in the picture of the n-th pixel.
    fn place(&self, at: usize) -> (i64, i64) {
        (
            i64::from(self.left) + (at % self.width) as i64,
            i64::from(self.top) + (at / self.width) as i64,
        )
    }

    /// `pixels` without those that have a neighbour (up, down, left, right) outside.
    fn eroded(&self, pixels: &[bool]) -> Vec<bool> {
        let (width, height) = (self.width, self.height);
        let [left, right, up, down] = self.goes_on;
        let mut eroded = pixels.to_vec();
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                let neighbour = |inner: bool, beyond: bool, other: usize| {
                    if inner { pixels[other] } else { beyond }
                };
                eroded[at] = pixels[at]
                    && neighbour(x > 0, left, at.wrapping_sub(1))
                    && neighbour(x + 1 < width, right, at + 1)
                    && neighbour(y > 0, up, at.wrapping_sub(width))
                    && neighbour(y + 1 < height, down, at + width);
            }
        }
        eroded
    }
}

/// Columns and rows that a mask touches; `None` for an empty mask.
fn extent(mask: &SliceMask) -> Option<(Span, Span)> {
    let width = mask.shape().width.max(1) as usize;
    let (mut columns, mut rows) = (Span::EMPTY, Span::EMPTY);
    for (y, row) in (0..).zip(mask.pixels().chunks_exact(width)) {
        if let Some(first) = row.iter().position(|set| *set) {
            let last = row.iter().rposition(|set| *set).unwrap_or(first);
            columns.cover(first as u32, last as u32 + 1);
            rows.cover(y, y + 1);
        }
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
