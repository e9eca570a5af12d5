//! What can be wrong with a scan, whose fault it is, and what to do about it.

use super::problem::{Class, Problem};
use medicosam_shared::text::printable;
use std::path::{Path, PathBuf};

/// A scan could not be read: what was being done, to which file, and what was found.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {problem}", printable(&path.to_string_lossy()))]
pub struct ScanError {
    /// What was being done, for example "reading the header of".
    pub doing: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What was found.
    pub problem: Problem,
}

impl ScanError {
    pub(crate) fn new(doing: &'static str, path: &Path, problem: Problem) -> Self {
        ScanError {
            doing,
            path: path.to_owned(),
            problem,
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        self.problem.facts().code
    }

    /// Whose fault it is.
    pub fn class(&self) -> Class {
        self.problem.facts().class
    }

    /// What to do next, in plain words.
    pub fn hint(&self) -> &'static str {
        self.problem.facts().hint
    }
}
