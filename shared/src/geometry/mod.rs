//! Voxel axes, anatomical planes and slices.
//!
//! Voxels are indexed `[i, j, k]` as in the NIfTI file, `i` fastest in memory. A slice is cut
//! across one voxel axis; of the two others the lower one runs along its columns (x), the higher
//! one down its rows (y). Data is never resampled or reordered: only the affine tells what
//! is R, A or S, and only what people and models are shown is turned (see [`display`]).

mod affine;
pub mod display;

pub use affine::Affine;

use serde::{Deserialize, Serialize};

/// Number of voxels along i, j and k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dims(pub [u32; 3]);

impl Dims {
    /// Number of voxels along `axis`.
    pub fn along(self, axis: Axis) -> u32 {
        self.0[axis.index()]
    }

    /// Number of voxels in the volume.
    pub fn voxels(self) -> u64 {
        self.0.iter().map(|&n| u64::from(n)).product()
    }

    /// Width and height, in voxels, of a slice cut across `axis`.
    pub fn slice_shape(self, axis: Axis) -> SliceShape {
        let (columns, rows) = axis.in_plane();
        SliceShape {
            width: self.along(columns),
            height: self.along(rows),
        }
    }
}

impl std::fmt::Display for Dims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [i, j, k] = self.0;
        write!(f, "{i}×{j}×{k}")
    }
}

/// Size of a slice in voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SliceShape {
    /// Voxels along x, the slice's columns.
    pub width: u32,
    /// Voxels along y, the slice's rows.
    pub height: u32,
}

impl SliceShape {
    /// Number of pixels.
    pub fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// A voxel axis of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// First axis, fastest in memory.
    I,
    /// Second axis.
    J,
    /// Third axis, slowest in memory.
    K,
}

impl Axis {
    /// All axes in file order.
    pub const ALL: [Axis; 3] = [Axis::I, Axis::J, Axis::K];

    /// 0, 1 or 2.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The axes along the columns (x) and rows (y) of a slice cut across this axis.
    pub const fn in_plane(self) -> (Axis, Axis) {
        match self {
            Axis::I => (Axis::J, Axis::K),
            Axis::J => (Axis::I, Axis::K),
            Axis::K => (Axis::I, Axis::J),
        }
    }

    /// The voxel at column `x` and row `y` of slice `index` across this axis.
    pub const fn voxel(self, index: u32, x: u32, y: u32) -> [u32; 3] {
        match self {
            Axis::I => [index, x, y],
            Axis::J => [x, index, y],
            Axis::K => [x, y, index],
        }
    }
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Axis::I => "i",
            Axis::J => "j",
            Axis::K => "k",
        })
    }
}

/// An anatomical plane: the one that a slice lies in, or lies closest to if the scan is oblique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plane {
    /// Divides left from right; slices follow one another along world x.
    Sagittal,
    /// Divides front from back; slices follow one another along world y.
    Coronal,
    /// Divides head from feet; slices follow one another along world z.
    Axial,
}

impl Plane {
    /// All planes, in the order of the world axes that they are stacked along.
    pub const ALL: [Plane; 3] = [Plane::Sagittal, Plane::Coronal, Plane::Axial];
}

impl std::fmt::Display for Plane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Plane::Sagittal => "sagittal",
            Plane::Coronal => "coronal",
            Plane::Axial => "axial",
        })
    }
}

impl std::str::FromStr for Plane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sagittal" => Ok(Plane::Sagittal),
            "coronal" => Ok(Plane::Coronal),
            "axial" => Ok(Plane::Axial),
            other => Err(format!(
                "unknown plane {other:?}; it is axial, coronal or sagittal"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_has_the_shape_of_the_two_other_axes() {
        let dims = Dims([5, 7, 11]);
        let shape = |axis| {
            let s = dims.slice_shape(axis);
            (s.width, s.height)
        };
        assert_eq!(shape(Axis::I), (7, 11));
        assert_eq!(shape(Axis::J), (5, 11));
        assert_eq!(shape(Axis::K), (5, 7));
    }

    #[test]
    fn a_pixel_of_a_slice_is_the_voxel_it_came_from() {
        for axis in Axis::ALL {
            let (columns, rows) = axis.in_plane();
            let voxel = axis.voxel(3, 1, 2);
            assert_eq!(voxel[axis.index()], 3);
            assert_eq!(voxel[columns.index()], 1);
            assert_eq!(voxel[rows.index()], 2);
        }
    }
}
