//! How much a request may ask for, checked before anything is asked of the model.

use super::error::ApiError;
use crate::config::Limits;
use medicosam_shared::api::PromptRequest;
use medicosam_shared::draft::DraftChange;
use medicosam_shared::prompt::SlicePrompt;

/// Checks a text that a person writes: a note, a reason, a name.
pub fn check_text(limits: &Limits, what: &str, text: &str) -> Result<(), ApiError> {
    match text.len() > limits.note {
        true => Err(ApiError::too_large(
            "text-too-long",
            format!(
                "the {what} has {} bytes; {} are the limit",
                text.len(),
                limits.note
            ),
            "Say it in fewer words, or raise `note` under [limits].",
        )),
        false => Ok(()),
    }
}

/// Checks the amount of prompts.
pub fn check_prompts(limits: &Limits, request: &PromptRequest) -> Result<(), ApiError> {
    let asked = request.prompts.len() + request.boxes.len();
    let of_boxes = request.boxes.iter().map(|bbox| {
        let sides = (0..3).map(|axis| bbox.max[axis].saturating_sub(bbox.min[axis]));
        // Whatever the axis that slices are cut across.
        u64::from(sides.min().unwrap_or(0))
    });
    let masks = request.prompts.len() as u64 + of_boxes.fold(0, u64::saturating_add);
    if asked > limits.prompts || masks > limits.prompts as u64 {
        return Err(ApiError::too_large(
            "too-many-prompts",
            format!(
                "the request asks for {} masks; {} are the limit",
                masks.max(asked as u64),
                limits.prompts
            ),
            "Ask for fewer slices at once, or raise `prompts` under [limits].",
        ));
    }
    let mut prompts = request.prompts.iter();
    prompts.try_for_each(|prompt| check_points(limits, prompt))
}

/// Checks a change of a draft.
pub fn check_draft(limits: &Limits, change: &DraftChange) -> Result<(), ApiError> {
    match change {
        DraftChange::Draw { prompt } => check_points(limits, prompt),
        DraftChange::Object { name, .. } => check_text(limits, "name", name),
        DraftChange::Choose { .. }
        | DraftChange::Segment { .. }
        | DraftChange::Propagate { .. }
        | DraftChange::Boxes { .. }
        | DraftChange::Paint { .. }
        | DraftChange::Empty { .. }
        | DraftChange::Revert { .. }
        | DraftChange::Copy { .. }
        | DraftChange::Interpolate { .. }
        | DraftChange::Cancel
        | DraftChange::Undo
        | DraftChange::Redo
        | DraftChange::Discard
        | DraftChange::Restore
        | DraftChange::Rebase
        | DraftChange::Commit => Ok(()),
    }
}

fn check_points(limits: &Limits, prompt: &SlicePrompt) -> Result<(), ApiError> {
    match prompt.points.len() > limits.points {
        true => Err(ApiError::too_large(
            "too-many-points",
            format!(
                "object {} has {} points on slice {}; {} are the limit",
                prompt.label,
                prompt.points.len(),
                prompt.index,
                limits.points
            ),
            "A box and a few points say as much; or raise `points` under [limits].",
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{Label, SlicePoint, VolumeBox};

    #[test]
    fn points_prompts_and_boxes_are_counted() {
        let label = Label::new(1).unwrap();
        let point = SlicePoint {
            x: 1,
            y: 2,
            positive: true,
        };
        let prompt = |points| SlicePrompt {
            label,
            index: 3,
            bbox: None,
            points: vec![point; points],
        };
        let bbox = VolumeBox {
            label,
            min: [0, 0, 0],
            max: [50, 40, 30],
        };
        let request = |prompts, boxes| PromptRequest {
            revision: 1,
            prompts,
            boxes,
            propagation: None,
        };
        let limits = Limits {
            points: 4,
            prompts: 31,
            ..Limits::default()
        };
        let is_right = |prompts, boxes| check_prompts(&limits, &request(prompts, boxes)).is_ok();
        assert!(is_right(vec![prompt(4)], vec![bbox]));
        assert!(!is_right(vec![prompt(5)], vec![]));
        assert!(!is_right(vec![prompt(1); 2], vec![bbox]));
        let draw = |points| DraftChange::Draw {
            prompt: prompt(points),
        };
        assert!(check_draft(&limits, &draw(4)).is_ok());
        assert!(check_draft(&limits, &draw(5)).is_err());
        let text = "x".repeat(limits.note + 1);
        assert!(check_text(&limits, "note", &text).is_err());
        assert!(check_text(&limits, "note", &text[1..]).is_ok());
    }
}
