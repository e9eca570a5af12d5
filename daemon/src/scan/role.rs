//! What a file is to a scan, by its name alone.

use super::error::ScanError;
use super::format::incomplete;
use super::formats;
use super::problem::Problem;
use super::source::Source;
use std::path::{Path, PathBuf};

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A whole scan.
    Scan,
    /// A whole scan where pictures are taken for scans.
    Picture,
    /// One of several files that make a scan.
    Member(Group),
}

/// The files that make a scan only together. It is complete when all are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The file that the scan goes by.
    pub place: PathBuf,
    /// All files, in the order of their format.
    pub files: Vec<PathBuf>,
}

impl From<Group> for Source {
    fn from(group: Group) -> Source {
        Source::group(group.place, group.files)
    }
}

/// What a file of this name is; `None` if it is no file of a scan. Its contents are another matter.
pub fn role(path: &Path) -> Option<Role> {
    let format = formats::of(path)?;
    Some(match format.group_of(path) {
        Some(files) => Role::Member(Group {
            place: files.first().map_or(path, PathBuf::as_path).to_owned(),
            files,
        }),
        None if format.is_picture() => Role::Picture,
        None => Role::Scan,
    })
}

impl Source {
    /// The scan that a file belongs to; its other files must lie beside it.
    pub fn find(path: &Path) -> Result<Source, ScanError> {
        let Some(Role::Member(group)) = role(path) else {
            return Ok(Source::file(path));
        };
        let failed = |problem| ScanError::new("looking for the files of", path, problem);
        path.symlink_metadata()
            .map_err(|error| failed(Problem::from_io(error)))?;
        let files = group.files.iter();
        let there: Vec<PathBuf> = files
            .filter(|path| path.symlink_metadata().is_ok())
            .cloned()
            .collect();
        match incomplete(formats::reader_of(path), &there) {
            Some(problem) => Err(failed(problem)),
            None => Ok(group.into()),
        }
    }
}
