//! Networks as ONNX graphs, with the weights of a checkpoint.
//!
//! A graph computes the same numbers as the PyTorch model it is named for, arranged for the
//! runtime: batch normalisations are folded into the convolutions before them, scales of attention
//! into the projections of queries, and what depends on no input is left to be computed once, when
//! the graph is loaded.

mod layers;
mod prompt_decoder;
mod tiny_vit;

pub use prompt_decoder::{PromptDecoder, inputs, outputs};
pub use tiny_vit::{IMAGE, tiny_vit};

use super::checkpoint::CheckpointError;

/// Changes with every change of a graph that changes its numbers or its interface, so that models
/// are converted again and results say what computed them.
pub const GRAPH_VERSION: u32 = 1;

/// Why a network cannot be built from a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The checkpoint lacks a tensor, or cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
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
            GraphError::Unsupported { .. } => "checkpoint-unsupported-size",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checkpoint::Checkpoint;
    use crate::model::checkpoint::torch_save::{Saved, checkpoint};

    fn open(tensors: &[Saved]) -> Checkpoint {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), checkpoint(tensors)).unwrap();
        Checkpoint::open(file.path()).unwrap()
    }

    #[test]
    fn a_checkpoint_of_another_model_is_refused_with_the_tensor_that_tells() {
        let patch = "image_encoder.patch_embed";
        let vit = Saved::f32(&format!("{patch}.proj.weight"), &[1, 1, 1, 1], &[0.0]);
        let error = tiny_vit(&mut open(std::slice::from_ref(&vit))).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-missing");
        let expected = format!("no tensor {patch}.seq.0.c.weight (shape [32, 3, 1, 1])");
        assert!(error.to_string().contains(&expected), "{error}");

        let other = Saved::f32(&format!("{patch}.seq.0.c.weight"), &[1, 3, 1, 1], &[0.0; 3]);
        let error = tiny_vit(&mut open(&[other])).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-shape");

        let decoder = PromptDecoder {
            image_size: 256,
            grid: 64,
        };
        let error = decoder.build(&mut open(&[vit])).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-missing");
        let flat = Saved::f32("mask_decoder.mask_tokens.weight", &[4], &[0.0; 4]);
        let error = decoder.build(&mut open(&[flat])).unwrap_err();
        assert_eq!(error.code(), "checkpoint-unsupported-size");
    }
}
