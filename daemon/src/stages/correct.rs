//! Prompts and 3-D boxes of a person that change the current revision at once, without a draft.

use super::commit::{Made, Maker, commit};
use super::embed;
use super::failure::Failure;
use super::job::{Assignment, Job};
use super::report::StageReport;
use super::segment_spans::{answer_spans, embed_spans};
use super::stored_points::stored_points;
use super::tools::{BetweenSlices, Tools};
use crate::case::FaultClass;
use crate::prompts::Prompts;
use crate::segment::Segmentation;
use crate::segment::correction::{self, Present};
use crate::segment::propagation::{Answer, Span};
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{SlicePrompt, VolumeBox};
use medicosam_shared::propagation::Propagation;
use std::collections::{BTreeMap, BTreeSet};

/// What a person asks for.
#[derive(Clone, Copy)]
pub struct Correction<'a> {
    /// Prompts on slices.
    pub prompts: &'a [SlicePrompt],
    /// Boxes in the volume.
    pub boxes: &'a [VolumeBox],
    /// The rule for these, if not the profile's.
    pub propagation: Option<Propagation>,
}

/// Replaces masks of the current revision as a person asks: points alone correct the masks that are
/// there. `between` is called between two slices of a 3-D box.
pub fn correct(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    wanted: Correction<'_>,
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let current = work.revision.ok_or_else(|| {
        Failure::new(
            "no-revision",
            "there is no revision to change",
            "Wait until the case is up for review.",
            FaultClass::BadInput,
        )
    })?;
    let before = tools
        .registry
        .revision(&work.lease.case, current)?
        .provenance;
    let masks = tools.registry.masks(&work.lease.case, current)?;
    let mut segmentation = Segmentation::continuing(masks, &before.objects);
    let mut job = Job::on_revision(assignment, before);
    let rule = wanted.propagation.unwrap_or(profile.propagation);
    let boxes = Prompts::of_boxes(wanted.boxes, job.axis, rule);
    let mut asked = Vec::new();
    for drawn in wanted.prompts.iter().chain(&boxes.slices()) {
        tools.reporter.tell(StageReport::Alive);
        let earlier = stored_points(&tools.registry, &work.lease.case, current, drawn.place())?;
        let (prompt, answer) = answer_slice(tools, &mut job, &segmentation, (drawn, &earlier))?;
        let name = segmentation.name(drawn.label);
        segmentation.put(drawn.label, &name, drawn.index, answer);
        asked.push(prompt);
    }
    answer_boxes(tools, &mut job, &mut segmentation, &boxes, between)?;
    asked.extend(boxes.spans().iter().flat_map(Span::prompts));
    let prompts = [wanted.prompts, boxes.by_slice().as_slice()].concat();
    let places: Vec<Place> = prompts.iter().map(SlicePrompt::place).collect();
    // Where the profile lets the latest mask win, no earlier manual mask is protected: this is
    // what a person asked for last.
    let overlap = profile.masks.overlap.unwrap_or_default().by_a_person();
    segmentation.settle_overlaps(overlap, &places, &BTreeSet::new())?;
    job.edited.extend(places);
    let records = tools.models.records(&profile.model)?;
    let drawn = prompts.iter().filter(|prompt| !asked.contains(prompt));
    let made = Made {
        by: Maker::Person(&work.author),
        segmentation,
        drawn: drawn.cloned().collect(),
        prompts: asked,
        records,
    };
    commit(tools, job, made)
}

/// Answers the boxes of several slices by their rule.
pub(super) fn answer_boxes(
    tools: &mut Tools,
    job: &mut Job<'_>,
    segmentation: &mut Segmentation,
    boxes: &Prompts,
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    if let Some(rule) = boxes.rule() {
        job.propagation = Some(rule);
    }
    let spans = boxes.spans();
    if spans.is_empty() {
        return Ok(());
    }
    let embedded = embed_spans(tools, job, &spans, between)?;
    let spans = (spans.as_slice(), &embedded);
    answer_spans(tools, job, segmentation, spans, &BTreeMap::new(), between)
}

/// What is asked for a prompt, and the answer, around what people have painted. `earlier` are the
/// points that are there already.
pub(super) fn answer_slice(
    tools: &mut Tools,
    job: &mut Job<'_>,
    segmentation: &Segmentation,
    (drawn, earlier): (&SlicePrompt, &[medicosam_shared::prompt::SlicePoint]),
) -> Result<(SlicePrompt, Answer), Failure> {
    let place = drawn.place();
    let embedding = embed::embedding(tools, job, place.index)?;
    let object = segmentation.masks().object(place.label);
    let mask = match object.and_then(|object| object.slices.get(&place.index)) {
        Some(runs) => runs.to_mask(embedding.view.slice()).map_err(damaged)?,
        None => SliceMask::empty(embedding.view.slice()),
    };
    let present = Present {
        mask: &mask,
        points: earlier,
        continues: None,
    };
    let started = std::time::Instant::now();
    let sam = tools.models.get(&job.profile.model)?;
    let mut answered = correction::answer(sam, &embedding, drawn, present)?;
    job.timings.decodes += 1;
    job.timings.decode_s += started.elapsed().as_secs_f64();
    let best = answered.offered.best;
    let mut answer = Answer::from(&answered.offered.masks.swap_remove(best));
    if let Some(hand) = job.painted.at(place) {
        answer.mask = hand.over(&answer.mask);
    }
    Ok((answered.asked, answer))
}

/// A mask of the revision that is larger than its slice.
fn damaged(error: medicosam_shared::mask::RleTooLong) -> Failure {
    crate::segment::OverlapError::from(error).into()
}
