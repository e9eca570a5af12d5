//! How large a mask is, where it lies, and of how many parts it is.

use super::bars::{axes, bars};
use super::parts::parts;
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::{MaskSet, ObjectMask};
use medicosam_shared::prompt::Label;
use std::ops::Range;

/// An object as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// The object.
    pub label: Label,
    /// Parts that do not touch one another by a face of a voxel.
    pub parts: usize,
    /// Pixels on each slice across i, j and k.
    areas: [Vec<u64>; 3],
}

impl Measures {
    /// Measures an object of a set.
    pub fn of(set: &MaskSet, object: &ObjectMask) -> Self {
        let mut areas = Axis::ALL.map(|axis| vec![0u64; set.dims.along(axis) as usize]);
        let (along, down, across) = axes(set);
        // Where bars begin and end; their sum from the left is how many lie over a column.
        let mut edges = vec![0i64; set.dims.along(along) as usize + 1];
        for bar in bars(set, object) {
            let pixels = u64::from(bar.end - bar.start);
            areas[across.index()][bar.slice as usize] += pixels;
            areas[down.index()][bar.row as usize] += pixels;
            edges[bar.start as usize] += 1;
            edges[bar.end as usize] -= 1;
        }
        let mut over = 0;
        for (area, edge) in areas[along.index()].iter_mut().zip(edges) {
            over += edge;
            *area = over as u64;
        }
        Measures {
            label: object.label,
            parts: parts(bars(set, object)),
            areas,
        }
    }

    /// Pixels on each slice across `axis`, from the first slice to the last.
    pub fn areas(&self, axis: Axis) -> &[u64] {
        &self.areas[axis.index()]
    }

    /// The slices across `axis` from the first that has any of it to the last; `None` if none has.
    pub fn extent(&self, axis: Axis) -> Option<Range<u32>> {
        let areas = self.areas(axis);
        let first = areas.iter().position(|a| *a > 0)?;
        let last = areas.iter().rposition(|a| *a > 0)?;
        Some(first as u32..last as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cut;
    use super::super::testing::random_set;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn areas_are_those_of_the_cuts(set in random_set()) {
            let object = &set.objects[0];
            let measures = Measures::of(&set, object);
            for axis in Axis::ALL {
                let cuts: Vec<u64> = (0..set.dims.along(axis))
                    .map(|index| cut(&set, object, axis, index).map_or(0, |m| m.area()))
                    .collect();
                prop_assert_eq!(measures.areas(axis), &cuts[..]);
                let on: Vec<u32> = (0..cuts.len()).filter(|n| cuts[*n] > 0).map(|n| n as u32).collect();
                let extent = measures.extent(axis);
                prop_assert_eq!(extent.clone().map(|e| e.start), on.first().copied());
                prop_assert_eq!(extent.map(|e| e.end - 1), on.last().copied());
            }
        }
    }
}
