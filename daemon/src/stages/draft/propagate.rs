//! The slices of a draft around those that a person segmented.

use super::progress::Reports;
use super::{answered, damaged, in_work};
use crate::case::DraftId;
use crate::model::Segmented;
use crate::segment::propagation::{self, Answer, Followed, Limits, Question, Seeds};
use crate::stages::embed;
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::report::StageReport;
use crate::stages::tools::{BetweenSlices, Tools};
use medicosam_shared::draft::{Answered, Candidate, Canvas, Propagate, SliceAnswer};
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::propagation_report::PropagationReport;
use std::collections::BTreeMap;

/// Segments the slices around those that a person segmented, in this draft or in an earlier
/// revision; the slices of that person stay as they are. `between` is called before each question.
pub fn propagate(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    (id, asked): (DraftId, Propagate),
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let label = asked.label;
    let draft = in_work(&tools.registry, id)?;
    let mut job = Job::on_revision_number(&tools.registry, assignment, draft.revision)?;
    let count = job.info.dims.along(job.axis);
    let base = tools.registry.masks(&work.lease.case, draft.revision)?;
    let shape = base.dims.slice_shape(base.axis);
    let canvas = Canvas::of(draft.done(), &job.painted);
    let known = canvas.by_hand(&base, &job.edited, label);
    let seeds: Seeds = known
        .iter()
        .map(|(&index, mask)| Ok((index, mask.to_mask(shape).map_err(damaged)?)))
        .collect::<Result<_, Failure>>()?;
    let mut asking = Asking {
        label,
        prompts: BTreeMap::new(),
        asked: 0,
        reports: Reports::default(),
    };
    let ask =
        |question: &Question, total: u32| asking.ask(tools, &mut job, (question, total), between);
    let limits = Limits {
        count,
        slices: asked.slices,
        force: asked.force,
        through: asked.through,
    };
    let Followed { answers, ways } = propagation::follow(profile.propagation, &seeds, limits, ask)?;
    let before = |index| canvas.mask(&base, Place::new(label, index)).area();
    let is_older = |index: &u32| {
        before(*index) > 0 && !answers.contains_key(index) && !seeds.contains_key(index)
    };
    let report = PropagationReport {
        older: (0..count).filter(is_older).collect(),
        ways,
        through: asked.through,
    };
    let slices = answers.into_iter().filter_map(|(index, answer)| {
        // A slice that nothing was asked about has nothing.
        let prompt = asking.prompts.remove(&index)?;
        Some(slice_answer(prompt, before(index), answer))
    });
    let slices: Vec<SliceAnswer> = slices.collect();
    let answered = Answered {
        report: Some(report),
        ..answered(tools, profile, label, slices)?
    };
    tools.registry.answer_draft(&work.lease, &answered, None)?;
    Ok(())
}

fn slice_answer(prompt: SlicePrompt, before: u64, answer: Answer) -> SliceAnswer {
    SliceAnswer {
        prompt,
        drawn: None,
        before: Some(before),
        propagated: true,
        candidates: vec![Candidate {
            mask: answer.mask,
            predicted_iou: answer.predicted_iou,
            stability: answer.stability,
            agreement: None,
            steadiness: None,
        }],
        chosen: 0,
    }
}

/// A rule asks about slices of an object.
struct Asking {
    label: Label,
    /// What was asked, by slice.
    prompts: BTreeMap<u32, SlicePrompt>,
    asked: u32,
    reports: Reports,
}

impl Asking {
    /// Answers a question, one of about `total`.
    fn ask(
        &mut self,
        tools: &mut Tools,
        job: &mut Job<'_>,
        (question, total): (&Question, u32),
        between: &mut BetweenSlices<'_>,
    ) -> Result<Segmented, Failure> {
        between(tools)?;
        tools.reporter.tell(StageReport::Alive);
        let progress = Progress {
            done: self.asked,
            total,
        };
        self.reports.report(tools, &job.work.lease, progress)?;
        self.asked += 1;
        let prompt = SlicePrompt {
            label: self.label,
            index: question.index,
            bbox: question.bbox,
            points: question.points.clone(),
        };
        self.prompts.insert(question.index, prompt);
        let embedding = embed::embedding(tools, job, question.index)?;
        let sam = tools.models.get(&job.profile.model)?;
        let answer = propagation::answer(sam, &embedding, self.label, question)?;
        Ok(answer)
    }
}
