//! ONNX Runtime for a verb that runs a model by itself.

use super::{CommandError, DataFolder};
use crate::model::Runtime;
use crate::setup;
use clap::Args;
use std::path::{Path, PathBuf};

/// Where data and the runtime lie.
#[derive(Debug, Clone, Args)]
pub struct RuntimeArgs {
    #[command(flatten)]
    pub(super) data: DataFolder,

    /// The library of ONNX Runtime [default: what setup fetched]
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

impl RuntimeArgs {
    /// Loads it.
    pub fn load(&self) -> Result<Runtime, CommandError> {
        load(&self.data.path(), self.library.as_deref())
    }
}

/// The library that is named, or else the one of the data folder.
pub fn load(data: &Path, named: Option<&Path>) -> Result<Runtime, CommandError> {
    let library = named
        .map(Path::to_owned)
        .or_else(|| setup::runtime_library(data))
        .ok_or_else(|| {
            CommandError::new(
                "runtime-missing",
                format!("ONNX Runtime is not installed in {}", data.display()),
                "Run `medicosamd setup`.",
            )
        })?;
    Runtime::load(&library).map_err(|e| CommandError::new(e.code(), &e, ""))
}
