//! A look at files and folders of a root.

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

/// What cannot be looked at, and why.
pub type Unreadable = (PathBuf, String);

/// All files below a folder of a root that are not passed over, and the folders that cannot be read.
pub fn files(
    folder: &Path,
    root: &Root,
    ignore: &Ignore,
) -> impl Iterator<Item = Result<PathBuf, Unreadable>> + use<> {
    let (root, ignore, top) = (root.path.clone(), ignore.clone(), folder.to_owned());
    let entries = WalkDir::new(folder).follow_links(false).into_iter();
    let entries = entries.filter_entry(move |entry| {
        !entry.file_type().is_dir() || !ignore.folder(&root, entry.path())
    });
    entries.filter_map(move |entry| match entry {
        Ok(entry) => entry.file_type().is_file().then(|| Ok(entry.into_path())),
        Err(error) => {
            let path = error.path().unwrap_or(&top).to_owned();
            // Links are not followed, so there are no loops.
            let error = error.into_io_error()?;
            (!is_missing(&error)).then(|| Err((path, error.to_string())))
        }
    })
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_folder_that_cannot_be_read_is_told_and_a_missing_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("medicosam.toml");
        let text = "[[profile]]\nname = \"p\"\n[[root]]\npath = \"in\"\nprofile = \"p\"\noutput = \"out\"\n";
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file, folder.path()).unwrap();
        let root = &config.roots[0];
        let ignore = Ignore::outputs([]);
        assert_eq!(files(&root.path, root, &ignore).next(), None);
        std::fs::create_dir(&root.path).unwrap();
        // Not even a superuser can read a folder with a name of this length.
        let odd = root.path.join("x".repeat(300));
        let found: Vec<_> = files(&odd, root, &ignore).collect();
        let [Err((path, why))] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(*path, odd);
        assert!(why.contains("too long"), "{why}");
    }
}
