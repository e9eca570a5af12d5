//! The protocol of corrections over the objects of a scan.

use super::EvalArgs;
use super::evaluation::Corrected;
use super::model::Stage;
use crate::commands::error::CommandError;
use crate::evaluate::{Found, Scores, Truth, by_round};
use crate::segment::correction::Present;
use crate::segment::propagation::{Question, segment_span};
use crate::segment::second_look;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{SlicePoint, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use std::collections::BTreeMap;

/// The scores of each object by its 3-D box and the default rule, and after each round of one point.
pub fn evaluate(
    args: &EvalArgs,
    stage: &mut Stage,
    truths: &[Truth],
) -> Result<Vec<Corrected>, CommandError> {
    let shape = stage.slices().1;
    let mut rows = Vec::new();
    for truth in truths {
        for enlarged in std::iter::once(0).chain(args.enlarged.iter().copied()) {
            let Some(span) = truth.span(enlarged) else {
                continue;
            };
            let mut ask = |question: &Question| stage.ask(truth.label, question);
            let rule = Propagation::default();
            let mut answers = segment_span(rule, &span, shape, &mut ask)?;
            second_look(&span, shape, &mut answers, &mut ask)?;
            let found = Found::of(truth, shape, &answers);
            let rounds = correct(args.rounds, stage, truth, found)?;
            rows.push(Corrected {
                label: truth.label,
                start: match enlarged {
                    0 => "3-D box".to_owned(),
                    by => format!("3-D box + {by}"),
                },
                scores: by_round(&rounds),
            });
        }
    }
    Ok(rows)
}

/// The scores of an object before the first round and after each.
fn correct(
    rounds: u32,
    stage: &mut Stage,
    truth: &Truth,
    mut found: Found<'_>,
) -> Result<Vec<Scores>, CommandError> {
    let mut scores = vec![found.scores()];
    let mut earlier: BTreeMap<u32, Vec<SlicePoint>> = BTreeMap::new();
    for _ in 0..rounds {
        if let Some((index, point)) = found.worst() {
            let drawn = SlicePrompt {
                points: vec![point],
                ..SlicePrompt::nothing(Place::new(truth.label, index))
            };
            let mask = found.mask(index);
            let points = earlier.entry(index).or_default();
            let present = Present {
                mask: &mask,
                points,
                continues: None,
            };
            let mut offered = stage.correct(&drawn, present)?.offered;
            found.put(index, offered.masks.swap_remove(offered.best).mask);
            points.push(point);
        }
        scores.push(found.scores());
    }
    Ok(scores)
}
