//! Errors of running a model.

use super::provider::DeviceError;
use medicosam_shared::prompt::PromptError;
use std::path::PathBuf;

/// Which graph of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Slices to embeddings.
    Encoder,
    /// Embeddings and prompts to masks.
    Decoder,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Encoder => "encoder",
            Part::Decoder => "decoder",
        })
    }
}

/// Why a model cannot embed a slice or answer a prompt.
#[derive(Debug, thiserror::Error)]
pub enum SamError {
    /// A graph cannot be loaded.
    #[error(
        "cannot load the {part} of model {model} from {}: {reason}; if this lasts, install the \
         model again with `medicosamd model import`", path.display()
    )]
    Load {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// The graph.
        path: PathBuf,
        /// The runtime's message.
        reason: String,
    },
    /// The device cannot be used, or not any more.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A graph cannot be run.
    #[error("the {part} of model {model} failed: {reason}")]
    Run {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// The runtime's message.
        reason: String,
    },
    /// A graph's result cannot be used.
    #[error("the {part} of model {model} gave {what}, which should not happen")]
    BadResult {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// Its result.
        what: String,
    },
    /// An embedding or a mask prompt is not one of this model.
    #[error(
        "the {what} has {found} numbers, which do not make up the shape {expected:?} of model {model}"
    )]
    OtherModel {
        /// Which of the inputs.
        what: &'static str,
        /// The model.
        model: String,
        /// The shape that it should have.
        expected: Vec<usize>,
        /// How many numbers it has.
        found: usize,
    },
    /// The prompt is about another part of the slice.
    #[error("the prompt lies outside the part of the slice that was embedded")]
    NotShown,
    /// The prompt does not fit the slice.
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

impl SamError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            SamError::Load { .. } => "model-not-loaded",
            SamError::Device(error) => error.code(),
            SamError::Run { .. } => "model-run-failed",
            SamError::BadResult { .. } => "model-bad-result",
            SamError::OtherModel { .. } => "model-other-embedding",
            SamError::NotShown => "prompt-not-shown",
            SamError::Prompt(_) => "prompt-unusable",
        }
    }
}

/// Refuses numbers that do not make up the shape that the model takes.
pub fn check_size(
    model: &str,
    what: &'static str,
    expected: &[usize],
    values: &[f32],
) -> Result<(), SamError> {
    if values.len() == expected.iter().product::<usize>() {
        return Ok(());
    }
    Err(SamError::OtherModel {
        what,
        model: model.to_owned(),
        expected: expected.to_vec(),
        found: values.len(),
    })
}
