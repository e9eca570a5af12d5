//! Why ONNX Runtime cannot be used.

use std::path::PathBuf;

/// The oldest minor version of ONNX Runtime 1 that has every function used here: the one that `ort`
/// is built for.
pub const MINIMUM_MINOR: u32 = ort::MINOR_VERSION;

/// Why ONNX Runtime cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RuntimeError {
    /// There is no such file.
    #[error(
        "there is no ONNX Runtime at {}; run `medicosamd setup`, or name the library in the \
         configuration", path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not ONNX Runtime, or needs libraries that are missing.
    #[error(
        "cannot load ONNX Runtime from {}: {reason}; run `medicosamd setup`, or name another \
         library in the configuration", path.display()
    )]
    Unusable {
        /// The library.
        path: PathBuf,
        /// The loader's message.
        reason: String,
    },
    /// The library is an old one.
    #[error(
        "{} is ONNX Runtime {version}, but 1.{MINIMUM_MINOR} or newer is needed; run \
         `medicosamd setup`, or name a newer library in the configuration", path.display()
    )]
    TooOld {
        /// The library.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// Another library is loaded already, and a process can have only one.
    #[error(
        "cannot load ONNX Runtime from {}, because this process uses the one in {} already",
        path.display(), loaded.display()
    )]
    AnotherIsLoaded {
        /// The requested library.
        path: PathBuf,
        /// The loaded library.
        loaded: PathBuf,
    },
}

impl RuntimeError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            RuntimeError::Missing { .. } => "runtime-missing",
            RuntimeError::Unusable { .. } => "runtime-unusable",
            RuntimeError::TooOld { .. } => "runtime-too-old",
            RuntimeError::AnotherIsLoaded { .. } => "runtime-another-loaded",
        }
    }
}
