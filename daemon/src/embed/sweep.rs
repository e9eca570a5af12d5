//! Leftovers: files of other versions, and keys whose embeddings are gone.

use super::key::ContentKey;
use super::{ENDING, VERSION, slice_keys};
use std::path::Path;
use walkdir::WalkDir;

/// Removes the embeddings of other versions from the folder `top`, and the folders that this
/// leaves empty. Other files there are not ours.
pub(super) fn other_versions(top: &Path) {
    let Ok(entries) = std::fs::read_dir(top) else {
        return;
    };
    let others = entries.flatten().filter(|e| e.file_name() != VERSION);
    let everything = others.flat_map(|other| WalkDir::new(other.path()).contents_first(true));
    for entry in everything.filter_map(Result::ok) {
        let path = entry.path();
        // Folders that are not empty stay by themselves, and so do files that cannot be removed.
        let _ = if entry.file_type().is_dir() {
            std::fs::remove_dir(path)
        } else if is_ours(path) {
            std::fs::remove_file(path)
        } else {
            Ok(())
        };
    }
}

/// The embeddings of the first version, and its partial files.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    name.ends_with(ENDING) || (folder == "partial" && name.starts_with(".tmp"))
}

/// Removes the keys of scans none of whose embeddings are left.
pub(super) fn dead_slice_keys(folder: &Path, is_there: impl Fn(&ContentKey) -> bool) {
    let files = WalkDir::new(folder).min_depth(2).max_depth(2);
    for entry in files.into_iter().filter_map(Result::ok) {
        let keys = slice_keys::read_all(entry.path());
        if !keys.iter().flatten().any(&is_there) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
