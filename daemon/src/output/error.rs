//! What can keep a result from being written.

use super::change::Changed;
use crate::case::FaultClass;
use medicosam_shared::geometry::Dims;
use medicosam_shared::mask::RleTooLong;
use medicosam_shared::text::printable;
use std::io;
use std::path::{Path, PathBuf};

/// A result could not be written: what was being done, to which file or folder, and why not. The
/// results that were there before are still there, whole.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {problem}", printable(&path.to_string_lossy()))]
pub struct OutputError {
    /// What was being done, for example "writing".
    pub doing: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// Why not.
    pub problem: OutputProblem,
}

/// The reason of an [`OutputError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputProblem {
    /// The system refused, or failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is a file of that name that this program did not write.
    #[error("there is one already, and medicosam did not write it")]
    NotOurs,
    /// What is there is not what the store of the case wrote.
    #[error("{0}")]
    Changed(Box<Changed>),
    /// The masks are of another volume.
    #[error("the masks are {masks} voxels, but the scan is {scan}")]
    OtherDims {
        /// Size that the masks were made for.
        masks: Dims,
        /// Size of the scan.
        scan: Dims,
    },
    /// A mask does not fit its slice.
    #[error("the mask of an object is damaged: {0}")]
    Mask(#[from] RleTooLong),
    /// The record cannot be written as JSON.
    #[error("the provenance cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl OutputError {
    pub(super) fn new(doing: &'static str, path: &Path, problem: impl Into<OutputProblem>) -> Self {
        OutputError {
            doing,
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        use io::ErrorKind;
        match &self.problem {
            OutputProblem::Io(error) => match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    "output-no-space"
                }
                ErrorKind::ReadOnlyFilesystem => "output-read-only",
                ErrorKind::PermissionDenied => "output-permission",
                ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
                    "output-in-the-way"
                }
                _ => "output-io",
            },
            OutputProblem::NotOurs => "output-not-ours",
            OutputProblem::Changed(changed) => changed.change.code().as_str(),
            OutputProblem::OtherDims { .. } => "output-other-dims",
            OutputProblem::Mask(_) => "output-bad-mask",
            OutputProblem::Json(_) => "output-bad-provenance",
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> FaultClass {
        match self.problem {
            OutputProblem::Io(_) => FaultClass::Environment,
            OutputProblem::Changed(_) => FaultClass::Asks,
            OutputProblem::NotOurs
            | OutputProblem::OtherDims { .. }
            | OutputProblem::Mask(_)
            | OutputProblem::Json(_) => FaultClass::BadInput,
        }
    }

    /// What to do next, in plain words.
    pub fn hint(&self) -> &'static str {
        match self.code() {
            "output-no-space" => {
                "Free some space (df, quota), or choose an output folder on another disk; it is tried again by itself."
            }
            "output-read-only" => {
                "Mount the disk for writing, or choose another output folder; it is tried again by itself."
            }
            "output-permission" => {
                "Let the user that runs medicosamd write into the folder; it is tried again by itself."
            }
            "output-in-the-way" => {
                "A file stands where a folder should be, or a folder where a file should be: move it away."
            }
            "output-io" => "Check the disk or network share; it is tried again by itself.",
            "output-not-ours" => {
                "Move it away or rename it, or choose another output folder; it was left as it is."
            }
            "output-other-case" => {
                "`medicosam retry CASE --keep` leaves it as it is and writes new results beside it, under another name; it is never replaced. `medicosamd check-config` names output folders that are one place."
            }
            "output-changed" => {
                "Look at it, then choose: `medicosam retry CASE --keep` leaves it as it is and writes new results beside it, under another name; `medicosam retry CASE --replace` overwrites it."
            }
            _ => "Retry the case; if that does not help, report this with the scan's dimensions.",
        }
    }
}
