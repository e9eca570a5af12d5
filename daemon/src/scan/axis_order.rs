//! The same grid, stored in another order of its axes.

use super::LabelMap;
use medicosam_shared::geometry::{Affine, Axis, Dims};

/// For each axis of one grid, the axis of another grid that runs along it, and whether it runs the
/// other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisOrder([(usize, bool); 3]);

/// All orders of three axes; the first is the one that changes nothing.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

impl AxisOrder {
    /// The order in which the axes of the grid `from` lie closest to those of `to`. Where an affine is
    /// not finite, nothing is reordered.
    pub fn between(from: &Affine, to: &Affine) -> AxisOrder {
        let directions = |affine: &Affine| Axis::ALL.map(|axis| affine.direction(axis));
        let (from, to) = (directions(from), directions(to));
        let cosine = |own: usize, other: usize| -> f64 {
            let products = to[own].iter().zip(from[other]);
            products.map(|(a, b)| a * b).sum()
        };
        let likeness = |order: &[usize; 3]| -> f64 {
            let cosines = order.iter().enumerate();
            cosines.map(|(own, &other)| cosine(own, other).abs()).sum()
        };
        let mut best = ORDERS[0];
        for order in ORDERS {
            // A small margin keeps the stored order where two are equally close.
            if likeness(&order) > likeness(&best) + 1e-6 {
                best = order;
            }
        }
        let mut axes = [(0, false); 3];
        for (own, &other) in best.iter().enumerate() {
            axes[own] = (other, cosine(own, other) < 0.0);
        }
        AxisOrder(axes)
    }

    /// Whether nothing is reordered.
    pub fn is_identity(self) -> bool {
        self.0 == [(0, false), (1, false), (2, false)]
    }
}

impl LabelMap {
    /// The same label map with its voxels in another order; each keeps its place in the world.
    pub fn reordered(&self, AxisOrder(axes): AxisOrder) -> LabelMap {
        let stored = self.info.dims.0;
        let dims = axes.map(|(axis, _)| stored[axis]);
        let last = axes.map(|(axis, _)| stored[axis].saturating_sub(1));
        let mut affine = self.info.affine;
        for (row, from) in affine.0.iter_mut().zip(&self.info.affine.0) {
            for (own, &(axis, is_mirrored)) in axes.iter().enumerate() {
                row[own] = if is_mirrored { -from[axis] } else { from[axis] };
                if is_mirrored {
                    row[3] += from[axis] * f64::from(last[own]);
                }
            }
        }
        let strides = [
            1,
            stored[0] as usize,
            stored[0] as usize * stored[1] as usize,
        ];
        let step = |own: usize, at: u32| {
            let (axis, is_mirrored) = axes[own];
            let at = if is_mirrored { last[own] - at } else { at };
            at as usize * strides[axis]
        };
        let mut voxels = Vec::with_capacity(self.voxels.len());
        for k in 0..dims[2] {
            for j in 0..dims[1] {
                let row = step(2, k) + step(1, j);
                voxels.extend((0..dims[0]).map(|i| self.voxels[row + step(0, i)]));
            }
        }
        let mut info = self.info.clone();
        (info.dims, info.affine) = (Dims(dims), affine);
        LabelMap {
            info,
            sha256: self.sha256.clone(),
            voxels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::provenance::ScanInfo;

    /// 4 × 3 × 2 voxels, all different, on an oblique grid.
    fn map() -> LabelMap {
        LabelMap {
            info: ScanInfo {
                dims: Dims([4, 3, 2]),
                affine: Affine([
                    [0.8, 0.1, 0.0, -3.0],
                    [-0.1, 0.9, 0.3, 7.0],
                    [0.0, -0.2, 4.0, 11.0],
                ]),
                voxel_type: "uint8".into(),
                picture: false,
                notes: vec![],
            },
            sha256: "abc".into(),
            voxels: (0..24).collect(),
        }
    }

    #[test]
    fn all_48_orders_come_back_to_the_same_voxels() {
        let original = map();
        for order in ORDERS {
            for mirrored in 0..8 {
                let axes = [0, 1, 2].map(|own| (order[own], mirrored >> own & 1 == 1));
                let stored = original.reordered(AxisOrder(axes));
                let back = AxisOrder::between(&stored.info.affine, &original.info.affine);
                let again = stored.reordered(back);
                assert_eq!(again.voxels, original.voxels, "{axes:?}");
                assert_eq!(again.info.dims, original.info.dims, "{axes:?}");
                for (a, b) in again.info.affine.0.iter().zip(original.info.affine.0) {
                    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9));
                }
                assert_eq!(back.is_identity(), AxisOrder(axes).is_identity());
            }
        }
    }

    #[test]
    fn a_voxel_keeps_its_place_in_the_world() {
        let original = map();
        let stored = original.reordered(AxisOrder([(2, true), (0, false), (1, true)]));
        assert_eq!(stored.info.dims, Dims([2, 4, 3]));
        // Voxel (1, 2, 0) is stored at (1 - 0, 1, 2 - 2).
        assert_eq!(stored.voxels[1 + 2], original.voxels[1 + 4 * 2]);
        let (a, b) = (
            stored.info.affine.to_world([1.0, 1.0, 0.0]),
            original.info.affine.to_world([1.0, 2.0, 0.0]),
        );
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn an_affine_that_is_not_finite_reorders_nothing() {
        let usable = map().info.affine;
        let mut broken = usable;
        broken.0[1][1] = f64::NAN;
        assert!(AxisOrder::between(&broken, &usable).is_identity());
    }
}
