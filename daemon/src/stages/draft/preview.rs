//! The masks of one slice of a draft, for what is drawn on it.

use super::{answered, damaged, in_work, logits};
use crate::case::DraftId;
use crate::case::FaultClass;
use crate::model::{LowResLogits, Segmented, View};
use crate::registry::Registry;
use crate::segment::correction::{self, Continued, Present};
use crate::stages::embed;
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::stored_points::stored_points;
use crate::stages::tools::Tools;
use medicosam_shared::draft::{Candidate, Canvas, Content, Draft, SliceAnswer, Under};
use medicosam_shared::hand::Hand;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{SlicePoint, SlicePrompt};

/// Segments a slice of a draft by what is drawn on it: points alone correct the mask that is there.
/// Writes no files and makes no revision.
pub fn preview(
    tools: &mut Tools,
    assignment: Assignment<'_>,
    id: DraftId,
    place: Place,
) -> Result<(), Failure> {
    let Assignment { work, profile, .. } = assignment;
    let Place { label, index } = place;
    let draft = in_work(&tools.registry, id)?;
    let drawn = draft.drawn();
    let prompt = *drawn.get(&place).ok_or_else(|| {
        Failure::new(
            "nothing-drawn",
            format!("nothing is drawn for object {label} on slice {index} any more"),
            "Draw a box or a point.",
            FaultClass::BadInput,
        )
    })?;
    let mut job = Job::on_revision_number(&tools.registry, assignment, draft.revision)?;
    let base = tools.registry.masks(&work.lease.case, draft.revision)?;
    let canvas = Canvas::of(draft.done(), &job.painted);
    let before = canvas.mask(&base, place);
    let content = canvas.at(place);
    let earlier = match content.as_ref().map(|content| content.under) {
        None | Some(Under::Revision) => {
            stored_points(&tools.registry, &work.lease.case, draft.revision, place)?
        }
        Some(Under::Answer(answer, _)) => earlier_points(answer),
        Some(Under::Put(..) | Under::Nothing) => Vec::new(),
    };
    let embedding = embed::embedding(tools, &mut job, index)?;
    let mask = before.to_mask(embedding.view.slice()).map_err(damaged)?;
    let continues = adds_points(content.as_ref(), prompt);
    let kept = match continues {
        true => kept_logits(&tools.registry, id, &draft, (place, embedding.view))?,
        false => None,
    };
    let present = Present {
        mask: &mask,
        points: &earlier,
        continues: continues.then_some(Continued {
            logits: kept.as_ref(),
        }),
    };
    let sam = tools.models.get(&profile.model)?;
    let keeps_logits = sam.model().understands().masks;
    let correction::Answered { asked, offered } =
        correction::answer(sam, &embedding, prompt, present)?;
    let logits = keeps_logits.then(|| logits::pack(&offered.masks));
    let hand = match &content {
        Some(content) => content.hand.clone(),
        None => job.painted.at(place).cloned().unwrap_or_default(),
    };
    let answer = SliceAnswer {
        drawn: (asked != *prompt).then(|| prompt.clone()),
        prompt: asked,
        before: Some(before.area()),
        propagated: false,
        candidates: offered.masks.iter().map(|m| candidate(m, &hand)).collect(),
        chosen: offered.best as u32,
    };
    let answered = answered(tools, profile, label, vec![answer])?;
    tools
        .registry
        .answer_draft(&work.lease, &answered, logits.as_deref())?;
    Ok(())
}

/// The points that an answer took along from before the draft.
fn earlier_points(answer: &SliceAnswer) -> Vec<SlicePoint> {
    let Some(drawn) = &answer.drawn else {
        return Vec::new();
    };
    let taken_along = |point: &&SlicePoint| !drawn.points.contains(point);
    let points = answer.prompt.points.iter();
    points.filter(taken_along).copied().collect()
}

/// Whether a prompt says more about the same object than the one that made the mask of its place in the
/// draft, and takes nothing back.
fn adds_points(content: Option<&Content<'_>>, prompt: &SlicePrompt) -> bool {
    match content.map(|content| content.under) {
        Some(Under::Answer(answer, _)) if !answer.propagated => {
            let earlier = answer.drawn.as_ref().unwrap_or(&answer.prompt);
            is_correction(earlier, prompt)
        }
        Some(Under::Answer(..) | Under::Revision | Under::Put(..) | Under::Nothing) | None => false,
    }
}

/// The logits of the newest answer for a place, if they were kept and are of the picture in `view`.
fn kept_logits(
    registry: &Registry,
    id: DraftId,
    draft: &Draft,
    (place, view): (Place, View),
) -> Result<Option<LowResLogits>, Failure> {
    let Some((answer, chosen)) = draft.answer(place) else {
        return Ok(None);
    };
    let Some(at) = draft.answered_at(place) else {
        return Ok(None);
    };
    let packed = registry.draft_logits(id, at + 1)?;
    Ok(packed.and_then(|p| logits::unpack(&p, view, (chosen as usize, answer.candidates.len()))))
}

/// Whether a prompt says more about the same object than an earlier one, and takes nothing back.
fn is_correction(earlier: &SlicePrompt, prompt: &SlicePrompt) -> bool {
    earlier.bbox == prompt.bbox
        && prompt.points.len() > earlier.points.len()
        && earlier.points.iter().all(|p| prompt.points.contains(p))
}

/// A mask that the model offers, around what people have painted.
fn candidate(answer: &Segmented, hand: &Hand) -> Candidate {
    Candidate {
        mask: hand.over(&answer.mask.to_rle()),
        predicted_iou: answer.predicted_iou,
        stability: answer.stability,
        agreement: None,
        steadiness: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

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
}
