//! Prompts of a person that change the current revision at once, without a draft.

use super::commit::{Made, Maker, commit};
use super::failure::Failure;
use super::job::{Assignment, Job};
use super::segment_slices::{Asked, answer_now};
use super::tools::Tools;
use crate::case::FaultClass;
use crate::segment::Segmentation;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePrompt;
use std::collections::{BTreeMap, BTreeSet};

/// Replaces masks of the current revision as a person asks.
pub fn correct(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    prompts: &[SlicePrompt],
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
    let asked = Asked {
        prompts,
        starts: &BTreeMap::new(),
        names: &BTreeMap::new(),
    };
    answer_now(tools, &mut job, &mut segmentation, asked)?;
    let places: Vec<Place> = prompts.iter().map(SlicePrompt::place).collect();
    // Where the profile lets the latest mask win, no earlier manual mask is protected: this is
    // what a person asked for last.
    segmentation.settle_overlaps(profile.masks.overlap, &places, &BTreeSet::new())?;
    job.edited.extend(places);
    let records = tools.models.records(&profile.model)?;
    let made = Made {
        by: Maker::Person(&work.author),
        segmentation,
        prompts: prompts.to_vec(),
        drawn: Vec::new(),
        records,
    };
    commit(tools, job, made)
}
