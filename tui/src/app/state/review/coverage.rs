//! The parts of a mask that have been on the screen.

use super::slices::SliceId;
use medicosam_shared::geometry::Axis;
use std::collections::BTreeSet;

/// Slices of one revision that were shown with their masks. Any plane will do to go
/// through a scan, so each is counted separately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage([Across; 3]);

/// The slices across one axis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Across {
    shown: BTreeSet<u32>,
    /// The slices that have a mask.
    masked: BTreeSet<u32>,
}

impl Across {
    fn count(&self) -> (usize, usize) {
        let shown = self.masked.intersection(&self.shown).count();
        (shown, self.masked.len())
    }
}

impl Coverage {
    /// A slice is on the screen. `masked` gives the slices across its axis that have a mask.
    pub fn show(&mut self, slice: SliceId, masked: impl FnOnce() -> BTreeSet<u32>) {
        let across = &mut self.0[slice.axis.index()];
        if across.masked.is_empty() {
            across.masked = masked();
        }
        across.shown.insert(slice.index);
    }

    /// Slices with a mask, shown and in total, for the axis with the largest share shown.
    pub fn count(&self) -> (usize, usize) {
        let counts = self.0.iter().map(Across::count);
        let better = |a: (usize, usize), b: (usize, usize)| match a.0 * b.1 >= b.0 * a.1 {
            true if a.1 > 0 => a,
            _ => b,
        };
        counts.fold((0, 0), better)
    }

    /// The slices with a mask across an axis that were not shown.
    pub fn unseen(&self, axis: Axis) -> impl Iterator<Item = u32> {
        let across = &self.0[axis.index()];
        across.masked.difference(&across.shown).copied()
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
        coverage.show(slice(Axis::K, 3), || (2..6).collect());
        assert_eq!(coverage.count(), (1, 4));
        coverage.show(slice(Axis::J, 9), || (9..11).collect());
        assert_eq!(coverage.count(), (1, 2), "half is more than a quarter");
        assert_eq!(coverage.unseen(Axis::K).collect::<Vec<_>>(), [2, 4, 5]);
        coverage.show(slice(Axis::I, 40), BTreeSet::new);
        assert_eq!(coverage.count(), (1, 2), "no mask is there to be seen");
    }
}
