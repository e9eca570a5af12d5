//! Which slices have a mask, and which of them the model is unsure about.

use super::Review;
use super::slices::SliceId;
use crate::app::draft::painting::last_report;
use medicosam_shared::geometry::Axis;
use medicosam_shared::provenance::SliceScore;
use std::collections::BTreeSet;

/// The model's own estimate (predicted IoU) below which a slice deserves a look.
pub const LOW_IOU: f32 = 0.7;

/// Stability below which a slice deserves a look.
pub const LOW_STABILITY: f32 = 0.8;

/// Whether the model itself is unsure of a mask: it expects a poor overlap with the truth, or the
/// mask changes where the threshold is moved a little.
pub fn is_low(score: &SliceScore) -> bool {
    score.predicted_iou < LOW_IOU || score.stability < LOW_STABILITY
}

/// How far a mask on a slice is to be trusted, 0 to 1: the geometric mean of all that is known of it,
/// as in the score of a case.
pub fn trust(score: &SliceScore) -> f32 {
    let known = [Some(score.predicted_iou), Some(score.stability)];
    let known = known.into_iter().chain([score.agreement, score.steadiness]);
    let (product, count) = known
        .flatten()
        .fold((1.0, 0.0), |(product, count), part: f32| {
            (product * part.clamp(0.0, 1.0), count + 1.0)
        });
    product.powf(1.0 / count)
}

impl Review {
    /// The slice of the masks' own plane that deserves the first look: the middle of what was asked
    /// for an object that has no mask, or else the one whose mask is to be trusted least.
    pub(super) fn worst_slice(&self) -> Option<u32> {
        let objects = &self.current()?.provenance.objects;
        let empty = objects.iter().filter(|object| object.voxels == 0);
        let mut empty = empty.filter_map(|object| self.middle_asked(object.label));
        let masked = self.scores().filter(|score| score.area > 0);
        let worst = masked.min_by(|a, b| {
            let by_trust = trust(a).total_cmp(&trust(b));
            // Of the same trust, the larger mask is more of the result.
            by_trust.then(b.area.cmp(&a.area))
        });
        empty.next().or(worst.map(|score| score.index))
    }

    /// The slices of the current plane that have a mask, in order.
    pub fn mask_slices(&self) -> BTreeSet<u32> {
        let Some(axis) = self.stack().map(|stack| stack.axis) else {
            return BTreeSet::new();
        };
        // Those of the draft nothing has measured yet.
        let drawn = self.drawn_masks().filter(|masks| masks.axis == axis);
        let Some(drawn) = drawn.filter(|_| self.mode.is_edit()) else {
            return self.masked_across(axis);
        };
        let slices = drawn.objects.iter().flat_map(|object| &object.slices);
        slices
            .filter(|(_, runs)| runs.area() > 0)
            .map(|(index, _)| *index)
            .collect()
    }

    /// The slices across an axis that have a mask, in order.
    pub fn masked_across(&self, axis: Axis) -> BTreeSet<u32> {
        let areas = self.measures().iter().map(|m| m.areas(axis));
        areas
            .flat_map(|areas| (0..).zip(areas).filter(|(_, area)| **area > 0))
            .map(|(index, _)| index)
            .collect()
    }

    /// The slices that the model is unsure about, in order; scores are given for slices of the
    /// masks' own plane.
    pub fn low_slices(&self) -> BTreeSet<u32> {
        self.scores()
            .filter(|score| is_low(score))
            .map(|score| score.index)
            .collect()
    }

    /// Whether the model is unsure about a slice.
    pub fn is_low(&self, slice: SliceId) -> bool {
        let own = self.current().map(|r| r.provenance.axis);
        let mut here = self.scores().filter(|score| score.index == slice.index);
        own == Some(slice.axis) && here.any(is_low)
    }

    /// Whether a slice of the draft has a mask that is older than the last propagation of its object.
    pub fn is_older(&self, slice: SliceId) -> bool {
        let own = self.current().map(|r| r.provenance.axis);
        let draft = self.drafting.draft().filter(|_| self.mode.is_edit());
        let report = draft.and_then(|draft| last_report(draft, None));
        own == Some(slice.axis) && report.is_some_and(|r| r.older.contains(&slice.index))
    }

    /// The scores of all objects on all slices.
    pub(super) fn scores(&self) -> impl Iterator<Item = &SliceScore> {
        let objects = self.current().into_iter();
        objects
            .flat_map(|r| &r.provenance.objects)
            .flat_map(|o| &o.slices)
    }
}
