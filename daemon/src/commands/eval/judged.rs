//! Does the score tell good results from bad ones? Objects segmented by boxes made bad on purpose.

use super::evaluation::{Judged, in_words};
use super::model::Stage;
use crate::commands::error::CommandError;
use crate::evaluate::{Scores, Truth, disturbed};
use crate::segment::propagation::{Question, segment_span};
use crate::segment::{Cohort, Segmentation, Surroundings, assess, second_look};
use medicosam_shared::propagation::Propagation;

/// Metrics and score of each object by good and bad boxes.
pub fn evaluate(stage: &mut Stage, truths: &[Truth]) -> Result<Vec<Judged>, CommandError> {
    let mut rows = Vec::new();
    let Some((dims, axis, _)) = stage.geometry() else {
        return Ok(rows);
    };
    let shape = dims.slice_shape(axis);
    for truth in truths {
        let Some(span) = truth.span(0) else {
            continue;
        };
        for (what, span) in disturbed(&span, dims.along(axis), shape) {
            let mut ask = |question: &Question| stage.ask(truth.label, question);
            let mut answers = segment_span(Propagation::default(), &span, shape, &mut ask)?;
            second_look(&span, shape, &mut answers, &mut ask)?;
            let mut segmentation = Segmentation::empty(dims, axis);
            for (&index, answer) in &answers {
                segmentation.put(truth.label, "object", index, answer.clone());
            }
            let objects = segmentation.results(|_| None);
            let around = Surroundings {
                boxes: &[span],
                cohort: &Cohort::new(),
                slice: &|index| stage.greys(index),
            };
            let quality = assess(&objects, segmentation.masks(), around);
            let scores = Scores::of(&truth.compared(&answers));
            if let Some(quality) = quality {
                let words = in_words(&scores);
                eprintln!("  box {what}: {words}, score {:.3}", quality.score);
                rows.push(Judged {
                    label: truth.label,
                    what,
                    scores,
                    score: quality.score,
                    reasons: quality.reasons,
                });
            }
        }
    }
    Ok(rows)
}
