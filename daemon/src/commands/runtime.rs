//! ONNX Runtime for a verb that runs a model by itself.

use super::CommandError;
use crate::model::Runtime;
use crate::setup;
use std::path::Path;

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
