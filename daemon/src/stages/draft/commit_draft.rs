//! A draft becomes a revision.

use super::{damaged, in_work};
use crate::case::DraftId;
use crate::case::FaultClass;
use crate::registry::Work;
use crate::segment::Segmentation;
use crate::segment::propagation::Answer;
use crate::stages::commit::{Made, Maker, commit};
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::tools::Tools;
use medicosam_shared::draft::{Canvas, Content, Draft, Under};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::mask::{MaskSet, Rle};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePrompt;
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
    let records = match draft.made_by() {
        Some((model, runtime)) => (model.clone(), runtime.clone()),
        // Hands alone made it: the masks are those of the same model as before.
        None => (
            before.provenance.model.clone(),
            before.provenance.runtime.clone(),
        ),
    };
    let mut drafted = Drafted {
        segmentation: Segmentation::continuing(masks.clone(), &before.provenance.objects),
        job: Job::on_revision(assignment, before.provenance),
        prompts: Vec::new(),
        drawn: Vec::new(),
        by_hand: Vec::new(),
        carried_on: Vec::new(),
    };
    drafted.take(&draft, &masks)?;
    if let Some(rule) = draft.rule() {
        drafted.job.propagation = Some(rule);
    }
    let Drafted {
        mut segmentation,
        job,
        prompts,
        drawn,
        by_hand,
        carried_on,
    } = drafted;
    // What people made wins over propagated masks; the latest that people made wins.
    let overlap = profile.masks.overlap.unwrap_or_default();
    segmentation.settle_overlaps(overlap, &carried_on, &job.edited)?;
    segmentation.settle_overlaps(overlap.by_a_person(), &by_hand, &BTreeSet::new())?;
    let made = Made {
        by: Maker::Person(&work.author),
        segmentation,
        prompts,
        drawn,
        records,
    };
    commit(tools, job, made)
}

/// A revision and the places that a draft has changed in it.
struct Drafted<'a> {
    job: Job<'a>,
    segmentation: Segmentation,
    prompts: Vec<SlicePrompt>,
    drawn: Vec<SlicePrompt>,
    /// Places that a person has made.
    by_hand: Vec<Place>,
    /// Other places that are changed.
    carried_on: Vec<Place>,
}

impl Drafted<'_> {
    /// Takes over every change that a draft has made to `base`, the masks of its revision.
    fn take(&mut self, draft: &Draft, base: &MaskSet) -> Result<(), Failure> {
        let shape = base.dims.slice_shape(base.axis);
        let painted = self.job.painted.clone();
        let canvas = Canvas::of(draft.done(), &painted);
        for place in canvas.changed(base) {
            let Some(content) = canvas.at(place) else {
                continue;
            };
            let mask = canvas.mask(base, place);
            mask.check(shape).map_err(damaged)?;
            let name = draft.name(self.segmentation.masks(), place.label);
            self.put(place, &name, mask, &content);
            match content.by_hand {
                true => self.by_hand.push(place),
                false => self.carried_on.push(place),
            }
            if content.by_hand {
                self.job.edited.insert(place);
            } else if !matches!(content.under, Under::Answer(..)) {
                // As it was in the revision that was put back, or made of its neighbours.
                self.job.edited.remove(&place);
            }
            self.job.painted.put(place, content.hand);
        }
        Ok(())
    }

    fn put(&mut self, place: Place, name: &str, mask: Rle, content: &Content<'_>) {
        let segmentation = &mut self.segmentation;
        match content.under {
            Under::Answer(answer, candidate) => {
                let answered = Answer {
                    mask,
                    ..Answer::from(candidate)
                };
                segmentation.put(place.label, name, place.index, answered);
                self.prompts.push(answer.prompt.clone());
                self.drawn.extend(answer.drawn.clone());
            }
            Under::Revision => {
                let score = segmentation.score(place);
                segmentation.place(place, name, mask, score);
            }
            Under::Put(_, put) => segmentation.place(place, name, mask, put.score),
            Under::Nothing => segmentation.place(place, name, mask, None),
        }
    }
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
