//! The slices of a draft around those that a person segmented.

use super::{answered, damaged, in_work};
use crate::case::DraftId;
use crate::model::Segmented;
use crate::registry::Registry;
use crate::segment::propagation::{self, Answer, Question, Seeds};
use crate::stages::embed;
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::report::StageReport;
use crate::stages::tools::{BetweenSlices, Tools};
use medicosam_shared::draft::{Candidate, Canvas, Draft, Propagate, SliceAnswer};
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Shortest time between two reports of progress: each is a transaction.
const REPORT_EVERY: Duration = Duration::from_millis(200);

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
    let seeds = seeds(&tools.registry, &job, &draft, label)?;
    let mut asking = Asking {
        label,
        prompts: BTreeMap::new(),
        asked: 0,
        reported: None,
    };
    let ask =
        |question: &Question, total: u32| asking.ask(tools, &mut job, (question, total), between);
    let found = propagation::follow(profile.propagation, &seeds, count, ask)?;
    let slices = found.into_iter().filter_map(|(index, answer)| {
        // A slice that nothing was asked about has nothing.
        let prompt = asking.prompts.remove(&index)?;
        Some(slice_answer(prompt, answer))
    });
    let slices: Vec<SliceAnswer> = slices.collect();
    let answered = answered(tools, profile, label, slices)?;
    tools.registry.answer_draft(&work.lease, &answered, None)?;
    Ok(())
}

fn slice_answer(prompt: SlicePrompt, answer: Answer) -> SliceAnswer {
    SliceAnswer {
        prompt,
        drawn: None,
        before: None,
        propagated: true,
        candidates: vec![Candidate {
            mask: answer.mask,
            predicted_iou: answer.predicted_iou,
            stability: answer.stability,
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
    /// When progress was reported last.
    reported: Option<Instant>,
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
        if self.reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
            let progress = Progress {
                done: self.asked,
                total,
            };
            // Fails if the person has changed their mind.
            tools.registry.draft_report(&job.work.lease, progress)?;
            tools.reporter.tell(StageReport::Changed);
            self.reported = Some(Instant::now());
        }
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

/// The slices of an object that people have made, in this draft or before it.
fn seeds(
    registry: &Registry,
    job: &Job<'_>,
    draft: &Draft,
    label: Label,
) -> Result<Seeds, Failure> {
    let base = registry.masks(&job.work.lease.case, draft.revision)?;
    let shape = base.dims.slice_shape(base.axis);
    let canvas = Canvas::of(draft, &job.painted);
    let known = canvas.by_hand(&base, &job.edited, label);
    let seeds = known.into_iter();
    seeds
        .map(|(index, mask)| Ok((index, mask.to_mask(shape).map_err(damaged)?)))
        .collect()
}
