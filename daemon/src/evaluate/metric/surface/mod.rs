//! The surfaces of two masks, and how far each lies from the other.
//!
//! As in DeepMind's `surface-distance` (Nikolov et al., 2018), on which challenges build: where eight
//! neighbouring voxels are not all in the mask nor all outside there is a piece of surface, at the corner
//! that they share, with the area that marching cubes gives it. Distances lie between such corners.

mod area;

use super::Compared;
use crate::evaluate::distance::{Grid, to_nearest};
use medicosam_shared::mask::{Rle, SliceMask};
use std::collections::BTreeMap;

/// The pieces of one mask's surface.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surface {
    /// Distance to the other surface in mm, infinite if there is none, and area in mm², nearest first.
    pieces: Vec<(f64, f64)>,
}

impl Surface {
    /// The whole area in mm²; on a single slice the length of the outline in mm, by a factor.
    pub fn area(&self) -> f64 {
        self.pieces.iter().map(|(_, area)| area).sum()
    }

    /// The area that lies at most so many mm from the other surface.
    pub fn within(&self, tolerance: f64) -> f64 {
        let near = self.pieces.iter().take_while(|(far, _)| *far <= tolerance);
        near.map(|(_, area)| area).sum()
    }

    /// The distance that a share of the area keeps within; `None` without a surface.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let wanted = share * self.area();
        let mut sum = 0.0;
        let reaches = |(_, area): &&(f64, f64)| {
            sum += area;
            sum >= wanted
        };
        let found = self.pieces.iter().find(reaches);
        found.or(self.pieces.last()).map(|(far, _)| *far)
    }
}

/// Both surfaces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surfaces {
    /// That of the truth, with distances to the result.
    pub truth: Surface,
    /// That of the result, with distances to the truth.
    pub found: Surface,
}

impl Surfaces {
    /// The surfaces of a result and of the truth.
    pub fn between(compared: &Compared) -> Self {
        let Some(part) = Part::of(compared) else {
            return Surfaces::default();
        };
        let (truth, found) = (part.corners(&compared.truth), part.corners(&compared.found));
        let spacing = compared.space.spacing;
        let areas = area::areas(spacing);
        let is_surface = |corners: &Grid<u8>| {
            Grid::from_fn(corners.sides(), |node| {
                !matches!(corners.at(node), 0 | u8::MAX)
            })
        };
        let surface = |of: &Grid<u8>, other: &Grid<u8>| {
            let distances = to_nearest(&is_surface(other), spacing);
            let all = of.values().iter().zip(distances.values());
            let pieces = all.filter(|&(&corner, _)| !matches!(corner, 0 | u8::MAX));
            let mut pieces: Vec<(f64, f64)> = pieces
                .map(|(&corner, &distance)| (distance, areas[usize::from(corner)]))
                .collect();
            pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
            Surface { pieces }
        };
        Surfaces {
            truth: surface(&truth, &found),
            found: surface(&found, &truth),
        }
    }
}

/// The part of a scan in which both masks lie.
struct Part {
    /// First voxel along slices, rows and columns.
    first: [u32; 3],
    /// Voxels along each.
    sides: [usize; 3],
    /// Whether there is one slice only, without an upper and a lower face.
    flat: bool,
    shape: medicosam_shared::geometry::SliceShape,
}

impl Part {
    fn of(compared: &Compared) -> Option<Part> {
        let shape = compared.space.shape;
        let all = compared.truth.iter().chain(&compared.found);
        let mut around: Option<([u32; 3], [u32; 3])> = None;
        for (&index, mask) in all {
            let Some(b) = mask.to_mask(shape).ok().and_then(|mask| mask.bounds()) else {
                continue;
            };
            let (low, high) = ([index, b.y0, b.x0], [index + 1, b.y1, b.x1]);
            let (first, last) = around.get_or_insert((low, high));
            for axis in 0..3 {
                first[axis] = first[axis].min(low[axis]);
                last[axis] = last[axis].max(high[axis]);
            }
        }
        let (first, last) = around?;
        Some(Part {
            first,
            sides: [0, 1, 2].map(|axis| (last[axis] - first[axis]) as usize),
            flat: compared.space.flat,
            shape,
        })
    }

    /// Which of the eight voxels around each corner of the part's voxels are in a mask.
    fn corners(&self, masks: &BTreeMap<u32, Rle>) -> Grid<u8> {
        let [first_slice, first_row, first_column] = self.first;
        let slices: Vec<Option<SliceMask>> = (0..self.sides[0] as u32)
            .map(|at| masks.get(&(first_slice + at))?.to_mask(self.shape).ok())
            .collect();
        // The voxel before a corner has the corner's number less one.
        let inside = |z: usize, y: usize, x: usize| {
            let slice = if self.flat { Some(0) } else { z.checked_sub(1) };
            let (Some(slice), Some(row), Some(column)) =
                (slice, y.checked_sub(1), x.checked_sub(1))
            else {
                return false;
            };
            if row >= self.sides[1] || column >= self.sides[2] {
                return false;
            }
            let mask = slices.get(slice).and_then(Option::as_ref);
            mask.is_some_and(|mask| mask.get(first_column + column as u32, first_row + row as u32))
        };
        let [slices, rows, columns] = self.sides.map(|side| side + 1);
        let slices = if self.flat { 1 } else { slices };
        Grid::from_fn([slices, rows, columns], |[z, y, x]| {
            let voxel = |at: usize| inside(z + (at >> 2 & 1), y + (at >> 1 & 1), x + (at & 1));
            (0..8).fold(0, |corner, at| corner | u8::from(voxel(at)) << at)
        })
    }
}
