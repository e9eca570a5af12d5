//! Write: the files of a revision.

use super::failure::Failure;
use crate::case::FaultClass;
use crate::config::Config;
use crate::output;
use crate::scan::Source;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Output folders that have been cleared of what a killed worker left in them.
#[derive(Debug, Default)]
pub struct SweptFolders(HashSet<PathBuf>);

impl SweptFolders {
    /// Clears a folder, the first time that it is named.
    pub fn sweep(&mut self, folder: &Path) -> Result<(), Failure> {
        if self.0.insert(folder.to_owned()) {
            output::sweep(folder)?;
        }
        Ok(())
    }
}

/// Where the results of a scan go: its root's output, with the folders below the root.
pub fn output_folder(config: &Config, scan: &Source) -> Result<PathBuf, Failure> {
    let root = config.root_of(scan.place()).ok_or_else(|| {
        Failure::new(
            "root-missing",
            format!("{scan} is in no root of the configuration any more"),
            "Put the root back, or remove the scan; it goes on by itself.",
            FaultClass::Environment,
        )
    })?;
    Ok(root.folder_of_results(scan))
}
