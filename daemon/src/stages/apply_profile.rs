//! A case by its profile: load, embed, segment, and keep what people have done to it before.

use super::commit::{Made, Maker, commit};
use super::failure::Failure;
use super::job::{Assignment, Job};
use super::load::LoadedScan;
use super::manual_masks::{ManualMasks, tidy};
use super::models::Models;
use super::report::StageReport;
use super::segment_slices::{Asked, answer_in_bulk};
use super::segment_spans::{answer_spans, embed_spans};
use super::tools::{BetweenSlices, Tools};
use crate::plan::{Kept, Segmenting};
use crate::prompts::Files;
use crate::segment::Segmentation;
use medicosam_shared::case::CaseState;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::understands::Understands;
use std::time::Instant;

/// Segments a scan by the profile of its case. `between` is called between two slices.
pub fn apply_profile(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    scan: LoadedScan,
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let manual = ManualMasks::of(&tools.registry, work)?;
    let manual = manual.as_ref();
    let kept = manual.map(|manual| Kept {
        axis: manual.axis,
        edited: &manual.edited,
    });
    let axis = Segmenting::axis_of(profile, scan.volume.info(), kept);
    let mut job = Job::on_scan(assignment, scan, axis);
    if let Some(manual) = manual {
        job.edited.clone_from(&manual.edited);
        job.painted.clone_from(&manual.painted);
    }
    let understands = understands(&mut tools.models, &mut job)?;
    let limits = &tools.config.limits;
    let files = Files::read(profile, &work.source, limits)?;
    let plan = Segmenting::of(profile, &job.info, files, understands.masks, kept)?;
    let asked = plan.prompts;
    asked.check_amount(&profile.name, limits)?;
    if work.revision.is_some() && manual.is_none() && asked.is_from_nowhere() {
        tools.registry.leave_as_it_is(&work.lease)?;
        tools.reporter.tell(StageReport::Changed);
        return Ok(());
    }
    job.sources.clone_from(&asked.sources);
    let (all, spans, names) = (asked.by_slice(), asked.spans(), asked.names());
    job.propagation = plan.propagation;

    let embedded = embed_spans(tools, &mut job, &spans, between)?;
    let mut segmentation = Segmentation::empty(job.info.dims, axis);
    let on_slices = Asked {
        prompts: &asked.slices(),
        starts: &asked.starts,
        names: &names,
    };
    answer_in_bulk(tools, &mut job, &mut segmentation, on_slices, between)?;
    tools.registry.stage(&work.lease, CaseState::Segmenting)?;
    tools.reporter.tell(StageReport::Changed);
    answer_spans(
        tools,
        &mut job,
        &mut segmentation,
        (&spans, &embedded),
        &names,
        between,
    )?;
    drop(embedded);
    job.boxes = spans;
    let places: Vec<Place> = all.iter().map(SlicePrompt::place).collect();
    let how = (&profile.masks, &job.info.affine);
    tidy(&mut segmentation, &names, &places, manual, how)?;
    let records = tools.models.records(&profile.model)?;
    let made = Made {
        by: Maker::Profile(&profile.name),
        segmentation,
        prompts: all,
        drawn: Vec::new(),
        records,
    };
    commit(tools, job, made)
}

/// The prompts that the profile's model understands; opens it if need be.
fn understands(models: &mut Models, job: &mut Job<'_>) -> Result<Understands, Failure> {
    let opening = Instant::now();
    let understands = models.get(&job.profile.model)?.model().understands();
    job.timings.model_s += opening.elapsed().as_secs_f64();
    Ok(understands)
}
