//! Which voxel and which plane is looked at, and how closely.

use super::layout::Layout;
use super::stack::Stack;
use super::{Chosen, Review, zoom};
use crate::app::event::Effect;
use medicosam_shared::geometry::Axis;
use std::ops::Range;

impl Review {
    /// Looks at slice `index`, or the last one; returns what is needed for it.
    pub fn look(&mut self, index: u32) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let mut at = self.at;
        at[stack.axis.index()] = index;
        self.look_at(at)
    }

    /// The current slice in the masks' own plane.
    pub fn own_index(&self) -> u32 {
        let own = self.detail.as_ref().and_then(Stack::of);
        own.map_or(0, |stack| self.at[stack.axis.index()])
    }

    /// Whether the slices that are seen are those that the masks are cut along.
    pub fn is_own_plane(&self) -> bool {
        let own = self.detail.as_ref().and_then(Stack::of);
        own.map(|own| own.axis) == self.stack().map(|stack| stack.axis)
    }

    /// Looks at slice `index` in the masks' own plane.
    pub fn look_own(&mut self, index: u32) -> Vec<Effect> {
        self.axis = None;
        if self.layout == Layout::Mosaic {
            self.layout = Layout::One;
        }
        self.look(index)
    }

    /// Looks at a voxel, or the nearest one within the scan; returns what is needed for it.
    pub fn look_at(&mut self, voxel: [u32; 3]) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        if self.chosen == Chosen::Automatically {
            self.chosen = Chosen::WithSlice;
        }
        self.at = stack.nearest(voxel);
        self.load()
    }

    /// Looks at the slices across another axis; `None`: the one that the masks are cut across.
    pub fn look_across(&mut self, axis: Option<Axis>) -> Vec<Effect> {
        self.axis = axis;
        self.follow_masks();
        self.load()
    }

    /// Shows the masks as large as possible, with a margin. Returns whether there are any.
    pub fn fit_masks(&mut self) -> bool {
        let fit = self.stack().zip(self.masks_extent());
        if let Some((stack, extent)) = fit.clone() {
            self.zoom_mut().fit(&stack, extent);
        }
        fit.is_some()
    }

    /// Fits what follows the masks; not while somebody draws, whose hand must stay in place.
    pub(super) fn follow_masks(&mut self) {
        let fit = self.stack().zip(self.masks_extent());
        if let Some((stack, extent)) = fit.filter(|_| !self.mode.is_edit()) {
            self.zooms.follow(&stack, extent);
        }
    }

    /// The voxels along i, j and k that the masks span.
    fn masks_extent(&self) -> Option<[Range<u32>; 3]> {
        let extents = self.measures().iter().filter_map(|m| {
            let [i, j, k] = Axis::ALL.map(|axis| m.extent(axis));
            Some([i?, j?, k?])
        });
        zoom::hull(extents)
    }
}
