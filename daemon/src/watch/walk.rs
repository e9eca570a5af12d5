//! A look at files and folders of a root.

use super::names::{Ignore, is_hidden_or_unfinished, kind_of};
use super::passed_over::Reason;
use crate::config::Root;
use crate::scan::Fingerprint;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A file of interest.
    File(Fingerprint),
    /// A folder to be walked.
    Folder,
    /// Nothing of interest.
    Other,
    /// A file of interest, where there are more than may be.
    Surplus,
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

/// What a walk finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A file that may be of interest.
    File(PathBuf),
    /// Something that is not looked at.
    PassedOver(Reason, PathBuf),
    /// A folder that cannot be read, and why.
    Unreadable(PathBuf, String),
}

/// All that lies below a folder of a root, down to `depth` folders below the root. Hidden files and folders, and
/// those of other programs, are left out.
pub fn files(
    folder: &Path,
    root: &Root,
    ignore: &Ignore,
    depth: usize,
) -> impl Iterator<Item = Found> + use<> {
    let below = folder.strip_prefix(&root.path);
    let below = below.map_or(0, |below| below.components().count());
    // What lies in the deepest folder counts one more.
    let deepest = (depth + 1).saturating_sub(below).max(1);
    let (root, ignore, top) = (root.path.clone(), ignore.clone(), folder.to_owned());
    let entries = WalkDir::new(folder).follow_links(false).max_depth(deepest);
    let entries = entries.into_iter().filter_entry(move |entry| {
        !entry.file_type().is_dir() || !ignore.folder(&root, entry.path())
    });
    entries.filter_map(move |entry| match entry {
        Ok(entry) => found(entry, deepest),
        Err(error) => {
            let path = error.path().unwrap_or(&top).to_owned();
            // Links are not followed, so there are no loops.
            let error = error.into_io_error()?;
            (!is_missing(&error)).then(|| Found::Unreadable(path, error.to_string()))
        }
    })
}

fn found(entry: DirEntry, deepest: usize) -> Option<Found> {
    let (kind, depth) = (entry.file_type(), entry.depth());
    let path = entry.into_path();
    if kind.is_file() {
        return Some(Found::File(path));
    }
    let reason = match kind.is_dir() {
        true if depth < deepest => return None,
        true => Reason::TooDeep,
        false if is_hidden_or_unfinished(&path) => return None,
        false if kind.is_symlink() => Reason::Link,
        false => Reason::Special,
    };
    Some(Found::PassedOver(reason, path))
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
        let files = |folder: &Path| files(folder, root, &ignore, 2);
        assert_eq!(files(&root.path).next(), None);
        std::fs::create_dir(&root.path).unwrap();
        // Not even a superuser can read a folder with a name of this length.
        let odd = root.path.join("x".repeat(300));
        let found: Vec<_> = files(&odd).collect();
        let [Found::Unreadable(path, why)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(*path, odd);
        assert!(why.contains("too long"), "{why}");

        let deep = root.path.join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.path.join("a/b/x.nii"), "").unwrap();
        std::fs::write(deep.join("y.nii"), "").unwrap();
        std::os::unix::fs::symlink("a", root.path.join("link")).unwrap();
        std::os::unix::fs::symlink("a", root.path.join(".link")).unwrap();
        let below = |path: &str| root.path.join(path);
        for start in ["", "a", "a/b"] {
            let found: Vec<_> = files(&below(start)).collect();
            let too_deep = Found::PassedOver(Reason::TooDeep, below("a/b/c"));
            assert!(found.contains(&too_deep), "{start}: {found:?}");
            assert!(found.contains(&Found::File(below("a/b/x.nii"))));
            let link = Found::PassedOver(Reason::Link, below("link"));
            assert_eq!(found.contains(&link), start.is_empty());
            assert_eq!(
                found.len(),
                if start.is_empty() { 3 } else { 2 },
                "{found:?}"
            );
        }
    }
}
