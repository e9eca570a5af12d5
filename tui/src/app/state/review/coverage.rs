//! The parts of a mask that a reviewer has seen.

use super::slices::SliceId;
use medicosam_shared::geometry::Axis;
use std::collections::BTreeSet;

/// Slices of one revision whose masks were seen. Any plane will do to go through a scan, so each is
/// counted separately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage([Across; 3]);

/// The slices across one axis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Across {
    seen: BTreeSet<u32>,
    /// The slices that have a mask.
    masked: BTreeSet<u32>,
}

impl Across {
    fn count(&self) -> (usize, usize) {
        let seen = self.masked.intersection(&self.seen).count();
        (seen, self.masked.len())
    }
}

impl Coverage {
    /// A slice is on the screen, and its masks can be judged there or not. `masked` gives the slices
    /// across its axis that have a mask.
    pub fn show(
        &mut self,
        slice: SliceId,
        is_legible: bool,
        masked: impl FnOnce() -> BTreeSet<u32>,
    ) {
        let across = &mut self.0[slice.axis.index()];
        if across.masked.is_empty() {
            across.masked = masked();
        }
        if is_legible {
            across.seen.insert(slice.index);
        }
    }

    /// Whether a slice was seen.
    pub fn has_seen(&self, slice: SliceId) -> bool {
        self.0[slice.axis.index()].seen.contains(&slice.index)
    }

    /// Slices with a mask, seen and in total, for the axis with the largest share seen.
    pub fn count(&self) -> (usize, usize) {
        let counts = self.0.iter().map(Across::count);
        let better = |a: (usize, usize), b: (usize, usize)| match a.0 * b.1 >= b.0 * a.1 {
            true if a.1 > 0 => a,
            _ => b,
        };
        counts.fold((0, 0), better)
    }

    /// The slices with a mask across an axis that were not seen.
    pub fn unseen(&self, axis: Axis) -> impl Iterator<Item = u32> {
        let across = &self.0[axis.index()];
        across.masked.difference(&across.seen).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_that_was_gone_through_counts() {
        let slice = |axis, index| SliceId { axis, index };
        let mut coverage = Coverage::default();
        assert_eq!(coverage.count(), (0, 0));
        coverage.show(slice(Axis::K, 4), false, || (2..6).collect());
        assert_eq!(coverage.count(), (0, 4), "shown too small");
        coverage.show(slice(Axis::K, 3), true, || (2..6).collect());
        assert_eq!(coverage.count(), (1, 4));
        coverage.show(slice(Axis::J, 9), true, || (9..11).collect());
        assert_eq!(coverage.count(), (1, 2), "half is more than a quarter");
        assert_eq!(coverage.unseen(Axis::K).collect::<Vec<_>>(), [2, 4, 5]);
        coverage.show(slice(Axis::I, 40), true, BTreeSet::new);
        assert_eq!(coverage.count(), (1, 2), "no mask is there to be seen");
    }
}
