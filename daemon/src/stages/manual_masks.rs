//! The masks that people have made outlast the profile, when it is applied again because prompts
//! beside the scan changed.

use super::failure::Failure;
use crate::registry::{Registry, Work};
use crate::segment::{OverlapError, Segmentation};
use medicosam_shared::geometry::{Affine, Axis};
use medicosam_shared::hand::Hands;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::Label;
use std::collections::{BTreeMap, BTreeSet};

/// What people have made of a case.
pub struct ManualMasks {
    /// The current revision.
    segmentation: Segmentation,
    /// The axis that its slices are cut across.
    pub axis: Axis,
    /// The slices that a person has segmented.
    pub edited: BTreeSet<Place>,
    /// The pixels that people have painted on them.
    pub painted: Hands,
}

impl ManualMasks {
    /// Those of the case that is to be worked on; `None` if nobody has made any.
    pub fn of(registry: &Registry, work: &Work) -> Result<Option<Self>, Failure> {
        let Some(revision) = work.revision else {
            return Ok(None);
        };
        let provenance = registry.revision(&work.lease.case, revision)?.provenance;
        if provenance.edited.is_empty() {
            return Ok(None);
        }
        let masks = registry.masks(&work.lease.case, revision)?;
        Ok(Some(ManualMasks {
            segmentation: Segmentation::continuing(masks, &provenance.objects),
            axis: provenance.axis,
            edited: provenance.edited,
            painted: provenance.painted,
        }))
    }

    /// Puts them in place of the profile's masks.
    fn restore(&self, segmentation: &mut Segmentation, names: &BTreeMap<Label, String>) {
        let labels: BTreeSet<_> = self.edited.iter().map(|place| place.label).collect();
        for label in labels {
            // An object that the profile does not know is a person's from end to end.
            let mut places = self.segmentation.places(label);
            places.extend(self.edited.iter().filter(|place| place.label == label));
            if names.contains_key(&label) {
                places.retain(|place| self.edited.contains(place));
            }
            for place in places {
                segmentation.take_over(&self.segmentation, place);
            }
        }
    }
}

/// Tidies the masks of a profile, whose objects are in `names` and whose prompts asked about the
/// places `asked`; manual masks are put in their places.
pub fn tidy(
    segmentation: &mut Segmentation,
    names: &BTreeMap<Label, String>,
    asked: &[Place],
    manual: Option<&ManualMasks>,
    (rules, affine): (&MaskRules, &Affine),
) -> Result<(), Failure> {
    let restore = |segmentation: &mut Segmentation| {
        if let Some(manual) = manual {
            manual.restore(segmentation, names);
        }
    };
    // Also before tidying: a manual mask may be the only link between the parts.
    restore(segmentation);
    for (label, name) in names {
        segmentation.declare(*label, name);
        if rules.changes_masks() {
            let tidied = segmentation.tidy(*label, rules, affine);
            tidied.map_err(OverlapError::from)?;
        }
    }
    restore(segmentation);
    let none = BTreeSet::new();
    let edited = manual.map_or(&none, |manual| &manual.edited);
    // Smoothing may have filled slices that were not asked for.
    let known: BTreeSet<&Place> = asked.iter().collect();
    let mut changed = asked.to_vec();
    for label in names.keys() {
        let places = segmentation.places(*label);
        changed.extend(places.into_iter().filter(|place| !known.contains(place)));
    }
    changed.retain(|place| !edited.contains(place));
    segmentation.settle_overlaps(rules.overlap.unwrap_or_default(), &changed, edited)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::FaultClass;
    use medicosam_shared::draft::Candidate;
    use medicosam_shared::geometry::{Dims, SliceShape};
    use medicosam_shared::mask::SliceMask;

    const DIMS: Dims = Dims([8, 2, 6]);

    fn label(n: u16) -> Label {
        Label::new(n).unwrap()
    }

    fn place(n: u16, index: u32) -> Place {
        Place::new(label(n), index)
    }

    /// Masks of whole columns, each with this predicted IoU.
    fn segmentation(iou: f32, masks: &[(u16, u32, std::ops::Range<u32>)]) -> Segmentation {
        let shape: SliceShape = DIMS.slice_shape(Axis::K);
        let mut segmentation = Segmentation::empty(DIMS, Axis::K);
        for (n, index, columns) in masks {
            let mask = SliceMask::from_fn(shape, |x, _| columns.contains(&x));
            let candidate = Candidate {
                mask: mask.to_rle(),
                predicted_iou: iou,
                stability: 0.9,
                agreement: None,
                steadiness: None,
            };
            segmentation.put(label(*n), &format!("o{n}"), *index, &candidate);
        }
        segmentation
    }

    fn names(labels: &[u16]) -> BTreeMap<Label, String> {
        let labels = labels.iter();
        labels.map(|&n| (label(n), format!("o{n}"))).collect()
    }

    #[test]
    fn manual_masks_outlast_the_profile() {
        // A person has changed object 1 on slice 2 and made object 9; the profile knows 1 and 2.
        let manual = ManualMasks {
            segmentation: segmentation(
                0.5,
                &[(1, 1, 0..2), (1, 2, 0..3), (9, 4, 6..8), (9, 5, 6..8)],
            ),
            axis: Axis::K,
            edited: [place(1, 2), place(9, 4)].into(),
            painted: Hands::default(),
        };
        let fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 2, 1..5)]);
        let asked = [place(1, 1), place(2, 2)];
        for overlap in [None, Some(medicosam_shared::mask_rules::Overlap::Overwrite)] {
            let rules = MaskRules {
                overlap,
                ..MaskRules::default()
            };
            let affine = Affine::from_spacing([1.0; 3]);
            let (mut fresh, names) = (fresh.clone(), names(&[1, 2, 3]));
            let done = tidy(&mut fresh, &names, &asked, Some(&manual), (&rules, &affine));
            assert!(done.is_ok());
            let results = fresh.results(|_| None);
            let areas = |n: u16| -> Vec<(u32, u64)> {
                let object = results.iter().find(|o| o.label == label(n)).unwrap();
                object.slices.iter().map(|s| (s.index, s.area)).collect()
            };
            assert_eq!(
                areas(1),
                [(1, 8), (2, 6)],
                "slice 1 is new, slice 2 unchanged"
            );
            assert_eq!(areas(9), [(4, 4), (5, 4)], "all of the person's object");
            assert_eq!(areas(2), [(2, 4)], "it gives way to the person's");
            assert_eq!(areas(3), [], "known, and waits for a prompt");
        }
    }

    #[test]
    fn parts_that_hang_together_by_a_persons_slice_are_one() {
        let manual = ManualMasks {
            segmentation: segmentation(0.5, &[(1, 2, 0..3)]),
            axis: Axis::K,
            edited: [place(1, 2)].into(),
            painted: Hands::default(),
        };
        let mut fresh = segmentation(
            0.9,
            &[(1, 0, 0..4), (1, 1, 0..4), (1, 3, 0..4), (1, 5, 0..4)],
        );
        let rules = MaskRules {
            largest: true,
            ..MaskRules::default()
        };
        let affine = Affine::from_spacing([1.0; 3]);
        let names = names(&[1]);
        let done = tidy(&mut fresh, &names, &[], Some(&manual), (&rules, &affine));
        assert!(done.is_ok());
        let masks = fresh.into_masks();
        let slices: Vec<u32> = masks.objects[0].slices.keys().copied().collect();
        assert_eq!(slices, [0, 1, 2, 3], "slice 5 is another part");
    }

    #[test]
    fn an_overlap_that_is_refused_is_a_fault_of_the_prompts() {
        let rules = MaskRules {
            overlap: Some(medicosam_shared::mask_rules::Overlap::Refuse),
            ..MaskRules::default()
        };
        let mut fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 1, 3..5)]);
        let asked = [place(1, 1), place(2, 1)];
        let affine = Affine::from_spacing([1.0; 3]);
        let names = names(&[1, 2]);
        let done = tidy(&mut fresh, &names, &asked, None, (&rules, &affine));
        let Err(Failure::Fault(fault, FaultClass::BadInput)) = done else {
            panic!("it is not refused")
        };
        assert_eq!(fault.code, "objects-overlap");
    }
}
