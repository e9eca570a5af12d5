//! What was seen of one revision and need not be seen again of the next.

use super::Review;
use super::coverage::Coverage;
use super::slices::SliceId;
use medicosam_shared::mask::{MaskSet, Rle};
use medicosam_shared::place::{Label, Place};
use std::collections::{BTreeMap, BTreeSet};

/// The masks on a slice.
type SliceRuns = Vec<(Label, Rle)>;

/// Slices of the draft, in the masks' own plane, that were seen, with the masks that were on them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DraftSeen(BTreeMap<u32, SliceRuns>);

fn runs_on(set: &MaskSet, index: u32) -> SliceRuns {
    let runs = set.objects.iter().filter_map(|object| {
        let runs = object.slices.get(&index).filter(|runs| runs.area() > 0)?;
        Some((object.label, runs.clone()))
    });
    runs.collect()
}

/// The objects whose masks differ between two sets.
fn changed(a: &MaskSet, b: &MaskSet) -> BTreeSet<Label> {
    let labels = a.objects.iter().chain(&b.objects).map(|o| o.label);
    let slices = |set: &MaskSet, label| set.object(label).map(|o| o.slices.clone());
    labels
        .filter(|&label| slices(a, label) != slices(b, label))
        .collect()
}

impl Review {
    /// Slices of the draft are on the screen, and can be judged there.
    pub fn see_draft(&mut self, generation: u64, slices: impl Iterator<Item = SliceId>) {
        let Some(set) = self.drafting.masks() else {
            return;
        };
        if self.drafting.generation != generation {
            return;
        }
        let own = slices.filter(|slice| slice.axis == set.axis);
        let seen = own.map(|slice| (slice.index, runs_on(set, slice.index)));
        self.draft_seen.0.extend(seen);
    }

    /// Works out the masks of the draft. The slices of an object that is changed elsewhere are older than
    /// this correction then, and have to be seen again, unless they were made by hand.
    pub fn compose(&mut self) {
        let base = self.masks().cloned();
        let before = self.drafting.masks().or(base.as_ref()).cloned();
        self.drafting.compose(base.as_ref());
        let now = self.drafting.masks().or(base.as_ref());
        // What was seen of a draft that has become a revision is still to be compared with that.
        let (Some(before), Some(now), true) = (before, now, self.drafting.draft().is_some()) else {
            return;
        };
        let changed = changed(&before, now);
        let draft = self.drafting.draft();
        let by_hand: BTreeSet<Place> = draft.map_or_else(BTreeSet::new, |draft| {
            let canvas = draft.canvas();
            let by_hand = canvas.places().filter(|(_, content)| content.by_hand);
            by_hand.map(|(place, _)| place).collect()
        });
        self.draft_seen.0.retain(|&index, runs| {
            let is_older = |label: Label| {
                changed.contains(&label) && !by_hand.contains(&Place::new(label, index))
            };
            !runs.iter().any(|(label, _)| is_older(*label))
        });
    }

    /// Whether anything of a draft was seen.
    pub fn has_seen_draft(&self) -> bool {
        !self.draft_seen.0.is_empty()
    }

    /// The slices of the current revision, in the masks' own plane, whose masks were seen already: in the
    /// draft, or in the revision before if the objects on them are the same throughout.
    pub fn seen_already(&self, before: Option<&Coverage>) -> BTreeSet<u32> {
        let Some(now) = self.masks() else {
            return BTreeSet::new();
        };
        let changed = self.masks_before().map(|then| changed(then, now));
        let is_seen = |index: u32, runs: &SliceRuns| {
            let axis = now.axis;
            let same = |changed: &BTreeSet<Label>| !runs.iter().any(|(l, _)| changed.contains(l));
            before.is_some_and(|seen| seen.has_seen(SliceId { axis, index }))
                && changed.as_ref().is_some_and(same)
        };
        let masked = self.masked_across(now.axis).into_iter();
        masked
            .filter(|&index| {
                let runs = runs_on(now, index);
                self.draft_seen.0.get(&index) == Some(&runs) || is_seen(index, &runs)
            })
            .collect()
    }
}
