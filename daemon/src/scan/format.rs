//! What a format of scans is. Each has a folder of its own, and a line in the table of
//! [`super::formats`]; nothing else knows one from another.

use super::error::ScanError;
use super::files::Files;
use super::header::Header;
use super::problem::Problem;
use super::volume::Volume;
use std::path::{Path, PathBuf};

/// A format of scans.
pub(super) trait Format: Sync {
    /// Endings of the files that its scans go by, in lower case.
    fn endings(&self) -> &'static [&'static str];

    /// Endings of the other files of a scan.
    fn other_endings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its files are scans only in a root with `pictures = true`. Folders of scans are full
    /// of screenshots.
    fn is_picture(&self) -> bool {
        false
    }

    /// The files of the scan that a file of this name belongs to, in their order, the one that it
    /// goes by first; `None` if each file is a scan by itself.
    fn group_of(&self, _path: &Path) -> Option<Vec<PathBuf>> {
        None
    }

    /// What a file is to its scan, in a word. The content of a scan is that of its files and what
    /// each is to it.
    fn role_of(&self, _path: &Path) -> &'static str {
        "scan"
    }

    /// Reads and checks the header, without the voxels.
    fn header(&self, files: &mut Files<'_>) -> Result<Header, ScanError>;

    /// Reads the scan: each file once, and wholly.
    fn volume(&self, files: &mut Files<'_>) -> Result<Volume, ScanError>;
}

/// The problem of a scan that has these files and no others, if it needs more.
pub(super) fn incomplete(format: &dyn Format, files: &[PathBuf]) -> Option<Problem> {
    let needed = format.group_of(files.first()?)?;
    let missing = needed.into_iter().find(|path| !files.contains(path))?;
    let name = missing.file_name().unwrap_or_default().to_string_lossy();
    let missing = format!("its {}, {name}", format.role_of(&missing));
    Some(Problem::Incomplete { missing })
}
