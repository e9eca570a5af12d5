//! Why a model cannot be installed or removed.

use super::staging::Failed;
use crate::model::checkpoint::CheckpointError;
use crate::model::graph::GraphError;
use crate::model::installed::open_error::OpenError;
use crate::model::onnx::{InspectError, OnnxError};
use crate::model::run::error::SamError;
use std::path::{Path, PathBuf};

/// Why a model cannot be installed or removed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The checkpoint cannot be read or is not of the family.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The name cannot be used, or the installed model cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The checkpoint is another one than the published one.
    #[error(
        "the checkpoint {} is not the published one of {name}: its digest is {found} instead of \
         {expected}. Fetch it again, or install it under another name if it is your own",
        path.display()
    )]
    OtherCheckpoint {
        /// The file.
        path: PathBuf,
        /// The model that it should be.
        name: String,
        /// The digest that it should have.
        expected: String,
        /// The digest that it has.
        found: String,
    },
    /// Graphs made elsewhere cannot be used.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The graphs do not run, or give something useless.
    #[error("the trial run of the graphs failed, and nothing was installed: {0}")]
    Trial(#[from] SamError),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: OnnxError,
    },
}

impl InstallError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            InstallError::Graph(error) => error.code(),
            InstallError::Open(error) => error.code(),
            InstallError::OtherCheckpoint { .. } => "model-other-checkpoint",
            InstallError::Pair(error) => error.code(),
            InstallError::Trial(_) => "model-trial-failed",
            InstallError::Write { .. } => "model-not-written",
        }
    }

    /// The error of a file or folder that cannot be written.
    pub fn write(path: &Path, error: impl Into<OnnxError>) -> Self {
        InstallError::Write {
            path: path.to_owned(),
            error: error.into(),
        }
    }
}

impl From<CheckpointError> for InstallError {
    fn from(error: CheckpointError) -> Self {
        InstallError::Graph(error.into())
    }
}

impl From<Failed> for InstallError {
    fn from((path, error): Failed) -> Self {
        InstallError::write(&path, error)
    }
}

/// Why two graphs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file is no graph, or cannot be read.
    #[error("cannot use the graph {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: InspectError,
    },
    /// A graph does not have the inputs and outputs that it should have.
    #[error("cannot use the graph {}: {what}", path.display())]
    Interface {
        /// The file.
        path: PathBuf,
        /// The difference from the expected ones.
        what: String,
    },
    /// The decoder gives one mask.
    #[error(
        "cannot use the decoder {}: it gives {found} mask(s) instead of 4. It was probably exported \
         with --return-single-mask, which picks one of the masks for ambiguous points even where a \
         box was given, so that its masks differ from SAM's. Export it again without that option",
        path.display()
    )]
    Masks {
        /// The file.
        path: PathBuf,
        /// How many masks it gives.
        found: usize,
    },
    /// A file of weights that should lie beside a graph cannot be taken.
    #[error("the graph {} keeps weights in {file:?}, which {what}", path.display())]
    Weights {
        /// The graph.
        path: PathBuf,
        /// The file of weights.
        file: String,
        /// Why it cannot be taken.
        what: String,
    },
}

impl PairError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            PairError::Unreadable { .. } => "graph-unreadable",
            PairError::Interface { .. } => "graph-interface",
            PairError::Masks { .. } => "graph-single-mask",
            PairError::Weights { .. } => "graph-weights",
        }
    }
}
