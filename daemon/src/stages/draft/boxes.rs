//! The masks of an object in a draft, by the boxes that are drawn for it on several slices.

use super::counted::Counted;
use super::progress::Reports;
use super::{answered, in_work};
use crate::case::DraftId;
use crate::prompts::Prompts;
use crate::segment::Segmentation;
use crate::stages::correct::{answer_boxes, answer_slice};
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::tools::{BetweenSlices, Tools};
use medicosam_shared::draft::{Answered, Boxes, Candidate, SliceAnswer, Together};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::Rle;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt, VolumeBox};
use medicosam_shared::propagation::Propagation;
use std::collections::BTreeMap;
use std::time::Instant;

/// Segments the slices from the first box that is drawn for an object to the last one. The masks count
/// as the person's, as those of a 3-D box do that is corrected without a draft.
pub fn segment_boxes(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    (id, asked): (DraftId, Boxes),
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let label = asked.label;
    let draft = in_work(&tools.registry, id)?;
    let mut job = Job::on_revision_number(&tools.registry, assignment, draft.revision)?;
    let base = tools.registry.masks(&work.lease.case, draft.revision)?;
    let before = draft.masks(&base);
    let (boxes, rule) = match asked.together {
        Together::Corners => (around(&draft.boxes(label)), profile.propagation),
        Together::Between => (draft.boxes(label), Propagation::Interpolate),
    };
    let boxes = in_volume(label, &boxes, job.axis);
    let prompts = Prompts::of_boxes(&boxes, job.axis, rule);
    let mut counted = Counted::new(&prompts, rule);
    let mut reports = Reports::default();
    let lease = work.lease.clone();
    let before_any = tools.answered;
    let mut between = |tools: &mut Tools| {
        between(tools)?;
        counted.step((tools.answered - before_any) as u32, Instant::now());
        reports.report(tools, &lease, counted.progress())
    };
    let mut segmentation = Segmentation::continuing(before.clone(), &[]);
    for prompt in prompts.slices() {
        between(tools)?;
        let (_, answer) = answer_slice(tools, &mut job, &segmentation, (&prompt, &[]))?;
        let name = segmentation.name(label);
        segmentation.put(label, &name, prompt.index, answer);
    }
    answer_boxes(tools, &mut job, &mut segmentation, &prompts, &mut between)?;
    let slices = prompts.by_slice().into_iter().filter_map(|prompt| {
        let object = before.object(label);
        let mask = object.and_then(|object| object.slices.get(&prompt.index));
        slice_answer(&segmentation, prompt, mask.map_or(0, Rle::area))
    });
    let answered = Answered {
        rule: Some(Box::new(rule)),
        ..answered(tools, profile, label, slices.collect())?
    };
    tools.registry.answer_draft(&work.lease, &answered, None)?;
    Ok(())
}

/// The 3-D box that these boxes are corners of: its rectangle on each of its slices.
fn around(boxes: &BTreeMap<u32, SliceBox>) -> BTreeMap<u32, SliceBox> {
    let rectangle = boxes.values().copied().reduce(|a, b| a.joined(b));
    let ends = boxes.keys().min().zip(boxes.keys().max());
    let Some((rectangle, (&first, &last))) = rectangle.zip(ends) else {
        return BTreeMap::new();
    };
    (first..=last).map(|index| (index, rectangle)).collect()
}

/// The same in voxels. Slices side by side with the same rectangle are one box.
fn in_volume(label: Label, boxes: &BTreeMap<u32, SliceBox>, axis: Axis) -> Vec<VolumeBox> {
    let slices: Vec<(u32, SliceBox)> = boxes.iter().map(|(&index, &b)| (index, b)).collect();
    let runs = slices.chunk_by(|a, b| a.0 + 1 == b.0 && a.1 == b.1);
    let ends = runs.filter_map(|run| run.first().zip(run.last()));
    ends.map(|(&(first, rectangle), &(last, _))| {
        let [min, max] = rectangle.in_volume(axis, (first, last));
        VolumeBox { label, min, max }
    })
    .collect()
}

/// What has become of a place, as a step of the draft keeps it; `None` if the rule left it as it was.
fn slice_answer(
    segmentation: &Segmentation,
    prompt: SlicePrompt,
    before: u64,
) -> Option<SliceAnswer> {
    let place = prompt.place();
    let score = segmentation.score(place)?;
    let object = segmentation.masks().object(place.label);
    let mask = object.and_then(|object| object.slices.get(&place.index));
    let mask = mask.cloned().unwrap_or_default();
    Some(SliceAnswer {
        prompt,
        drawn: None,
        before: Some(before),
        propagated: false,
        candidates: vec![Candidate {
            mask,
            predicted_iou: score.predicted_iou,
            stability: score.stability,
            agreement: score.agreement,
            steadiness: score.steadiness,
        }],
        chosen: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(x0: u32, y0: u32, x1: u32, y1: u32) -> SliceBox {
        SliceBox { x0, y0, x1, y1 }
    }

    #[test]
    fn boxes_on_two_slices_are_corners_of_one_box_around_both() {
        let drawn = [(4, rectangle(1, 5, 9, 8)), (7, rectangle(3, 2, 12, 6))].into();
        let boxes = in_volume(Label::MIN, &around(&drawn), Axis::K);
        let expected = VolumeBox {
            label: Label::MIN,
            min: [1, 2, 4],
            max: [12, 8, 8],
        };
        assert_eq!(boxes, [expected]);
        let across_i = in_volume(Label::MIN, &around(&drawn), Axis::I);
        assert_eq!((across_i[0].min, across_i[0].max), ([4, 1, 2], [8, 12, 8]));
        assert!(around(&BTreeMap::new()).is_empty());
    }

    #[test]
    fn boxes_of_their_own_stay_what_they_are() {
        let drawn = [(4, rectangle(1, 5, 9, 8)), (7, rectangle(3, 2, 12, 6))].into();
        let boxes = in_volume(Label::MIN, &drawn, Axis::K);
        let prompts = Prompts::of_boxes(&boxes, Axis::K, Propagation::Interpolate);
        let asked = prompts.slices();
        let slices: Vec<u32> = asked.iter().map(|prompt| prompt.index).collect();
        assert_eq!(slices, [4, 5, 6, 7]);
        assert_eq!(asked[0].bbox, drawn.get(&4).copied());
        assert!(prompts.spans().is_empty());
    }
}
