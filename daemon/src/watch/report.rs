//! What the watcher reports.

use super::names::Kind;
use super::presence::Records;
use crate::scan::{Fingerprint, Source};
use std::path::PathBuf;

/// A scan, or a file beside one, that is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The file or folder that it goes by.
    pub place: PathBuf,
    /// Its files, in the order of their format, each as it was when it was last looked at.
    pub files: Vec<(PathBuf, Fingerprint)>,
    /// Files that its format needs, and that have not come for long.
    pub missing: Vec<PathBuf>,
    /// What it is.
    pub kind: Kind,
}

impl Settled {
    /// The scan that its files make.
    pub fn source(&self) -> Source {
        let members = self.files.iter().map(|(path, _)| path.clone());
        Source::group(&self.place, members.collect())
    }
}

/// A scan of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownScan {
    /// The file or folder that it goes by.
    pub place: PathBuf,
    /// Its files as they were; none if it is to be read again.
    pub files: Vec<(PathBuf, Fingerprint)>,
}

/// How a root is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootState {
    /// The folder.
    pub path: PathBuf,
    /// What is wrong with it, with a folder below it or with its output folder, in words.
    pub problem: Option<String>,
    /// Whether it cannot be relied upon: what cannot be found in it may still exist.
    pub away: bool,
}

/// What the watcher reports.
#[derive(Debug)]
pub enum WatcherReport {
    /// A scan, or a file beside one, is finished.
    Settled(Settled),
    /// These are deleted or moved away: their root was there when they were looked for. A scan
    /// that was moved is settled under its new name later.
    Gone {
        /// The places of scans.
        scans: Vec<PathBuf>,
        /// Files beside scans that prompts came from.
        prompts: Vec<PathBuf>,
    },
    /// What is to be remembered of the mounted file systems has changed.
    Mounts(Records),
    /// The roots were looked at: how they are, and which scans are not finished.
    Walked {
        /// One entry per root.
        roots: Vec<RootState>,
        /// Scans that are not finished.
        settling: Vec<PathBuf>,
    },
}
