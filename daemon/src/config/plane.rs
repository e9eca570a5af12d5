//! `plane`: the plane in which a volume is cut into slices.

use medicosam_shared::geometry::{Axis, Plane};
use medicosam_shared::provenance::ScanInfo;

/// The plane in which a volume is cut into slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlicePlane {
    /// The plane that the scanner acquired: across the axis of the largest spacing.
    Acquisition,
    /// The plane closest to this one.
    Fixed(Plane),
}

impl SlicePlane {
    /// The voxel axis across which a scan is cut. A scan of a single slice, such as a picture, is
    /// cut across its thin axis, whatever the plane.
    pub fn axis(self, scan: &ScanInfo) -> Axis {
        let thin = |axis: &Axis| scan.dims.along(*axis) == 1;
        let mut single = Axis::ALL.into_iter().filter(thin);
        match (single.next(), single.next(), self) {
            (Some(axis), None, _) => axis,
            (_, _, SlicePlane::Acquisition) => scan.affine.acquisition_axis(),
            (_, _, SlicePlane::Fixed(plane)) => scan.affine.axis(plane),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Affine, Dims};

    #[test]
    fn a_scan_of_one_slice_is_sliced_across_its_thin_axis() {
        let scan = |dims| ScanInfo {
            dims: Dims(dims),
            affine: Affine::from_spacing([1.0, 1.0, 3.0]),
            voxel_type: "uint8".into(),
            picture: false,
            notes: vec![],
        };
        let coronal = SlicePlane::Fixed(Plane::Coronal);
        assert_eq!(coronal.axis(&scan([9, 9, 9])), Axis::J);
        assert_eq!(coronal.axis(&scan([9, 9, 1])), Axis::K);
        assert_eq!(SlicePlane::Acquisition.axis(&scan([1, 9, 9])), Axis::I);
        assert_eq!(SlicePlane::Acquisition.axis(&scan([9, 1, 1])), Axis::K);
    }
}
