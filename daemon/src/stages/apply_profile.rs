//! A case by its profile: what is asked, and what is kept of what people have done to it before.

use super::failure::Failure;
use super::job::Job;
use super::load::Reading;
use crate::case::FaultClass;
use crate::config::Profile;
use crate::prompts::{self, Files, Prompts};
use crate::registry::Work;
use crate::segment::{OverlapError, Segmentation};
use crate::workers::claimed::Pipeline;
use crate::workers::protocol::Report;
use medicosam_shared::case::CaseState;
use medicosam_shared::geometry::{Affine, Axis};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::provenance::{ScanInfo, Timings};
use medicosam_shared::understands::Understands;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What a case has before its profile is applied again, because prompts beside its scan changed.
struct Before {
    /// The current revision.
    segmentation: Segmentation,
    /// The axis that its slices are cut across.
    axis: Axis,
    /// The slices that a person has segmented.
    edited: BTreeSet<Place>,
}

impl Pipeline {
    /// Segments a new case by its profile.
    pub(crate) fn segment(&mut self, work: &Work, profile: &Profile) -> Result<(), Failure> {
        let started = Instant::now();
        self.reporter.tell(&Report::LongStep);
        self.ahead.pause();
        let window = profile.window;
        let reading = match self.read_ahead.take(&work.source, &work.sha256, window) {
            Some(reading) => reading,
            None => Reading::new(&work.source, &work.sha256, window)?,
        };
        let info = reading.volume.info().clone();
        let before = self.done_by_people(work)?;
        let before = before.as_ref();
        let axis = axis_of(profile, &info, before);
        let mut job = Job {
            work,
            profile,
            axis,
            window,
            range: reading.range,
            info,
            volume: Some(reading.volume),
            sources: Vec::new(),
            edited: before.map(|b| b.edited.clone()).unwrap_or_default(),
            rules: profile.masks,
            propagation: None,
            boxes: Vec::new(),
            timings: Timings {
                load_s: started.elapsed().as_secs_f64(),
                ..Timings::default()
            },
            started,
        };
        let opening = Instant::now();
        let understands = self.models.get(&profile.model)?.model().understands();
        job.timings.model_s += opening.elapsed().as_secs_f64();
        let asked = gather(&job, understands)?;
        job.sources.clone_from(&asked.sources);
        let (prompts, spans, starts) = (asked.by_slice(), asked.spans(), &asked.starts);
        let names = asked.names();
        job.propagation = (!spans.is_empty()).then_some(profile.propagation);
        let name = |label: Label, current: &Segmentation| {
            let known = names.get(&label).cloned();
            known.unwrap_or_else(|| current.name(label))
        };
        let empty = Segmentation::empty(job.info.dims, axis);
        let embedded = self.embed_spans(&mut job, &spans)?;
        let segmentation = self.answer_all(&mut job, empty, &asked.slices(), starts, name)?;
        self.store.stage(&work.lease, CaseState::Segmenting)?;
        self.reporter.tell(&Report::Changed);
        let segmentation = self.answer_spans(&mut job, segmentation, &spans, embedded, name)?;
        job.boxes = spans;
        let places: Vec<Place> = prompts.iter().map(SlicePrompt::place).collect();
        let how = (&profile.masks, &job.info.affine);
        let segmentation = finish(segmentation, &names, &places, before, how)?;
        let records = self.models.records(&profile.model)?;
        self.commit(
            job,
            segmentation,
            prompts,
            &format!("profile {}", profile.name),
            records,
        )
    }

    /// What a person has done to the case; `None` if nobody has done anything.
    fn done_by_people(&self, work: &Work) -> Result<Option<Before>, Failure> {
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
fn axis_of(profile: &Profile, info: &ScanInfo, before: Option<&Before>) -> Axis {
    before.map_or_else(|| profile.plane.axis(info), |before| before.axis)
}

/// The prompts of the job's scan, by its profile and the files beside it, except on slices that a
/// person has segmented.
fn gather(job: &Job<'_>, understands: Understands) -> Result<Prompts, Failure> {
    let (profile, work) = (job.profile, job.work);
    let files = Files::read(profile, &work.source)?;
    let (info, masks) = (&job.info, understands.masks);
    let prompts = prompts::resolve(profile, files, info, job.axis, masks)?;
    Ok(prompts.without(&job.edited))
}

/// Tidies what came out, and puts what people have done back in its place.
fn finish(
    mut segmentation: Segmentation,
    names: &BTreeMap<Label, String>,
    asked: &[Place],
    before: Option<&Before>,
    (rules, affine): (&MaskRules, &Affine),
) -> Result<Segmentation, Failure> {
    // Also before tidying: what people have done may be all that holds the parts together.
    put_back(&mut segmentation, names, before);
    for (label, name) in names {
        segmentation.declare(*label, name);
        if rules.changes_masks() {
            let tidied = segmentation.tidy(*label, rules, affine);
            tidied.map_err(OverlapError::from)?;
        }
    }
    put_back(&mut segmentation, names, before);
    let none = BTreeSet::new();
    let edited = before.map_or(&none, |before| &before.edited);
    // Smoothing may have filled slices that were not asked for.
    let known: BTreeSet<&Place> = asked.iter().collect();
    let mut changed = asked.to_vec();
    for label in names.keys() {
        let places = segmentation.places(*label);
        changed.extend(places.into_iter().filter(|place| !known.contains(place)));
    }
    changed.retain(|place| !edited.contains(place));
    segmentation.settle_overlaps(rules.overlap, &changed, edited)?;
    Ok(segmentation)
}

/// Puts what people have done in place of what the profile has made of it.
fn put_back(
    segmentation: &mut Segmentation,
    names: &BTreeMap<Label, String>,
    before: Option<&Before>,
) {
    let Some(before) = before else {
        return;
    };
    let people: BTreeSet<_> = before.edited.iter().map(|place| place.label).collect();
    for label in people {
        // An object that the profile does not know is a person's from end to end.
        let mut places = before.segmentation.places(label);
        places.extend(before.edited.iter().filter(|place| place.label == label));
        if names.contains_key(&label) {
            places.retain(|place| before.edited.contains(place));
        }
        for place in places {
            segmentation.take_over(&before.segmentation, place);
        }
    }
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
    fn what_people_have_done_outlasts_the_profile() {
        // A person has changed object 1 on slice 2 and made object 9; the profile knows 1 and 2.
        let before = Before {
            segmentation: segmentation(
                0.5,
                &[(1, 1, 0..2), (1, 2, 0..3), (9, 4, 6..8), (9, 5, 6..8)],
            ),
            axis: Axis::K,
            edited: [place(1, 2), place(9, 4)].into(),
        };
        let fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 2, 1..5)]);
        let asked = [place(1, 1), place(2, 2)];
        for overlap in [None, Some(medicosam_shared::mask_rules::Overlap::Overwrite)] {
            let rules = MaskRules {
                overlap,
                ..MaskRules::default()
            };
            let affine = Affine::from_spacing([1.0; 3]);
            let (fresh, names) = (fresh.clone(), names(&[1, 2, 3]));
            let done = finish(fresh, &names, &asked, Some(&before), (&rules, &affine)).ok();
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
    fn parts_that_hang_together_by_a_persons_slice_are_one() {
        let before = Before {
            segmentation: segmentation(0.5, &[(1, 2, 0..3)]),
            axis: Axis::K,
            edited: [place(1, 2)].into(),
        };
        let fresh = segmentation(
            0.9,
            &[(1, 0, 0..4), (1, 1, 0..4), (1, 3, 0..4), (1, 5, 0..4)],
        );
        let rules = MaskRules {
            largest: true,
            ..MaskRules::default()
        };
        let affine = Affine::from_spacing([1.0; 3]);
        let done = finish(fresh, &names(&[1]), &[], Some(&before), (&rules, &affine)).ok();
        let masks = done.unwrap().into_masks();
        let slices: Vec<u32> = masks.objects[0].slices.keys().copied().collect();
        assert_eq!(slices, [0, 1, 2, 3], "slice 5 is another part");
    }

    #[test]
    fn an_overlap_that_is_refused_is_a_fault_of_the_prompts() {
        let rules = MaskRules {
            overlap: Some(medicosam_shared::mask_rules::Overlap::Refuse),
            ..MaskRules::default()
        };
        let fresh = segmentation(0.9, &[(1, 1, 0..4), (2, 1, 3..5)]);
        let asked = [place(1, 1), place(2, 1)];
        let affine = Affine::from_spacing([1.0; 3]);
        let done = finish(fresh, &names(&[1, 2]), &asked, None, (&rules, &affine));
        let Err(Failure::Fault(fault, FaultClass::BadInput)) = done else {
            panic!("it is not refused")
        };
        assert_eq!(fault.code, "objects-overlap");
    }
}
