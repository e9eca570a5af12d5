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
