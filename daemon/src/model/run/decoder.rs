//! The decoder at work: an embedding and a prompt in the model's own terms become masks.

use super::answer::Masks;
use super::device::SessionOptions;
use super::error::{Part, SamError, check_size};
use super::runtime::Runtime;
use super::session::{GraphSession, Input};
use crate::model::embedding::{Embedding, LowResLogits};
use crate::model::family::PromptToken;
use crate::model::installed::installed_model::InstalledModel;

/// The decoder of a model, loaded when it is first needed.
#[derive(Debug)]
pub struct MaskDecoder {
    model: InstalledModel,
    session: GraphSession,
}

impl MaskDecoder {
    /// Prepares the graph; fails if it cannot be read.
    pub fn open(
        model: &InstalledModel,
        runtime: &Runtime,
        options: &SessionOptions,
    ) -> Result<Self, SamError> {
        let (name, path) = (model.name(), model.decoder());
        Ok(MaskDecoder {
            session: GraphSession::open(Part::Decoder, name, path, runtime, options)?,
            model: model.clone(),
        })
    }

    /// Its session, loaded or not.
    pub fn session(&self) -> &GraphSession {
        &self.session
    }

    /// Runs the decoder and returns all masks.
    pub fn decode(
        &mut self,
        embedding: &Embedding,
        prompt: &[PromptToken],
        mask: Option<&LowResLogits>,
    ) -> Result<Masks, SamError> {
        let name = self.model.name();
        let sizes = self.model.sizes();
        let (shape, side) = (sizes.embedding(), sizes.mask());
        check_size(name, "embedding", &shape, &embedding.values)?;
        if embedding.shape != shape {
            return Err(SamError::OtherModel {
                what: "embedding",
                model: name.to_owned(),
                expected: shape.to_vec(),
                found: embedding.values.len(),
            });
        }
        let no_mask;
        let (mask, has_mask) = match mask {
            Some(mask) => (mask.values.as_slice(), 1.0),
            None => {
                no_mask = vec![0.0; side * side];
                (no_mask.as_slice(), 0.0)
            }
        };
        check_size(name, "mask prompt", &[side, side], mask)?;
        let coords: Vec<f32> = prompt.iter().flat_map(|token| token.at).collect();
        let labels: Vec<f32> = prompt.iter().map(|token| token.kind.label()).collect();
        let [channels, rows, columns] = shape;
        let embedded = [1, channels, rows, columns];
        let (places, kinds) = ([1, prompt.len(), 2], [1, prompt.len()]);
        let (masked, flag) = ([1, 1, side, side], [has_mask]);
        // Shapes only outputs that are not asked for: those in the pixels of the slice.
        let square = [sizes.input as f32; 2];
        let names = &self.model.interface().decoder;
        let mut inputs: Vec<Input<'_>> = vec![
            (&names.embeddings, &embedded, &embedding.values),
            (&names.coords, &places, &coords),
            (&names.labels, &kinds, &labels),
            (&names.mask, &masked, mask),
            (&names.has_mask, &[1], &flag),
        ];
        if let Some(name) = &names.original_size {
            inputs.push((name, &[2], &square));
        }
        let [logits, iou] = self.session.run(&inputs, [&names.masks, &names.iou])?;
        Ok(Masks { logits, iou })
    }
}
