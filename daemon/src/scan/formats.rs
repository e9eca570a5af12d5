//! The table of formats.

use super::format::Format;
use super::names::strip;
use super::nifti::{Nifti, Pair};
use super::picture::Picture;
use std::path::{Path, PathBuf};

/// All formats. A name without an ending of any of them is taken for the first.
const FORMATS: [&dyn Format; 3] = [&Nifti, &Pair, &Picture];

/// The format of a file, by its ending.
pub(super) fn of(path: &Path) -> Option<&'static dyn Format> {
    let name = path.file_name()?.to_string_lossy();
    FORMATS.into_iter().find(|format| {
        let endings = format.endings().iter().chain(format.other_endings());
        strip(&name, endings.copied()).is_some()
    })
}

/// The format that reads a file.
pub(super) fn reader_of(path: &Path) -> &'static dyn Format {
    of(path).unwrap_or(FORMATS[0])
}

/// All endings that the files of a scan can have.
pub fn endings() -> impl Iterator<Item = &'static str> {
    FORMATS.into_iter().flat_map(|format| {
        let endings = format.endings().iter().chain(format.other_endings());
        endings.copied()
    })
}

/// The paths that a scan in a folder can go by, from its name without ending.
pub fn places(folder: &Path, stem: &str) -> Vec<PathBuf> {
    let endings = FORMATS.into_iter().flat_map(|format| format.endings());
    endings
        .map(|ending| folder.join(format!("{stem}{ending}")))
        .collect()
}

/// A file name without the ending of a scan, and that ending.
pub fn parts(name: &str) -> (&str, &str) {
    let stem = strip(name, endings()).unwrap_or(name);
    name.split_at(stem.len())
}
