//! What can be wrong with a checkpoint.

use super::layout::Foreign;
use super::pickle::PickleError;
use std::io;
use std::path::{Path, PathBuf};

/// A checkpoint could not be used: which one, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the checkpoint {}: {problem}", path.display())]
pub struct CheckpointError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: CheckpointProblem,
}

impl CheckpointError {
    pub(super) fn new(path: &Path, problem: CheckpointProblem) -> Self {
        CheckpointError {
            path: path.to_owned(),
            problem,
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self.problem {
            CheckpointProblem::Io(_) => "checkpoint-unreadable",
            CheckpointProblem::NotACheckpoint { .. } => "checkpoint-unknown-format",
            CheckpointProblem::Legacy => "checkpoint-legacy",
            CheckpointProblem::WebPage => "checkpoint-web-page",
            CheckpointProblem::OnnxGraph => "checkpoint-onnx",
            CheckpointProblem::DamagedSafetensors(_) => "checkpoint-damaged",
            CheckpointProblem::Foreign(_) => "checkpoint-other-kind",
            CheckpointProblem::Ambiguous { .. } => "checkpoint-ambiguous",
            CheckpointProblem::DamagedZip(_) => "checkpoint-damaged",
            CheckpointProblem::NotTorch => "checkpoint-not-torch",
            CheckpointProblem::BigEndian => "checkpoint-big-endian",
            CheckpointProblem::Pickle(_) => "checkpoint-bad-pickle",
            CheckpointProblem::Forbidden { .. } => "checkpoint-forbidden",
            CheckpointProblem::NotADictionary | CheckpointProblem::NoTensors { .. } => {
                "checkpoint-no-tensors"
            }
            CheckpointProblem::BadStorage { .. } => "checkpoint-bad-storage",
            CheckpointProblem::OutsideStorage { .. } => "checkpoint-tensor-outside-storage",
            CheckpointProblem::NotFloat { .. } => "checkpoint-tensor-not-float",
            CheckpointProblem::NotFinite { .. } => "checkpoint-tensor-not-finite",
            CheckpointProblem::Missing { .. } => "checkpoint-tensor-missing",
            CheckpointProblem::WrongShape { .. } => "checkpoint-tensor-shape",
        }
    }
}

/// The reason of a [`CheckpointError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Neither a zip archive nor a safetensors file.
    #[error(
        "it is neither a file that torch.save wrote nor a safetensors file (it starts with \
         {starts_with}). Was the download complete?"
    )]
    NotACheckpoint {
        /// The first bytes, in hexadecimal.
        starts_with: String,
    },
    /// Written by a torch before 1.6.
    #[error(
        "it is in the format of torch before 1.6. Save it again in Python: \
         torch.save(torch.load(\"old.pth\", map_location=\"cpu\", weights_only=True), \"new.pth\")"
    )]
    Legacy,
    /// A page of the server that it came from.
    #[error(
        "it is a web page: the server answered with a page to log in or to confirm instead of the \
         file. Open the address in a browser and save the file itself"
    )]
    WebPage,
    /// An ONNX graph.
    #[error(
        "it is an ONNX graph rather than a checkpoint. Import both graphs of a model together: \
         medicosamd model import --encoder ENCODER.onnx --decoder DECODER.onnx --name NAME"
    )]
    OnnxGraph,
    /// A safetensors file that cannot be read.
    #[error("it is a damaged safetensors file: {0}. Was the download complete? Fetch it again")]
    DamagedSafetensors(String),
    /// A known kind of model that cannot be used.
    #[error("it is {}", .0.explanation())]
    Foreign(Foreign),
    /// Two tensors are the same one of the model.
    #[error(
        "it has both {first} and {second}, which are the same weight of the model; save only the \
         one that counts"
    )]
    Ambiguous {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// A zip archive that cannot be read.
    #[error("its zip archive is damaged ({0}). Was the download complete? Fetch it again")]
    DamagedZip(String),
    /// A zip archive of something else.
    #[error("it is a zip archive, but not one that torch.save wrote: it holds no data.pkl")]
    NotTorch,
    /// Written on a big-endian machine.
    #[error("it was written on a big-endian machine; load and save it again on this one")]
    BigEndian,
    /// The list of tensors cannot be parsed.
    #[error("its list of tensors cannot be read: {0}")]
    Pickle(#[from] PickleError),
    /// The pickle names a function that reaches the system.
    #[error(
        "it asks to call {global}, which no model does: the file is an attack on programs that \
         load it. Nothing was run; do not load it elsewhere, and tell where it came from"
    )]
    Forbidden {
        /// Dotted name of the function.
        global: String,
    },
    /// The pickle is not a dictionary of tensors.
    #[error(
        "it holds something other than a dictionary of tensors; save the model's state_dict() \
         rather than the model"
    )]
    NotADictionary,
    /// The dictionary has no tensors where they are looked for.
    #[error(
        "its dictionary has no tensors, neither on the first level nor in model_state, model or \
         state_dict, but {}; save the model's state_dict() by itself",
        list(keys)
    )]
    NoTensors {
        /// The first keys of the dictionary.
        keys: Vec<String>,
    },
    /// The file of a storage is missing or not as torch writes it.
    #[error("the data of tensor {tensor} cannot be read: {what}")]
    BadStorage {
        /// Name of the tensor.
        tensor: String,
        /// What was found.
        what: String,
    },
    /// The tensor reaches beyond its storage.
    #[error(
        "tensor {tensor} of shape {shape:?} reaches beyond its storage of {available} bytes; \
         the file is damaged"
    )]
    OutsideStorage {
        /// Name of the tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Bytes that the storage has.
        available: u64,
    },
    /// A weight that is not a float.
    #[error("tensor {tensor} holds integers or 8-bit numbers where weights are expected")]
    NotFloat {
        /// Name of the tensor.
        tensor: String,
    },
    /// A weight that is not a number, or infinite: every mask would be made of it.
    #[error(
        "tensor {tensor} has {count} weight(s) that are no finite numbers (the first is {value}, element \
         {element}); the training diverged or the file is damaged. Save an earlier checkpoint, or fetch \
         it again"
    )]
    NotFinite {
        /// Name of the tensor.
        tensor: String,
        /// How many of its weights.
        count: usize,
        /// The first one.
        value: f32,
        /// Where it is, row-major from 0.
        element: usize,
    },
    /// A tensor that the architecture needs is not there.
    #[error(
        "it has no tensor {tensor} (shape {expected:?}), only {count} others such as {example}; \
         is it a checkpoint of another model?"
    )]
    Missing {
        /// Name of the tensor.
        tensor: String,
        /// The shape that it should have; empty where any would do.
        expected: Vec<usize>,
        /// How many tensors there are.
        count: usize,
        /// The name of one.
        example: String,
    },
    /// A tensor has another shape than the architecture needs.
    #[error(
        "tensor {tensor} has shape {found:?} instead of {expected:?}; is it a checkpoint of \
         another model?"
    )]
    WrongShape {
        /// Name of the tensor.
        tensor: String,
        /// The shape that it should have.
        expected: Vec<usize>,
        /// The shape that it has.
        found: Vec<usize>,
    },
}

fn list(keys: &[String]) -> String {
    if keys.is_empty() {
        "nothing that has a name".to_owned()
    } else {
        format!("the entries {}", keys.join(", "))
    }
}
