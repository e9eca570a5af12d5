//! The masks of one slice of a draft, for what is drawn on it.

use super::{answered, in_work, logits};
use crate::case::DraftId;
use crate::case::FaultClass;
use crate::model::{LowResLogits, Segmented};
use crate::registry::Registry;
use crate::stages::embed;
use crate::stages::failure::Failure;
use crate::stages::job::{Assignment, Job};
use crate::stages::tools::Tools;
use medicosam_shared::draft::{Candidate, Canvas, Draft, SliceAnswer, Step};
use medicosam_shared::hand::Hand;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePrompt;

/// Segments a slice of a draft by what is drawn on it. Writes no files and makes no revision.
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
    let canvas = Canvas::of(&draft, &job.painted);
    let before = canvas.mask(&base, place);
    let content = canvas.at(place);
    let hand = match &content {
        Some(content) => Some(&content.hand),
        None => job.painted.at(place),
    };
    let hand = hand.cloned().unwrap_or_default();
    let embedding = embed::embedding(tools, &mut job, index)?;
    let understands = tools.models.get(&profile.model)?.model().understands();
    let earlier = match understands.masks {
        true => earlier_logits(&tools.registry, id, &draft, place, prompt)?,
        false => None,
    };
    let sam = tools.models.get(&profile.model)?;
    let family = sam.model().family();
    let mut offered = sam.candidates(&embedding, prompt, earlier.as_ref())?;
    if understands.several && family.has_several(prompt, earlier.is_some()) {
        offered.leave_out_poor();
    } else {
        // The first is the answer then, and the others are noise.
        offered.masks.truncate(1);
        offered.best = 0;
    }
    let logits = understands.masks.then(|| logits::pack(&offered.masks));
    let answer = SliceAnswer {
        prompt: prompt.clone(),
        drawn: None,
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

/// The logits of the mask that `prompt` corrects, if it corrects one.
fn earlier_logits(
    registry: &Registry,
    id: DraftId,
    draft: &Draft,
    place: Place,
    prompt: &SlicePrompt,
) -> Result<Option<LowResLogits>, Failure> {
    let Some((answer, chosen)) = draft.answer(place) else {
        return Ok(None);
    };
    if answer.propagated || !is_correction(&answer.prompt, prompt) {
        return Ok(None);
    }
    let is_it = |step: &Step| match step {
        Step::Answered(of) => {
            of.label == place.label && of.slices.iter().any(|s| s.prompt.index == place.index)
        }
        _ => false,
    };
    let Some(at) = draft.done().iter().rposition(is_it) else {
        return Ok(None);
    };
    let packed = registry.draft_logits(id, at as u32 + 1)?;
    Ok(packed.and_then(|p| logits::unpack(&p, answer.candidates.len(), chosen as usize)))
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
