//! Looking at files and folders of a root.

use super::names::{Ignore, kind_of};
use crate::config::Root;
use crate::scan::Fingerprint;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A file of interest.
    File(Fingerprint),
    /// A folder to be walked.
    Folder,
    /// Nothing of interest.
    Other,
    /// Nothing at all.
    Missing,
    /// The system does not say.
    Unknown,
}

/// Looks at a path in a root.
pub fn look(path: &Path, root: &Root, ignore: &Ignore) -> Look {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_missing(&error) => return Look::Missing,
        Err(_) => return Look::Unknown,
    };
    if ignore.path(&root.path, path) {
        Look::Other
    } else if metadata.is_dir() && !ignore.folder(&root.path, path) {
        Look::Folder
    } else if metadata.is_file() && kind_of(path, root).is_some() {
        Look::File(super::fingerprint(&metadata))
    } else {
        Look::Other
    }
}

/// The state of a file: `None` if there is none, an error if the system does not say.
pub fn state(path: &Path) -> io::Result<Option<Fingerprint>> {
    let of_file = |metadata: Metadata| {
        let is_file = metadata.is_file();
        is_file.then(|| super::fingerprint(&metadata))
    };
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(of_file(metadata)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All files below a folder of a root that are not passed over. A folder that cannot be read is
/// left out, and tried again at the next walk.
pub fn files(folder: &Path, root: &Root, ignore: &Ignore) -> impl Iterator<Item = PathBuf> + use<> {
    let (root, ignore) = (root.path.clone(), ignore.clone());
    let entries = WalkDir::new(folder).follow_links(false).into_iter();
    let entries = entries.filter_entry(move |entry| {
        !entry.file_type().is_dir() || !ignore.folder(&root, entry.path())
    });
    let entries = entries.filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path)
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}
