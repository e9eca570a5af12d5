//! Networks as ONNX graphs, with the weights of a checkpoint.
//!
//! A graph computes the same numbers as the PyTorch model it is named for, arranged for the
//! runtime: batch normalisations are folded into the convolutions before them, scales of attention
//! into the projections of queries, and what depends on no input is left to be computed once, when
//! the graph is loaded. Which network it is, and of what size, is read off the checkpoint
//! ([`Encoder::infer`]).

mod encoder;
mod layers;
mod network;
mod prompt_decoder;
mod tiny_vit;
mod vit;
mod work;

pub use encoder::Encoder;
pub use network::{BATCH, IMAGE};
pub use prompt_decoder::{PromptDecoder, inputs, outputs};
pub use tiny_vit::{PatchEmbedding, TinyVitShape};
pub use vit::{Reach, VitShape};

use super::checkpoint::CheckpointError;
use std::path::PathBuf;

/// Changes with every change of a graph that changes its numbers or its interface, so that models
/// are converted again and results say what computed them.
pub const GRAPH_VERSION: u32 = 3;

/// How a graph computes. Its inputs and outputs are the same in all forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Standard operators and 32-bit floats: for any runtime.
    F32,
    /// Standard operators; weights, products and convolutions with 16 bits; layer normalisations,
    /// softmax and the sums along the transformer's blocks with 32, since 16 are known to break
    /// SAM's encoders there. For GPUs.
    F16,
    /// 32-bit floats and our own operators (`model::run::operators`): for this program on the
    /// CPU.
    Kernels,
}

/// Why a network cannot be built from a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The checkpoint lacks a tensor, or cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of some other model.
    #[error(
        "{} holds no image encoder that can be used: expected SAM ViT (SAM, MedicoSAM, MedSAM; \
         tensor image_encoder.patch_embed.proj.weight) or TinyViT (MobileSAM, LiteMedSAM; tensor \
         image_encoder.patch_embed.seq.0.c.weight), found {count} tensors, such as {}",
        path.display(), examples.join(", ")
    )]
    UnknownEncoder {
        /// The file.
        path: PathBuf,
        /// How many tensors it has.
        count: usize,
        /// Names of the first.
        examples: Vec<String>,
    },
    /// A size that the architecture cannot have.
    #[error("tensor {tensor} implies {what}, which this architecture cannot have")]
    Unsupported {
        /// The tensor that says so.
        tensor: String,
        /// The size.
        what: String,
    },
}

impl GraphError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            GraphError::Checkpoint(error) => error.code(),
            GraphError::UnknownEncoder { .. } => "checkpoint-unknown-model",
            GraphError::Unsupported { .. } => "checkpoint-unsupported-size",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checkpoint::Checkpoint;
    use crate::model::checkpoint::torch_save::{Saved, checkpoint};
    use crate::model::sizes::Sizes;

    fn open(tensors: &[Saved]) -> Checkpoint {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), checkpoint(tensors)).unwrap();
        Checkpoint::open(file.path()).unwrap()
    }

    #[test]
    fn a_checkpoint_of_another_model_is_refused_with_what_was_found_and_expected() {
        let head = Saved::f32("head.weight", &[1, 1], &[0.0]);
        let error = Encoder::infer(&open(std::slice::from_ref(&head))).unwrap_err();
        assert_eq!(error.code(), "checkpoint-unknown-model");
        let text = error.to_string();
        for expected in [
            "MobileSAM",
            "patch_embed.proj.weight",
            "1 tensors",
            "head.weight",
        ] {
            assert!(text.contains(expected), "{text}");
        }

        let decoder = PromptDecoder {
            sizes: Sizes {
                input: 256,
                channels: 4,
                grid: 64,
            },
        };
        let error = decoder.build(&mut open(&[head])).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-missing");
        let flat = Saved::f32("mask_decoder.mask_tokens.weight", &[4], &[0.0; 4]);
        let error = decoder.build(&mut open(&[flat])).unwrap_err();
        assert_eq!(error.code(), "checkpoint-unsupported-size");
    }

    /// The shapes that tell a ViT of 8 channels in 2 blocks, changed by `change`.
    fn vit(change: impl Fn(&str, &mut Vec<usize>)) -> Result<Encoder, GraphError> {
        let mut shapes: Vec<(String, Vec<usize>)> = vec![
            ("patch_embed.proj.weight".to_owned(), vec![8, 3, 2, 2]),
            ("pos_embed".to_owned(), vec![1, 5, 5, 8]),
            ("neck.0.weight".to_owned(), vec![6, 8, 1, 1]),
            ("blocks.0.mlp.lin1.weight".to_owned(), vec![12, 8]),
        ];
        for (block, distances) in [5, 9].into_iter().enumerate() {
            shapes.push((format!("blocks.{block}.norm1.weight"), vec![8]));
            shapes.push((format!("blocks.{block}.attn.rel_pos_h"), vec![distances, 2]));
        }
        let saved = shapes.into_iter().map(|(name, mut shape)| {
            change(&name, &mut shape);
            let count = shape.iter().product();
            Saved::f32(&format!("image_encoder.{name}"), &shape, &vec![0.0; count])
        });
        Encoder::infer(&open(&saved.collect::<Vec<_>>()))
    }

    #[test]
    fn a_vit_is_told_by_its_shapes() {
        let Encoder::Vit(shape) = vit(|_, _| {}).unwrap() else {
            panic!("not a ViT");
        };
        let expected = VitShape {
            dim: 8,
            heads: 4,
            mlp: 12,
            patch: 2,
            grid: 5,
            channels: 6,
            blocks: vec![Reach::Window(3), Reach::Global],
        };
        assert_eq!(shape, expected);
        let Sizes {
            input,
            channels,
            grid,
        } = shape.sizes();
        assert_eq!((input, channels, grid), (10, 6, 5));
    }

    #[test]
    fn shapes_that_make_no_vit_are_refused_by_name() {
        let cases: [(&str, &[usize]); 8] = [
            ("patch_embed.proj.weight", &[8, 1, 2, 2]),
            ("patch_embed.proj.weight", &[0, 3, 2, 2]),
            ("pos_embed", &[1, 5, 4, 8]),
            ("neck.0.weight", &[6, 8]),
            ("blocks.0.mlp.lin1.weight", &[12, 7]),
            ("blocks.0.attn.rel_pos_h", &[11, 2]),
            ("blocks.0.attn.rel_pos_h", &[4, 2]),
            ("blocks.1.attn.rel_pos_h", &[9, 4]),
        ];
        for (tensor, shape) in cases {
            let error = vit(|name, found| {
                if name == tensor {
                    *found = shape.to_vec();
                }
            });
            let error = error.unwrap_err();
            assert_eq!(
                error.code(),
                "checkpoint-unsupported-size",
                "{tensor} {shape:?}"
            );
            assert!(error.to_string().contains(tensor), "{error}");
        }
    }
}
