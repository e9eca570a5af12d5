//! The masks that are drawn on slices.

use super::slices::SliceId;
use crate::masks::{bounds, changes, cut};
use crate::picture::Ink;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::prompt::SliceBox;
use std::sync::Arc;

/// What is drawn of the masks.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// Nothing.
    Nothing,
    /// The masks of a revision.
    Masks(RevisionNumber, ByName<MaskSet>),
    /// Those of a state of the reviewer's draft.
    Draft(u64, ByName<MaskSet>),
    /// The differences between two revisions, in both directions.
    Changes {
        /// The newer revision.
        now: (RevisionNumber, ByName<MaskSet>),
        /// The older one.
        before: (RevisionNumber, ByName<MaskSet>),
    },
}

/// The masks of a set on a slice of any plane, with their colours.
pub(super) fn masks_on(set: &MaskSet, SliceId { axis, index }: SliceId) -> Vec<(Ink, SliceMask)> {
    let masks = set.objects.iter().filter_map(|object| {
        let mask = cut(set, object, axis, index)?;
        Some((Ink::Mask(object.label), mask))
    });
    masks.collect()
}

/// A value that never changes under the name beside it, so that names are compared in its place.
#[derive(Debug, Clone)]
pub struct ByName<T>(pub Arc<T>);

impl<T> PartialEq for ByName<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Overlay {
    /// The newer revision that is drawn.
    pub(super) fn revision(&self) -> Option<RevisionNumber> {
        match self {
            // A draft is not what can be decided on.
            Overlay::Nothing | Overlay::Draft(..) => None,
            Overlay::Masks(revision, _) => Some(*revision),
            Overlay::Changes { now, .. } => Some(now.0),
        }
    }

    /// The state of a draft that is drawn.
    pub(super) fn draft(&self) -> Option<u64> {
        match self {
            Overlay::Draft(generation, _) => Some(*generation),
            Overlay::Nothing | Overlay::Masks(..) | Overlay::Changes { .. } => None,
        }
    }

    /// Whether masks of more than one object are drawn, which must be told apart.
    pub(super) fn has_several_objects(&self) -> bool {
        match self {
            Overlay::Nothing | Overlay::Changes { .. } => false,
            Overlay::Masks(_, ByName(set)) | Overlay::Draft(_, ByName(set)) => {
                set.objects.len() > 1
            }
        }
    }

    /// The bounds of each mask on a slice of any plane, in pixels of the slice.
    pub(super) fn bounds(&self, SliceId { axis, index }: SliceId) -> Vec<SliceBox> {
        match self {
            Overlay::Nothing => Vec::new(),
            Overlay::Masks(_, ByName(set)) | Overlay::Draft(_, ByName(set)) => {
                let objects = set.objects.iter();
                let bounds = objects.filter_map(|object| bounds(set, object, axis, index));
                bounds.collect()
            }
            Overlay::Changes { .. } => {
                let masks = self.on(SliceId { axis, index }).into_iter();
                masks.filter_map(|(_, mask)| mask.bounds()).collect()
            }
        }
    }

    /// The masks on a slice of any plane, with their colours.
    pub(super) fn on(&self, SliceId { axis, index }: SliceId) -> Vec<(Ink, SliceMask)> {
        match self {
            Overlay::Nothing => Vec::new(),
            Overlay::Masks(_, ByName(set)) | Overlay::Draft(_, ByName(set)) => {
                masks_on(set, SliceId { axis, index })
            }
            Overlay::Changes {
                now: (_, ByName(now)),
                before: (_, ByName(before)),
            } => {
                let labels: std::collections::BTreeSet<_> = [now, before]
                    .into_iter()
                    .flat_map(|set| &set.objects)
                    .map(|o| o.label)
                    .collect();
                let mask = |set: &MaskSet, label| cut(set, set.object(label)?, axis, index);
                let changes = labels.into_iter().filter_map(|label| {
                    let (now, before) = (mask(now, label), mask(before, label));
                    changes(now.as_ref(), before.as_ref())
                });
                changes
                    .flat_map(|(added, removed)| [(Ink::Added, added), (Ink::Removed, removed)])
                    .collect()
            }
        }
    }
}
