//! The 2-D protocol over the slices of a scan.

use super::EvalArgs;
use super::evaluation::Rounds;
use super::model::Stage;
use crate::commands::error::CommandError;
use crate::evaluate::{Compared, Random, Scores, Start, Truth, by_round, components, correct};
use medicosam_shared::mask::SliceMask;

/// Connected parts with fewer pixels are no objects.
const SMALLEST: u64 = 20;

/// Mean scores by start and round, over slices and labels.
pub fn evaluate(
    args: &EvalArgs,
    stage: &mut Stage,
    truths: &[Truth],
) -> Result<Vec<Rounds>, CommandError> {
    let mut rows = Vec::new();
    let feedback: &[bool] = if args.mask_feedback {
        &[false, true]
    } else {
        &[false]
    };
    for truth in truths {
        let chosen = evenly(
            &truth.slices.keys().copied().collect::<Vec<_>>(),
            args.slices,
        );
        for start in Start::ALL {
            for &feedback in feedback {
                eprintln!("  2-D, label {}, from a {}", truth.label, start.name());
                let mut of_slices: Vec<Vec<Scores>> = Vec::new();
                for &index in &chosen {
                    let how = (start, feedback);
                    of_slices.extend(on_slice(args, stage, truth, index, how)?);
                }
                let mean = |round: usize| {
                    let of_round: Vec<Scores> =
                        of_slices.iter().map(|rounds| rounds[round]).collect();
                    Scores::mean(&of_round)
                };
                let means: Vec<Scores> = (0..=args.rounds as usize).map(mean).collect();
                rows.push(Rounds {
                    label: truth.label,
                    start: start.name(),
                    mask_feedback: feedback,
                    slices: of_slices.len() as u32,
                    scores: by_round(&means),
                });
            }
        }
    }
    Ok(rows)
}

/// The scores of a slice after each round; `None` if it has no object that is large enough.
fn on_slice(
    args: &EvalArgs,
    stage: &mut Stage,
    truth: &Truth,
    index: u32,
    (start, feedback): (Start, bool),
) -> Result<Option<Vec<Scores>>, CommandError> {
    let whole = &truth.slices[&index];
    let mut parts = components(whole);
    parts.retain(|part| part.area() >= SMALLEST);
    if parts.is_empty() {
        return Ok(None);
    }
    let mut found = vec![SliceMask::empty(whole.shape()); args.rounds as usize + 1];
    for (number, part) in parts.iter().enumerate() {
        let own = u64::from(index) << 32 | number as u64;
        let mut random = Random::new(args.seed ^ own);
        let Some(mut prompt) = start.prompt(part, truth.label, index) else {
            continue;
        };
        let mut answer = stage.answer(&prompt, None, false)?;
        for (round, found) in found.iter_mut().enumerate() {
            if round > 0 {
                correct(&mut prompt, part, &answer.mask, &mut random);
                let mask = feedback.then_some(&answer.low_res);
                answer = stage.answer(&prompt, mask, true)?;
            }
            let (before, mask) = (&*found, &answer.mask);
            *found = SliceMask::from_fn(whole.shape(), |x, y| before.get(x, y) || mask.get(x, y));
        }
    }
    let scores = |mask: &SliceMask| {
        Scores::of(&Compared {
            truth: [(index, whole.to_rle())].into(),
            found: [(index, mask.to_rle())].into(),
            space: truth.space.of_slice(),
        })
    };
    Ok(Some(found.iter().map(scores).collect()))
}

/// At most `count` of the items, evenly spaced.
fn evenly(items: &[u32], count: usize) -> Vec<u32> {
    let take = count.min(items.len());
    (0..take).map(|at| items[at * items.len() / take]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_chosen_evenly() {
        assert_eq!(evenly(&[1, 2, 3, 4, 5, 6], 3), [1, 3, 5]);
        assert_eq!(evenly(&[1, 2], 9), [1, 2]);
        assert_eq!(evenly(&[], 9), [0; 0]);
    }
}
