//! Answers of the daemon about the open case, and the requests that follow from them.

use super::display::Compared;
use super::layout::Layout;
use super::slices::{SliceId, Wanted};
use super::stack::Stack;
use super::{Chosen, Measured, Review};
use crate::app::draft::drafting::Drafting;
use crate::app::event::Effect;
use crate::masks::Measures;
use medicosam_shared::case::{CaseDetail, RevisionNumber};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::packed;
use std::sync::Arc;

/// Slices asked for ahead, on either side.
pub(super) const AHEAD: u32 = 3;

impl Review {
    /// Reads the case and the reviewer's draft.
    pub fn read(&mut self) -> Vec<Effect> {
        let mut effects = vec![Effect::LoadCase(self.case.clone())];
        effects.extend(self.with_draft(Drafting::load));
        effects
    }

    /// Takes in the details of the case, and returns what else is needed. The first time, the slice
    /// that deserves the first look becomes the current one.
    pub fn put_detail(&mut self, detail: CaseDetail) -> Vec<Effect> {
        if let Some(known) = &self.detail
            && known.summary.updated > detail.summary.updated
        {
            // Answers may overtake one another.
            return Vec::new();
        }
        let first = self.detail.is_none();
        self.failure = None;
        self.detail = Some(detail);
        if self.is_picture() {
            self.layout = Layout::One;
        }
        let (now, before) = (self.revision(), self.before());
        self.masks
            .retain(|n, _| Some(*n) == now || Some(*n) == before);
        if before.is_none() {
            self.display.compared = Compared::Not;
        }
        let mut effects = Vec::new();
        if let Some(revision) = now.filter(|_| self.masks().is_none()) {
            effects.push(self.load_masks(revision));
        }
        effects.extend(self.load_before());
        if first && let Some(stack) = self.stack() {
            self.at = stack.dims.0.map(|n| n / 2);
            let worst = self.worst_slice().filter(|index| *index < stack.count());
            self.at[stack.axis.index()] = worst.unwrap_or(stack.count() / 2);
            self.point_at_mask();
            if let Some(place) = self.last_place.take()
                && place.revision == now
            {
                self.axis = place.axis;
                self.at = stack.nearest(place.at);
                self.chosen = Chosen::WithSlice;
            }
        }
        self.slices.try_again();
        effects.extend(self.load());
        effects
    }

    /// Takes in masks of a revision; [`Review::load`] says what else is needed now.
    pub fn put_masks(&mut self, revision: RevisionNumber, set: Arc<MaskSet>) {
        let objects = set.objects.iter();
        let measures = objects.map(|o| Measures::of(&set, o)).collect();
        self.masks.insert(revision, Measured { set, measures });
        if self.revision() == Some(revision) {
            self.follow_masks();
        }
        self.point_at_mask();
    }

    /// Until the reviewer chooses a voxel, the one in the middle of the mask is current, so that
    /// all planes show something of it.
    fn point_at_mask(&mut self) {
        let Some(stack) = self.detail.as_ref().and_then(Stack::of) else {
            return;
        };
        if self.chosen == Chosen::Automatically && self.masks().is_some() {
            let (x, y) = self.middle();
            self.at = stack.axis.voxel(self.at[stack.axis.index()], x, y);
        }
    }

    fn load_masks(&self, revision: RevisionNumber) -> Effect {
        Effect::LoadMasks {
            case: self.case.clone(),
            revision,
        }
    }

    /// Requests the masks of the parent revision, if a comparison needs them and they are not here.
    pub fn load_before(&self) -> Option<Effect> {
        let wanted = self.display.compared != Compared::Not && self.masks_before().is_none();
        Some(self.load_masks(self.before().filter(|_| wanted)?))
    }

    /// The requests for the visible slices and those around them, the most urgent first.
    pub fn load(&mut self) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let now = self.seen();
        let index = self.index();
        let around =
            (1..=self.ahead).flat_map(|step| [index.checked_add(step), index.checked_sub(step)]);
        let soon: Vec<SliceId> = around
            .flatten()
            .filter(|n| *n < stack.count() && self.layout != Layout::Mosaic)
            .map(|index| SliceId {
                axis: stack.axis,
                index,
            })
            .collect();
        let wanted = self.slices.look(&now, &soon);
        let load = |wanted: Wanted| {
            let slice = wanted.slice();
            let reduced = match wanted {
                Wanted::Soon(_) if self.slices.far => {
                    packed::reduction(stack.across(slice.axis).shape())
                }
                Wanted::Soon(_) | Wanted::Whole(_) => 1,
            };
            Effect::LoadSlice {
                coloured: self.is_picture(),
                case: self.case.clone(),
                plane: stack.affine.plane(slice.axis),
                index: slice.index,
                reduced,
            }
        };
        wanted.into_iter().map(load).collect()
    }

    /// The slices that are seen, the one that is looked at first.
    pub fn seen(&self) -> Vec<SliceId> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        match self.layout {
            Layout::One => vec![self.slice_across(stack.axis)],
            Layout::Three => {
                let mut axes = Axis::ALL.to_vec();
                axes.sort_by_key(|axis| (*axis != stack.axis, *axis));
                axes.into_iter().map(|a| self.slice_across(a)).collect()
            }
            Layout::Mosaic => {
                let tile = |index| SliceId {
                    axis: stack.axis,
                    index,
                };
                self.tiles().into_iter().map(tile).collect()
            }
        }
    }
}
