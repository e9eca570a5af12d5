//! A case by its profile: what is asked, and what is kept of what people have done to it before.

use super::failure::Failure;
use super::pipeline::{Job, Pipeline};
use crate::config::Profile;
use crate::model::{Understanding, known_model};
use crate::prompts::{self, Prompts};
use crate::segment::{OverlapError, Segmentation};
use crate::store::{FaultClass, Work};
use medicosam_shared::draft::Place;
use medicosam_shared::geometry::{Affine, Axis};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::provenance::ScanInfo;
use std::collections::BTreeSet;

/// What a case has before its profile is applied again, because prompts beside its scan changed.
pub(super) struct Before {
    /// The current revision.
    segmentation: Segmentation,
    /// The axis that its slices are cut across.
    axis: Axis,
    /// The slices that a person has segmented.
    edited: BTreeSet<Place>,
}

impl Before {
    /// Slices that a person has segmented.
    pub fn edited(&self) -> &BTreeSet<Place> {
        &self.edited
    }
}

impl Pipeline {
    /// What a person has done to the case; `None` if nobody has done anything.
    pub(super) fn done_by_people(&self, work: &Work) -> Result<Option<Before>, Failure> {
        let Some(revision) = work.revision else {
            return Ok(None);
        };
        let provenance = self.store.revision(&work.lease.case, revision)?.provenance;
        if provenance.edited.is_empty() {
            return Ok(None);
        }
        let masks = self.store.masks(&work.lease.case, revision)?;
        Ok(Some(Before {
            segmentation: Segmentation::continuing(masks, &provenance.objects),
            axis: provenance.axis,
            edited: provenance.edited,
        }))
    }
}

/// The axis to slice a scan across: the profile's, or that of what people have done already.
pub(super) fn axis_of(profile: &Profile, info: &ScanInfo, before: Option<&Before>) -> Axis {
    before.map_or_else(|| profile.plane.axis(info), |before| before.axis)
}

/// The prompts of the job's scan, by its profile and the files beside it.
pub(super) fn gather(job: &Job<'_>) -> Result<Prompts, Failure> {
    let (profile, work) = (job.profile, job.work);
    let masks = known_model(&profile.model).is_some_and(|m| m.masks == Understanding::Trained);
    Ok(prompts::gather(
        profile, &work.path, &job.info, job.axis, masks,
    )?)
}

/// Tidies what came out, and puts what people have done back in its place.
pub(super) fn finish(
    mut segmentation: Segmentation,
    prompts: &Prompts,
    asked: &[Place],
    before: Option<&Before>,
    (rules, affine): (&MaskRules, &Affine),
) -> Result<Segmentation, Failure> {
    for (label, name) in &prompts.names {
        segmentation.declare(*label, name);
        if rules.changes_masks() {
            segmentation
                .tidy(*label, rules, affine)
                .map_err(OverlapError::from)?;
        }
    }
    let none = BTreeSet::new();
    let mut edited = &none;
    if let Some(before) = before {
        edited = &before.edited;
        let people: BTreeSet<_> = edited.iter().map(|(label, _)| *label).collect();
        for label in people {
            // An object that the profile does not know is a person's from end to end.
            let places = match prompts.names.contains_key(&label) {
                true => edited
                    .iter()
                    .copied()
                    .filter(|place| place.0 == label)
                    .collect(),
                false => before.segmentation.places(label),
            };
            for place in places {
                segmentation.take_over(&before.segmentation, place);
            }
        }
    }
    // Smoothing may have filled slices that were not asked for.
    let mut changed = asked.to_vec();
    for label in prompts.names.keys() {
        let places = segmentation.places(*label);
        changed.extend(places.into_iter().filter(|place| !asked.contains(place)));
    }
    changed.retain(|place| !edited.contains(place));
    segmentation.settle_overlaps(rules.overlap, &changed, edited)?;
    Ok(segmentation)
}

impl From<OverlapError> for Failure {
    fn from(error: OverlapError) -> Self {
        let (code, hint) = match &error {
            OverlapError::Refused { .. } => (
                "objects-overlap",
                "Change the prompts, or let one of them have it: overlap = \"keep\" or \"overwrite\" under [profile.masks].",
            ),
            OverlapError::Damaged(_) => (
                "mask-damaged",
                "It is a mistake of this program; the daemon's log has more.",
            ),
        };
        Failure::new(code, &error, hint, FaultClass::BadInput)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::draft::Candidate;
    use medicosam_shared::geometry::{Dims, SliceShape};
    use medicosam_shared::mask::SliceMask;
    use medicosam_shared::prompt::Label;

    const DIMS: Dims = Dims([8, 2, 6]);

    fn label(n: u16) -> Label {
        Label::new(n).unwrap()
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
            };
            segmentation.put_candidate(label(*n), &format!("o{n}"), *index, &candidate);
        }
        segmentation
    }

    fn prompts(labels: &[u16]) -> Prompts {
        Prompts {
            names: labels
                .iter()
                .map(|&n| (label(n), format!("o{n}")))
                .collect(),
            ..Prompts::default()
        }
    }

    #[test]
    fn what_people_have_done_outlasts_the_profile() {
        // A person has changed object 1 on slice 2 and made object 9; the profile knows 1 and 2.
        let before = Before {
            segmentation: segmentation(
                0.5,
                &[(1, 1, 0..2), (1, 2, 0..3), (9, 4, 6..8), (9, 5, 6..8)],
            ),
            axis: Axis::K,
            edited: [(label(1), 2), (label(9), 4)].into(),
        };
        let fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 2, 1..5)]);
        let asked = [(label(1), 1), (label(2), 2)];
        for overlap in [None, Some(medicosam_shared::mask_rules::Overlap::Overwrite)] {
            let rules = MaskRules {
                overlap,
                ..MaskRules::default()
            };
            let affine = Affine::from_spacing([1.0; 3]);
            let (fresh, prompts) = (fresh.clone(), prompts(&[1, 2, 3]));
            let done = finish(fresh, &prompts, &asked, Some(&before), (&rules, &affine)).ok();
            let results = done.unwrap().results(&affine);
            let areas = |n: u16| -> Vec<(u32, u64)> {
                let object = results.iter().find(|o| o.label == label(n)).unwrap();
                object.slices.iter().map(|s| (s.index, s.area)).collect()
            };
            assert_eq!(
                areas(1),
                [(1, 8), (2, 6)],
                "slice 1 anew, slice 2 as it was"
            );
            assert_eq!(areas(9), [(4, 4), (5, 4)], "all of the person's object");
            let given_way = if overlap.is_some() { 4 } else { 8 };
            assert_eq!(areas(2), [(2, given_way)]);
            assert_eq!(areas(3), [], "known, and waits for a prompt");
        }
    }

    #[test]
    fn an_overlap_that_is_refused_is_a_fault_of_the_prompts() {
        let rules = MaskRules {
            overlap: Some(medicosam_shared::mask_rules::Overlap::Refuse),
            ..MaskRules::default()
        };
        let fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 1, 3..5)]);
        let asked = [(label(1), 1), (label(2), 1)];
        let affine = Affine::from_spacing([1.0; 3]);
        let done = finish(fresh, &prompts(&[1, 2]), &asked, None, (&rules, &affine));
        let Err(Failure::Fault(fault, FaultClass::BadInput)) = done else {
            panic!("it is not refused")
        };
        assert_eq!(fault.code, "objects-overlap");
    }
}
