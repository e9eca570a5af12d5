//! What a format of scans is. Each has a folder of its own, and a line in the table of
//! [`super::formats`]; nothing else knows one from another.

use super::error::ScanError;
use super::files::Files;
use super::header::Header;
use super::volume::Volume;
use std::fmt;
use std::path::{Path, PathBuf};

/// A format of scans.
pub(super) trait Format: fmt::Debug + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

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

    /// What the files of the same scan or scans have in common, by the name of one of them; `None`
    /// if each file is a scan by itself.
    fn group_of(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    /// What a file is to its scan; two files with the same role and content are the same to it.
    fn role_of(&self, _path: &Path) -> &'static str {
        ""
    }

    /// The scans that the files of a group make, once none is missing: the files of each, the one
    /// that it goes by first.
    fn scans(&self, files: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>, Missing> {
        Ok(files.iter().map(|path| vec![path.clone()]).collect())
    }

    /// Reads and checks the header, without the voxels.
    fn header(&self, files: &mut Files<'_>) -> Result<Header, ScanError>;

    /// Reads the scan: each file once, and wholly.
    fn volume(&self, files: &mut Files<'_>) -> Result<Volume, ScanError>;
}

/// A file that a group waits for, in words: `its image, a.img`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub(super) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
