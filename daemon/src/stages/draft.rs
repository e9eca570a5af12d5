//! Drafts in a worker: a slice, the slices around it, and the revision that comes of it.

use super::failure::Failure;
use super::job::Job;
use crate::case::FaultClass;
use crate::case::work::DraftId;
use crate::config::Profile;
use crate::model::half::{f16_to_f32, f32_to_f16};
use crate::model::{LowResLogits, Segmented};
use crate::registry::Work;
use crate::segment::Segmentation;
use crate::segment::propagation::{self, Question};
use crate::workers::claimed::Pipeline;
use crate::workers::protocol::Report;
use medicosam_shared::draft::{Answered, Candidate, Draft, SliceAnswer, Step};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::mask::{RleTooLong, SliceMask};
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Shortest time between two reports of progress: each is a transaction.
const REPORT_EVERY: Duration = Duration::from_millis(200);

impl Pipeline {
    /// Segments a slice of a draft by what is drawn on it. Writes no files and makes no revision.
    pub(crate) fn preview(
        &mut self,
        work: &Work,
        profile: &Profile,
        id: DraftId,
        place: Place,
    ) -> Result<(), Failure> {
        let Place { label, index } = place;
        let draft = self.draft(id)?;
        let drawn = draft.drawn();
        let prompt = *drawn.get(&place).ok_or_else(|| {
            Failure::new(
                "nothing-drawn",
                format!("nothing is drawn for object {label} on slice {index} any more"),
                "Draw a box or a point.",
                FaultClass::BadInput,
            )
        })?;
        let mut job = self.job_on(work, profile, draft.revision)?;
        let embedding = self.embedding(&mut job, index)?;
        let understands = self.models.get(&profile.model)?.model().understands();
        let earlier = match understands.masks {
            true => self.earlier_logits(id, &draft, place, prompt)?,
            false => None,
        };
        let sam = self.models.get(&profile.model)?;
        let family = sam.model().family();
        let mut offered = sam.candidates(&embedding, prompt, earlier.as_ref())?;
        if understands.several && family.has_several(prompt, earlier.is_some()) {
            offered.leave_out_poor();
        } else {
            // The first is the answer then, and the others are noise.
            offered.masks.truncate(1);
            offered.best = 0;
        }
        let logits = understands.masks.then(|| pack(&offered.masks));
        let answer = SliceAnswer {
            prompt: prompt.clone(),
            propagated: false,
            candidates: offered.masks.iter().map(candidate).collect(),
            chosen: offered.best as u32,
        };
        let answered = self.answered(profile, label, vec![answer])?;
        self.store
            .answer_draft(&work.lease, &answered, logits.as_deref())?;
        Ok(())
    }

    /// Segments the slices around those that a person segmented: in this draft, or in an earlier
    /// revision, whose slices stay as they are.
    pub(crate) fn propagate(
        &mut self,
        work: &Work,
        profile: &Profile,
        id: DraftId,
        label: Label,
    ) -> Result<(), Failure> {
        let draft = self.draft(id)?;
        let mut job = self.job_on(work, profile, draft.revision)?;
        let shape = job.info.dims.slice_shape(job.axis);
        let count = job.info.dims.along(job.axis);
        let mut seeds = self.edited_before(work, &job, &draft, label)?;
        for (Place { label: of, index }, (answer, mask)) in draft.answers() {
            if of == label && !answer.propagated {
                seeds.insert(index, mask.mask.to_mask(shape).map_err(damaged)?);
            }
        }
        let prompt_of = |question: &Question| SlicePrompt {
            label,
            index: question.index,
            bbox: question.bbox,
            points: question.points.clone(),
        };
        let mut prompts = BTreeMap::new();
        let mut reported: Option<Instant> = None;
        let mut asked = 0;
        let ask = |question: &Question, total: u32| {
            self.answer_handed()?;
            self.reporter.tell(&Report::Alive);
            if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                // Fails if the person has changed their mind.
                let progress = Progress { done: asked, total };
                self.store.draft_report(&work.lease, progress)?;
                self.reporter.tell(&Report::Changed);
                reported = Some(Instant::now());
            }
            asked += 1;
            prompts.insert(question.index, prompt_of(question));
            let embedding = self.embedding(&mut job, question.index)?;
            let sam = self.models.get(&profile.model)?;
            Ok::<_, Failure>(propagation::answer(sam, &embedding, label, question)?)
        };
        let found = propagation::follow(profile.propagation, &seeds, count, ask)?;
        let slices = found.into_iter().filter_map(|(index, answer)| {
            Some(SliceAnswer {
                // A slice that nothing was asked about has nothing.
                prompt: prompts.remove(&index)?,
                propagated: true,
                candidates: vec![Candidate {
                    mask: answer.mask,
                    predicted_iou: answer.predicted_iou,
                    stability: answer.stability,
                }],
                chosen: 0,
            })
        });
        let slices: Vec<SliceAnswer> = slices.collect();
        let answered = self.answered(profile, label, slices)?;
        self.store.answer_draft(&work.lease, &answered, None)?;
        Ok(())
    }

    /// Makes a revision of a draft.
    pub(crate) fn commit_draft(
        &mut self,
        work: &Work,
        profile: &Profile,
        id: DraftId,
    ) -> Result<(), Failure> {
        let draft = self.draft(id)?;
        // Another draft may have been committed while this one waited for its turn.
        if work.revision != Some(draft.revision) {
            return Err(Failure::new(
                FaultCode::OtherRevision.as_str(),
                format!(
                    "there is a new revision of case {}; the draft changes revision {}",
                    work.lease.case, draft.revision
                ),
                "Look at the new revision, then put the draft on top of it or discard it.",
                FaultClass::BadInput,
            ));
        }
        let before = self.store.revision(&work.lease.case, draft.revision)?;
        let masks = self.store.masks(&work.lease.case, draft.revision)?;
        let shape = masks.dims.slice_shape(masks.axis);
        let mut job = self.job_on(work, profile, draft.revision)?;
        let mut segmentation = Segmentation::continuing(masks, &before.provenance.objects);
        let mut prompts = Vec::new();
        let (mut drawn, mut followed) = (Vec::new(), Vec::new());
        for (place, (answer, mask)) in draft.answers() {
            let Place { label, index } = place;
            mask.mask.check(shape).map_err(damaged)?;
            let name = draft.name(segmentation.masks(), label);
            segmentation.put(label, &name, index, mask);
            prompts.push(answer.prompt.clone());
            match answer.propagated {
                true => followed.push(place),
                false => drawn.push(place),
            }
        }
        job.edited.extend(&drawn);
        // Manual masks win over propagated ones, and the latest manual mask wins over all.
        let overlap = profile.masks.overlap;
        segmentation.settle_overlaps(overlap, &followed, &job.edited)?;
        segmentation.settle_overlaps(overlap, &drawn, &BTreeSet::new())?;
        let records = match draft.made_by() {
            Some((model, runtime)) => (model.clone(), runtime.clone()),
            None => self.models.records(&profile.model)?,
        };
        self.commit(job, segmentation, prompts, &work.author, records)
    }

    /// What a person has made of an object in the revision that a draft changes, by slice.
    fn edited_before(
        &self,
        work: &Work,
        job: &Job<'_>,
        draft: &Draft,
        label: Label,
    ) -> Result<BTreeMap<u32, SliceMask>, Failure> {
        let of_object = job.edited.iter().filter(|place| place.label == label);
        let slices: Vec<u32> = of_object.map(|place| place.index).collect();
        if slices.is_empty() {
            return Ok(BTreeMap::new());
        }
        let masks = self.store.masks(&work.lease.case, draft.revision)?;
        let shape = masks.dims.slice_shape(masks.axis);
        let object = masks.object(label);
        let mask = |index: u32| match object.and_then(|object| object.slices.get(&index)) {
            Some(runs) => runs.to_mask(shape).map_err(damaged),
            None => Ok(SliceMask::empty(shape)),
        };
        slices
            .into_iter()
            .map(|index| Ok((index, mask(index)?)))
            .collect()
    }

    fn draft(&self, id: DraftId) -> Result<Draft, Failure> {
        // Whatever takes a draft away also takes back its work.
        self.store.draft_in_work(id)?.ok_or(Failure::LeaseLost)
    }

    fn answered(
        &mut self,
        profile: &Profile,
        label: Label,
        slices: Vec<SliceAnswer>,
    ) -> Result<Answered, Failure> {
        let (model, runtime) = self.models.records(&profile.model)?;
        self.reporter.tell(&Report::Running {
            runtime: runtime.name.clone(),
            device: runtime.device.clone(),
        });
        Ok(Answered {
            label,
            model,
            runtime,
            slices,
        })
    }

    /// The logits of the mask that `prompt` corrects, if it corrects one.
    fn earlier_logits(
        &self,
        id: DraftId,
        draft: &Draft,
        place: Place,
        prompt: &SlicePrompt,
    ) -> Result<Option<LowResLogits>, Failure> {
        let Some((answer, chosen)) = draft.answer(place) else {
            return Ok(None);
        };
        if answer.propagated || !is_correction(&answer.prompt, prompt) {
            return Ok(None);
        }
        let is_it = |step: &Step| match step {
            Step::Answered(of) => {
                of.label == place.label && of.slices.iter().any(|s| s.prompt.index == place.index)
            }
            _ => false,
        };
        let Some(at) = draft.done().iter().rposition(is_it) else {
            return Ok(None);
        };
        let packed = self.store.draft_logits(id, at as u32 + 1)?;
        Ok(packed.and_then(|p| unpack(&p, answer.candidates.len(), chosen as usize)))
    }
}

/// Whether a prompt says more about the same object than an earlier one, and takes nothing back.
fn is_correction(earlier: &SlicePrompt, prompt: &SlicePrompt) -> bool {
    earlier.bbox == prompt.bbox
        && prompt.points.len() > earlier.points.len()
        && earlier.points.iter().all(|p| prompt.points.contains(p))
}

fn candidate(answer: &Segmented) -> Candidate {
    Candidate {
        mask: SliceMask::to_rle(&answer.mask),
        predicted_iou: answer.predicted_iou,
        stability: answer.stability,
    }
}

/// The logits of all masks, one after another.
fn pack(masks: &[Segmented]) -> Vec<u8> {
    let values = masks.iter().flat_map(|m| &m.low_res.values);
    values
        .flat_map(|&value| f32_to_f16(value).to_le_bytes())
        .collect()
}

/// The logits of the mask `which` of `count`.
fn unpack(packed: &[u8], count: usize, which: usize) -> Option<LowResLogits> {
    let one = packed.len().checked_div(count)?;
    let bytes = packed.get(which * one..(which + 1) * one)?;
    let values: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&b| f16_to_f32(u16::from_le_bytes(b)))
        .collect();
    let side = values.len().isqrt();
    (side * side == values.len() && side > 0).then_some(LowResLogits { values, side })
}

/// A mask of a draft that is larger than its slice.
fn damaged(error: RleTooLong) -> Failure {
    Failure::new(
        "draft-damaged",
        format!("a mask of the draft cannot be used: {error}"),
        "Undo that step, or discard the draft.",
        FaultClass::BadInput,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{SliceBox, SlicePoint};

    #[test]
    fn a_prompt_corrects_an_earlier_one_if_it_only_adds_points() {
        let point = |x| SlicePoint {
            x,
            y: 0,
            positive: x == 0,
        };
        let prompt = |size: u32, points: &[u32]| SlicePrompt {
            label: Label::MIN,
            index: 3,
            bbox: (size > 0).then(|| SliceBox::spanning((0, 0), (size, size))),
            points: points.iter().copied().map(point).collect(),
        };
        let earlier = prompt(4, &[0]);
        assert!(is_correction(&earlier, &prompt(4, &[0, 1])));
        assert!(is_correction(&prompt(4, &[]), &prompt(4, &[7])));
        for other in [
            prompt(4, &[0]),
            prompt(5, &[0, 1]),
            prompt(0, &[0, 1]),
            prompt(4, &[1, 2]),
        ] {
            assert!(!is_correction(&earlier, &other), "{other:?}");
        }
    }

    #[test]
    fn kept_logits_come_back_for_the_mask_that_was_chosen() {
        let mask = |value: f32| Segmented {
            mask: SliceMask::empty(medicosam_shared::geometry::SliceShape {
                width: 1,
                height: 1,
            }),
            predicted_iou: 0.5,
            stability: 0.5,
            low_res: LowResLogits {
                values: vec![value; 16],
                side: 4,
            },
        };
        let packed = pack(&[mask(1.5), mask(-2.25), mask(8.0)]);
        let one = unpack(&packed, 3, 1).unwrap();
        assert_eq!((one.side, one.values), (4, vec![-2.25; 16]));
        assert_eq!(unpack(&packed, 3, 3), None);
        assert_eq!(unpack(&packed, 0, 0), None);
    }
}
