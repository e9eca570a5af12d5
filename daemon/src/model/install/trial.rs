//! Whether a model runs at all.

use crate::model::embedding::Embedding;
use crate::model::family::{PromptToken, TokenKind};
use crate::model::installed::installed_model::InstalledModel;
use crate::model::run::device::SessionOptions;
use crate::model::run::error::{Part, SamError};
use crate::model::run::runtime::Runtime;
use crate::model::run::sam::Sam;
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;

/// Segments a drawn picture, a bright square in the dark, by a point, a box, and both together: by
/// two and three of the decoder's points. Returns the number of masks that the decoder gives.
pub fn try_model(model: &InstalledModel, runtime: &Runtime) -> Result<usize, SamError> {
    let mut sam = Sam::open(runtime, model, &SessionOptions::default())?;
    let sizes = model.sizes();
    let side = sizes.input as usize;
    let inside = |at: usize| (side / 4..3 * side / 4).contains(&at);
    let picture: Vec<f32> = (0..3 * side * side)
        .map(|at| f32::from(inside(at % side) && inside(at / side % side)))
        .collect();
    let embedding = Embedding {
        values: sam.encode(&picture)?,
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
    let mut count = 0;
    for prompt in prompts {
        let masks = sam.decode_tokens(&embedding, &prompt, None)?;
        count = masks.iou.len();
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
    }
    Ok(count)
}
