//! What of a mask has been on the screen.

use std::collections::BTreeSet;

/// Slices of one revision that were shown with their masks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    shown: BTreeSet<u32>,
    /// The slices that have a mask.
    masked: BTreeSet<u32>,
}

impl Coverage {
    /// A picture is on the screen, of a revision with masks on the slices `masked`: of one of these
    /// or another slice in their plane, or none if it is of another plane only.
    pub fn show(&mut self, index: Option<u32>, masked: impl FnOnce() -> BTreeSet<u32>) {
        if self.masked.is_empty() {
            self.masked = masked();
        }
        self.shown.extend(index);
    }

    /// Slices with a mask, shown and all.
    pub fn count(&self) -> (usize, usize) {
        let shown = self.masked.intersection(&self.shown).count();
        (shown, self.masked.len())
    }

    /// The slices with a mask that were not shown.
    pub fn unseen(&self) -> impl Iterator<Item = u32> {
        self.masked.difference(&self.shown).copied()
    }
}
