//! Whether a model runs at all, and whether it finds a thing that is plain to see.

use crate::model::embedding::Embedding;
use crate::model::family::{PromptToken, TokenKind};
use crate::model::installed::installed_model::InstalledModel;
use crate::model::run::device::SessionOptions;
use crate::model::run::error::{Part, SamError};
use crate::model::run::runtime::Runtime;
use crate::model::run::sam::Sam;
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;

/// The Dice coefficient with the drawn square that a model for images reaches by far.
pub const LEAST_DICE: f64 = 0.9;

/// What a trial showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// How many masks the decoder gives.
    pub masks: usize,
    /// Dice coefficient of the drawn square with the best of the masks for its box.
    pub dice: f64,
}

/// Segments a drawn picture, a bright square in the dark, by a point, a box, and both together: by
/// two and three of the decoder's points. Embedding, logits and scores must be finite.
pub fn try_model(model: &InstalledModel, runtime: &Runtime) -> Result<Trial, SamError> {
    let mut sam = Sam::open(runtime, model, &SessionOptions::default())?;
    let sizes = model.sizes();
    let side = sizes.input as usize;
    let inside = |at: usize| (side / 4..3 * side / 4).contains(&at);
    let picture: Vec<f32> = (0..3 * side * side)
        .map(|at| f32::from(inside(at % side) && inside(at / side % side)))
        .collect();
    let values = sam.encode(&picture)?;
    check_finite(model, Part::Encoder, &values)?;
    let embedding = Embedding {
        values,
        shape: sizes.embedding(),
        view: View::as_stored(SliceShape {
            width: sizes.input,
            height: sizes.input,
        }),
    };
    sam.unload_encoder();
    let token = |share: f32, kind| PromptToken {
        at: [share * sizes.input as f32; 2],
        kind,
    };
    let point = token(0.5, TokenKind::Positive);
    let padding = token(0.0, TokenKind::Padding);
    let corners = [
        token(0.25, TokenKind::BoxFirst),
        token(0.75, TokenKind::BoxLast),
    ];
    let prompts = [
        vec![point, padding],
        corners.to_vec(),
        vec![point, corners[0], corners[1]],
    ];
    let mut trial = Trial {
        masks: 0,
        dice: 0.0,
    };
    for prompt in prompts {
        let masks = sam.decode_tokens(&embedding, &prompt, None)?;
        let count = masks.iou.len();
        if masks.logits.len() != count * sizes.mask().pow(2) {
            return Err(SamError::BadResult {
                part: Part::Decoder,
                model: model.name().to_owned(),
                what: format!(
                    "{} logits for {count} masks of {1} × {1}",
                    masks.logits.len(),
                    sizes.mask()
                ),
            });
        }
        check_finite(model, Part::Decoder, &masks.logits)?;
        check_finite(model, Part::Decoder, &masks.iou)?;
        trial.masks = count;
        if prompt == corners {
            let masks = masks.logits.chunks(sizes.mask().pow(2));
            let found = masks.map(|logits| dice_with_square(logits, sizes.mask()));
            trial.dice = found.fold(0.0, f64::max);
        }
    }
    Ok(trial)
}

/// Damaged weights give numbers that are none, from which empty masks are made without a word.
fn check_finite(model: &InstalledModel, part: Part, values: &[f32]) -> Result<(), SamError> {
    match values.iter().filter(|value| !value.is_finite()).count() {
        0 => Ok(()),
        count => Err(SamError::BadResult {
            part,
            model: model.name().to_owned(),
            what: format!(
                "{count} of {} values that are no finite numbers for a drawn square",
                values.len()
            ),
        }),
    }
}

/// Dice coefficient of a mask, logits of `side` × `side` pixels, with the square in the middle that is
/// half as wide.
fn dice_with_square(logits: &[f32], side: usize) -> f64 {
    let inside = |at: usize| (side / 4..3 * side / 4).contains(&at);
    let (mut both, mut sum) = (0u32, 0u32);
    for (at, &logit) in logits.iter().enumerate() {
        let square = inside(at % side) && inside(at / side);
        let mask = logit > 0.0;
        both += u32::from(square && mask);
        sum += u32::from(square) + u32::from(mask);
    }
    match sum {
        0 => 0.0,
        sum => 2.0 * f64::from(both) / f64::from(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_compared_with_the_square() {
        let side = 8;
        let mask = |inside: &dyn Fn(usize, usize) -> bool| -> Vec<f32> {
            let logit = |at| {
                if inside(at % side, at / side) {
                    3.0
                } else {
                    -3.0
                }
            };
            (0..side * side).map(logit).collect()
        };
        let square = |x: usize, y: usize| (2..6).contains(&x) && (2..6).contains(&y);
        assert_eq!(dice_with_square(&mask(&square), side), 1.0);
        let half = |x: usize, y: usize| square(x, y) && x < 4;
        let dice = dice_with_square(&mask(&half), side);
        assert!((dice - 2.0 / 3.0).abs() < 1e-9, "{dice}");
        assert_eq!(dice_with_square(&mask(&|_, _| false), side), 0.0);
    }
}
