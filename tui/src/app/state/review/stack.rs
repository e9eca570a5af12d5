//! The slices of a scan along one axis.

use medicosam_shared::case::CaseDetail;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane, SliceShape};

/// The slices of a scan as they are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack {
    /// Size of the scan.
    pub dims: Dims,
    /// Voxel to world.
    pub affine: Affine,
    /// The axis that slices are cut across.
    pub axis: Axis,
}

impl Stack {
    /// The slices of a case: cut as its current revision was, or as the scanner did.
    pub fn of(detail: &CaseDetail) -> Option<Stack> {
        let scan = detail.scan.as_ref().filter(|s| s.affine.is_usable())?;
        let axis = detail.current().map(|r| r.provenance.axis);
        Some(Stack {
            dims: scan.dims,
            affine: scan.affine,
            axis: axis.unwrap_or_else(|| scan.affine.acquisition_axis()),
        })
    }

    /// The slices of the same scan across another axis.
    pub fn across(self, axis: Axis) -> Stack {
        Stack { axis, ..self }
    }

    /// Number of slices.
    pub fn count(&self) -> u32 {
        self.dims.along(self.axis)
    }

    /// Size of a slice.
    pub fn shape(&self) -> SliceShape {
        self.dims.slice_shape(self.axis)
    }

    /// The plane that slices lie in.
    pub fn plane(&self) -> Plane {
        self.affine.plane(self.axis)
    }

    /// How a slice is turned for the screen.
    pub fn orientation(&self) -> Orientation {
        Orientation::of_slice(&self.affine, self.axis)
    }

    /// Millimetres between the columns and the rows of a slice.
    pub fn spacing(&self) -> [f64; 2] {
        let spacing = self.affine.spacing();
        let (columns, rows) = self.axis.in_plane();
        [spacing[columns.index()], spacing[rows.index()]]
    }

    /// World position (mm, RAS+) of a pixel of a slice.
    pub fn world(&self, slice: u32, (x, y): (u32, u32)) -> [f64; 3] {
        self.affine
            .to_world(self.axis.voxel(slice, x, y).map(f64::from))
    }

    /// The pixel of its slice that a voxel is.
    pub fn pixel(&self, voxel: [u32; 3]) -> (u32, u32) {
        let (columns, rows) = self.axis.in_plane();
        (voxel[columns.index()], voxel[rows.index()])
    }

    /// The voxel nearest to another one that lies within the scan.
    pub fn nearest(&self, voxel: [u32; 3]) -> [u32; 3] {
        Axis::ALL.map(|axis| {
            let last = self.dims.along(axis).saturating_sub(1);
            voxel[axis.index()].min(last)
        })
    }

    /// Degrees between the slices and the plane they are named after; 0 for a straight scan.
    pub fn tilt(&self) -> f64 {
        let (columns, rows) = self.axis.in_plane();
        let [a, b] = [columns, rows].map(|axis| self.affine.direction(axis));
        let normal = [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ];
        let length = normal.iter().map(|v| v * v).sum::<f64>().sqrt();
        let along = normal[world_axis(self.plane())].abs() / length;
        along.min(1.0).acos().to_degrees()
    }
}

/// The world axis that slices of a plane are stacked along: x, y or z.
pub fn world_axis(plane: Plane) -> usize {
    match plane {
        Plane::Sagittal => 0,
        Plane::Coronal => 1,
        Plane::Axial => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tilt_is_the_angle_to_the_plane() {
        let (sin, cos) = 12f64.to_radians().sin_cos();
        let stack = |affine| Stack {
            dims: Dims([4, 5, 6]),
            affine,
            axis: Axis::K,
        };
        let straight = stack(Affine::from_spacing([1.0, 2.0, 3.0]));
        let tilted = stack(Affine([
            [2.0, 0.0, 0.0, 0.0],
            [0.0, cos, -3.0 * sin, 0.0],
            [0.0, sin, 3.0 * cos, 0.0],
        ]));
        for axis in Axis::ALL {
            assert!(straight.across(axis).tilt() < 1e-6);
        }
        assert!((tilted.tilt() - 12.0).abs() < 1e-6);
        assert!((tilted.across(Axis::J).tilt() - 12.0).abs() < 1e-6);
        assert!(tilted.across(Axis::I).tilt() < 1e-6);
    }
}
