//! The 3-D protocol over the objects of a scan.

use super::EvalArgs;
use super::evaluation::{Propagated, in_words};
use super::model::Stage;
use crate::commands::error::CommandError;
use crate::evaluate::{Random, Scores, Start, Truth, grid, middle_prompt};
use crate::segment::propagation::{Answer, Limits, Seeds, follow, segment_span};
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::propagation::{MicroSam, Projection, Propagation};
use std::collections::BTreeMap;
use std::time::Instant;

/// The scores of each object by each rule.
pub fn evaluate(
    args: &EvalArgs,
    stage: &mut Stage,
    truths: &[Truth],
) -> Result<Vec<Propagated>, CommandError> {
    let mut rows = Vec::new();
    for truth in truths {
        for enlarged in std::iter::once(0).chain(args.enlarged.iter().copied()) {
            let start = match enlarged {
                0 => "3-D box".to_owned(),
                by => format!("3-D box + {by}"),
            };
            // micro_sam's rule starts from the middle slice, see below.
            let for_boxes = Propagation::ALL.into_iter().filter(|rule| match rule {
                Propagation::Agreement | Propagation::EverySlice | Propagation::MiddleOut => true,
                Propagation::MicroSam(_) | Propagation::Interpolate => false,
            });
            for rule in for_boxes {
                let row = measured(truth, &start, rule, stage, |stage| {
                    let shape = stage.slices().1;
                    let Some(span) = truth.span(enlarged) else {
                        return Ok(None);
                    };
                    let ask = |question: &_| stage.ask(truth.label, question);
                    segment_span(rule, &span, shape, ask).map(Some)
                })?;
                rows.extend(row);
            }
        }
        for start in [Start::Box, Start::Point] {
            let name = match start {
                Start::Box => "middle box",
                Start::Point => "middle points",
            };
            let follow =
                |stage: &mut Stage, settings| from_middle(args, stage, truth, start, settings);
            for projection in Projection::ALL {
                let settings = MicroSam {
                    projection,
                    ..MicroSam::default()
                };
                let rule = Propagation::MicroSam(settings);
                rows.extend(measured(truth, name, rule, stage, |stage| {
                    follow(stage, settings)
                })?);
            }
            if args.oracle {
                rows.extend(oracle(truth, name, stage, follow)?);
            }
        }
    }
    Ok(rows)
}

/// The best of all settings by the truth.
fn oracle(
    truth: &Truth,
    start: &str,
    stage: &mut Stage,
    follow: impl Fn(&mut Stage, MicroSam) -> Result<Option<BTreeMap<u32, Answer>>, CommandError>,
) -> Result<Option<Propagated>, CommandError> {
    let mut best: Option<Propagated> = None;
    for settings in grid() {
        let rule = Propagation::MicroSam(settings);
        let row = measured(truth, start, rule, stage, |stage| follow(stage, settings))?;
        let Some(row) = row else {
            return Ok(None);
        };
        if best
            .as_ref()
            .is_none_or(|best| row.scores.first() > best.scores.first())
        {
            best = Some(row);
        }
    }
    Ok(best.map(|best| Propagated {
        oracle: true,
        ..best
    }))
}

/// One prompt on the middle slice, then micro_sam's rule over the whole scan.
fn from_middle(
    args: &EvalArgs,
    stage: &mut Stage,
    truth: &Truth,
    start: Start,
    settings: MicroSam,
) -> Result<Option<BTreeMap<u32, Answer>>, CommandError> {
    let mut random = Random::new(args.seed ^ u64::from(truth.label.get()));
    let Some(prompt) = middle_prompt(truth, start, &mut random) else {
        return Ok(None);
    };
    follow_from(stage, &prompt, Propagation::MicroSam(settings)).map(Some)
}

/// Answers a prompt on one slice, and follows the object from there over the whole scan.
pub fn follow_from(
    stage: &mut Stage,
    prompt: &SlicePrompt,
    rule: Propagation,
) -> Result<BTreeMap<u32, Answer>, CommandError> {
    let first = stage.answer(prompt, None, true)?;
    let count = stage.slices().0;
    let seeds = Seeds::from([(prompt.index, first.mask.clone())]);
    let followed = follow(rule, &seeds, Limits::none(count), |question, _| {
        stage.ask(prompt.label, question)
    })?;
    let mut found = followed.answers;
    found.insert(prompt.index, Answer::from(&first));
    Ok(found)
}

/// Segments an object, and measures result and time; `None` where it cannot be asked about.
pub fn measured(
    truth: &Truth,
    start: &str,
    rule: Propagation,
    stage: &mut Stage,
    segment: impl FnOnce(&mut Stage) -> Result<Option<BTreeMap<u32, Answer>>, CommandError>,
) -> Result<Option<Propagated>, CommandError> {
    let started = Instant::now();
    let before = stage.times;
    let answers = segment(stage)?;
    let embedding = stage.times.embed_s - before.embed_s;
    let row = answers.map(|answers| Propagated {
        label: truth.label,
        start: start.to_owned(),
        rule,
        oracle: false,
        diameters: None,
        scores: Scores::of(&truth.compared(&answers)),
        slices: answers.values().filter(|a| a.mask.area() > 0).count() as u32,
        decodes: stage.times.decodes - before.decodes,
        seconds: started.elapsed().as_secs_f64() - embedding,
    });
    if let Some(row) = &row {
        eprintln!(
            "  3-D, label {}, {start}, {}: {}",
            row.label,
            row.rule_name(),
            in_words(&row.scores)
        );
    }
    Ok(row)
}
