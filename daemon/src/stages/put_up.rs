//! A revision of exactly the masks that another program or person made.

use super::commit::{Made, Maker, commit};
use super::failure::Failure;
use super::job::{Assignment, Job};
use super::tools::Tools;
use crate::case::FaultClass;
use crate::segment::Segmentation;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::hand::Hand;
use medicosam_shared::mask::Rle;
use medicosam_shared::place::Place;
use medicosam_shared::provenance::PromptSource;

/// Makes a revision of the reference masks called `name`, whose label map has this hash, in place of `replaced`: every pixel of them
/// counts as made by hand, and where they are empty a hand has emptied it.
pub fn put_up(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    replaced: RevisionNumber,
    (name, sha256): (&str, &str),
) -> Result<(), Failure> {
    let work = assignment.work;
    let case = &work.lease.case;
    let before = tools.registry.revision(case, replaced)?.provenance;
    let masks_before = tools.registry.masks(case, replaced)?;
    let (reference, masks) = tools.registry.reference(case, name)?;
    if reference.sha256 != sha256 {
        return Err(Failure::new(
            "reference-replaced",
            format!("other masks have come under the name {name:?} since they were to be put up"),
            "Look at them, then put them up: `medicosam reference CASE FILE --for-review`.",
            FaultClass::BadInput,
        ));
    }
    if masks.dims != before.scan.info.dims || masks.axis != before.axis {
        return Err(Failure::new(
            "labels-other-grid",
            format!(
                "the reference masks {name:?} are cut across {}, revision {replaced} across {}",
                masks.axis, before.axis
            ),
            "Add them again: `medicosam reference CASE FILE`.",
            FaultClass::BadInput,
        ));
    }
    let records = (before.model.clone(), before.runtime.clone());
    let mut segmentation = Segmentation::empty(masks.dims, masks.axis);
    for object in &before.objects {
        segmentation.declare(object.label, &object.name);
    }
    let mut job = Job::on_revision(assignment, before);
    for object in &masks_before.objects {
        let emptied = object
            .slices
            .keys()
            .map(|index| Place::new(object.label, *index));
        job.edited.extend(emptied);
    }
    job.painted.0.clear();
    for object in &masks.objects {
        for (&index, mask) in &object.slices {
            let place = Place::new(object.label, index);
            segmentation.place(place, &object.name, mask.clone(), None);
            job.edited.insert(place);
            let hand = Hand {
                set: mask.clone(),
                cleared: Rle::default(),
            };
            job.painted.put(place, hand);
        }
    }
    job.sources = vec![PromptSource {
        path: reference.path,
        sha256: reference.sha256,
        used: format!("masks as they are, put up by {}", reference.by),
    }];
    let made = Made {
        by: Maker::Person(&work.author),
        segmentation,
        prompts: Vec::new(),
        drawn: Vec::new(),
        records,
    };
    commit(tools, job, made)
}
