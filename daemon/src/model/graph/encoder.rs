//! The image encoder of a checkpoint.

use super::tiny_vit::{PatchEmbedding, TINY_VIT_PATCHES, TinyVitShape};
use super::vit::{VIT_PATCHES, VitShape};
use super::{Form, GraphError};
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::Model;
use crate::model::sizes::Sizes;

/// An image encoder, as names and shapes in a checkpoint tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoder {
    /// SAM's vision transformer: SAM ViT-B, L and H, MedicoSAM, MedSAM.
    Vit(VitShape),
    /// TinyViT: MobileSAM and LiteMedSAM.
    TinyVit(TinyVitShape),
}

impl Encoder {
    /// The encoder that the checkpoint holds. Reads names and shapes only.
    pub fn infer(checkpoint: &Checkpoint) -> Result<Encoder, GraphError> {
        if checkpoint.shape(VIT_PATCHES).is_ok() {
            return VitShape::infer(checkpoint).map(Encoder::Vit);
        }
        let Ok(kernel) = checkpoint.shape(TINY_VIT_PATCHES) else {
            return Err(unknown(checkpoint));
        };
        let embedding = match *kernel {
            [_, 3, 1, 1] => PatchEmbedding::FullResolution,
            [_, 3, 3, 3] => PatchEmbedding::Quarter,
            _ => {
                return Err(GraphError::Unsupported {
                    tensor: TINY_VIT_PATCHES.to_owned(),
                    what: format!("a patch embedding of shape {kernel:?}"),
                });
            }
        };
        Ok(Encoder::TinyVit(TinyVitShape::of(embedding)))
    }

    /// Sizes of its tensors.
    pub fn sizes(&self) -> Sizes {
        match self {
            Encoder::Vit(shape) => shape.sizes(),
            Encoder::TinyVit(shape) => shape.sizes(),
        }
    }

    /// A description for people: `SAM ViT-B at 1024 × 1024`.
    pub fn summary(&self) -> String {
        let kind = match self {
            Encoder::Vit(shape) => match (shape.dim, shape.blocks.len()) {
                (768, 12) => "SAM ViT-B".to_owned(),
                (1024, 24) => "SAM ViT-L".to_owned(),
                (1280, 32) => "SAM ViT-H".to_owned(),
                (dim, depth) => format!("SAM ViT of {depth} blocks of {dim} channels"),
            },
            Encoder::TinyVit(shape) => match shape.embedding {
                PatchEmbedding::Quarter => "MobileSAM's TinyViT".to_owned(),
                PatchEmbedding::FullResolution => "LiteMedSAM's TinyViT".to_owned(),
            },
        };
        let side = self.sizes().input;
        format!("{kind} at {side} × {side}")
    }

    /// Builds its graph: [`IMAGE`](super::IMAGE) (B, 3, S, S) to
    /// [`EMBEDDINGS`](super::inputs::EMBEDDINGS) (B, C, G, G), both of 32-bit floats, with a batch
    /// axis of any length, [`BATCH`](super::BATCH).
    pub fn build(&self, checkpoint: &mut Checkpoint, form: Form) -> Result<Model, GraphError> {
        match self {
            Encoder::Vit(shape) => shape.build(checkpoint, form),
            Encoder::TinyVit(shape) => shape.build(checkpoint, form),
        }
    }
}

fn unknown(checkpoint: &Checkpoint) -> GraphError {
    let names = checkpoint.tensors().map(|(name, _)| name.to_owned());
    GraphError::UnknownEncoder {
        path: checkpoint.path().to_owned(),
        count: checkpoint.tensors().count(),
        examples: names.take(3).collect(),
    }
}
