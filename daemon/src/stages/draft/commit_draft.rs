//! A draft becomes a revision.

use super::{damaged, in_work};
use crate::case::DraftId;
use crate::case::FaultClass;
use crate::registry::Work;
use crate::segment::Segmentation;
use crate::stages::commit::{Made, Maker, commit};
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::tools::Tools;
use medicosam_shared::draft::Draft;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::place::Place;
use std::collections::BTreeSet;

/// Makes a revision of a draft.
pub fn commit_draft(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    id: DraftId,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let draft = in_work(&tools.registry, id)?;
    check_revision(work, &draft)?;
    let before = tools.registry.revision(&work.lease.case, draft.revision)?;
    let masks = tools.registry.masks(&work.lease.case, draft.revision)?;
    let shape = masks.dims.slice_shape(masks.axis);
    let mut segmentation = Segmentation::continuing(masks, &before.provenance.objects);
    let mut job = Job::on_revision(assignment, before.provenance);
    let mut prompts = Vec::new();
    let (mut drawn, mut propagated) = (Vec::new(), Vec::new());
    for (place, (answer, mask)) in draft.answers() {
        let Place { label, index } = place;
        mask.mask.check(shape).map_err(damaged)?;
        let name = draft.name(segmentation.masks(), label);
        segmentation.put(label, &name, index, mask);
        prompts.push(answer.prompt.clone());
        match answer.propagated {
            true => propagated.push(place),
            false => drawn.push(place),
        }
    }
    job.edited.extend(&drawn);
    // Manual masks win over propagated ones; the latest manual mask wins.
    let overlap = profile.masks.overlap;
    segmentation.settle_overlaps(overlap, &propagated, &job.edited)?;
    segmentation.settle_overlaps(overlap, &drawn, &BTreeSet::new())?;
    let records = match draft.made_by() {
        Some((model, runtime)) => (model.clone(), runtime.clone()),
        None => tools.models.records(&profile.model)?,
    };
    let made = Made {
        by: Maker::Person(&work.author),
        segmentation,
        prompts,
        records,
    };
    commit(tools, job, made)
}

/// Another draft may have been committed while this one waited for its turn.
fn check_revision(work: &Work, draft: &Draft) -> Result<(), Failure> {
    if work.revision == Some(draft.revision) {
        return Ok(());
    }
    Err(Failure::new(
        FaultCode::OtherRevision.as_str(),
        format!(
            "there is a new revision of case {}; the draft changes revision {}",
            work.lease.case, draft.revision
        ),
        "Look at the new revision, then put the draft on top of it or discard it.",
        FaultClass::BadInput,
    ))
}
