//! Made-up masks.

use medicosam_shared::geometry::{Axis, Dims};
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::prompt::Label;
use proptest::prelude::*;

/// A set with one object of scattered voxels, cut across any axis.
pub fn random_set() -> impl Strategy<Value = MaskSet> {
    random_pair().prop_map(|(set, _)| set)
}

/// Two such sets of the same scan, cut across the same axis.
pub fn random_pair() -> impl Strategy<Value = (MaskSet, MaskSet)> {
    let sizes = prop_oneof![Just([5, 4, 3]), Just([1, 6, 4]), Just([3, 1, 5])];
    let axes = prop_oneof![Just(Axis::I), Just(Axis::J), Just(Axis::K)];
    let rare = prop_oneof![Just(1u64), Just(2), Just(5)];
    (sizes, axes, any::<[u64; 2]>(), rare).prop_map(|(dims, axis, seeds, rare)| {
        let [a, b] = seeds.map(|seed| scattered(Dims(dims), axis, seed, rare));
        (a, b)
    })
}

fn scattered(dims: Dims, axis: Axis, seed: u64, rare: u64) -> MaskSet {
    let mut set = MaskSet::empty(dims, axis);
    let shape = dims.slice_shape(axis);
    for index in 0..dims.along(axis) {
        let mask = SliceMask::from_fn(shape, |x, y| {
            let [i, j, k] = axis.voxel(index, x, y).map(u64::from);
            let place = i * 7919 + j * 104_729 + k * 1_299_709;
            let noise = (seed ^ place).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (noise >> 40).is_multiple_of(rare + 1)
        });
        set.set_runs(Label::MIN, "x", index, mask.to_rle());
    }
    set
}
