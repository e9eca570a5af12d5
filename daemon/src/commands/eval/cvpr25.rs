//! The protocol of the CVPR 2025 challenge over the objects of a scan, all at once.

use super::model::Stage;
use crate::commands::error::CommandError;
use crate::evaluate::{CLICKS, Click, Course, Truth, click, first_box, measure};
use crate::segment::correction::Present;
use crate::segment::propagation::{Question, segment_span};
use crate::segment::{OverlapError, Segmentation, second_look};
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::mask_rules::Overlap;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePoint, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use std::collections::{BTreeMap, BTreeSet};

impl From<OverlapError> for CommandError {
    fn from(error: OverlapError) -> Self {
        CommandError::new("eval", &error, "")
    }
}

/// The figures of a scan; `None` without objects.
pub fn evaluate(stage: &mut Stage, truths: &[Truth]) -> Result<Option<Course>, CommandError> {
    let Some((dims, axis, _)) = stage.geometry().filter(|_| !truths.is_empty()) else {
        return Ok(None);
    };
    let mut found = by_boxes(stage, truths, Segmentation::empty(dims, axis))?;
    let mut earlier: BTreeMap<Place, Vec<SlicePoint>> = BTreeMap::new();
    let mut rounds = vec![measure(truths, |label| runs(&found, label))];
    let mut clicks = Vec::new();
    for round in 1..=CLICKS {
        let set: Vec<Click> = truths
            .iter()
            .filter_map(|truth| {
                let label = truth.label;
                let (index, point) = click(truth, &masks(&found, truth))?;
                Some(Click {
                    round,
                    label,
                    index,
                    point,
                })
            })
            .collect();
        correct(stage, truths, &mut found, (&set, &mut earlier))?;
        clicks.extend(set);
        rounds.push(measure(truths, |label| runs(&found, label)));
        if let Some((dsc, nsd)) = rounds.last() {
            eprintln!("  cvpr25, {round} clicks: Dice {dsc:.3}  NSD {nsd:.3}");
        }
    }
    Ok(Some(Course::of(truths.len(), &rounds, clicks)))
}

/// All objects by their boxes and the default rule. What two claim goes to the one that the model is
/// surer of, as in a result.
fn by_boxes(
    stage: &mut Stage,
    truths: &[Truth],
    mut found: Segmentation,
) -> Result<Segmentation, CommandError> {
    let shape = stage.slices().1;
    let mut changed = Vec::new();
    for truth in truths {
        let Some(span) = first_box(truth) else {
            continue;
        };
        let mut ask = |question: &Question| stage.ask(truth.label, question);
        let mut answers = segment_span(Propagation::default(), &span, shape, &mut ask)?;
        second_look(&span, shape, &mut answers, &mut ask)?;
        for (index, answer) in answers {
            found.put(truth.label, "object", index, answer);
            changed.push(Place::new(truth.label, index));
        }
    }
    found.settle_overlaps(Overlap::default(), &changed, &BTreeSet::new())?;
    Ok(found)
}

/// Answers one click for each object, as those of a reviewer are answered.
fn correct(
    stage: &mut Stage,
    truths: &[Truth],
    found: &mut Segmentation,
    (clicks, earlier): (&[Click], &mut BTreeMap<Place, Vec<SlicePoint>>),
) -> Result<(), CommandError> {
    // No answer knows another one of its round.
    let before: BTreeMap<Label, BTreeMap<u32, SliceMask>> = truths
        .iter()
        .map(|truth| (truth.label, masks(found, truth)))
        .collect();
    let shape = stage.slices().1;
    let mut changed = Vec::new();
    for click in clicks {
        let place = Place::new(click.label, click.index);
        let drawn = SlicePrompt {
            points: vec![click.point],
            ..SlicePrompt::nothing(place)
        };
        let mask = before.get(&click.label).and_then(|of| of.get(&click.index));
        let mask = mask.cloned().unwrap_or_else(|| SliceMask::empty(shape));
        let points = earlier.entry(place).or_default();
        let present = Present {
            mask: &mask,
            points,
            continues: None,
        };
        let mut offered = stage.correct(&drawn, present)?.offered;
        let answer = offered.masks.swap_remove(offered.best);
        found.put(click.label, "object", click.index, &answer);
        points.push(click.point);
        changed.push(place);
    }
    let overlap = Overlap::default().by_a_person();
    found.settle_overlaps(overlap, &changed, &BTreeSet::new())?;
    Ok(())
}

fn runs(found: &Segmentation, label: Label) -> BTreeMap<u32, Rle> {
    let object = found.masks().object(label);
    object.map_or_else(BTreeMap::new, |object| object.slices.clone())
}

fn masks(found: &Segmentation, truth: &Truth) -> BTreeMap<u32, SliceMask> {
    let mask = |(index, runs): (u32, Rle)| Some((index, runs.to_mask(truth.space.shape).ok()?));
    runs(found, truth.label)
        .into_iter()
        .filter_map(mask)
        .collect()
}
