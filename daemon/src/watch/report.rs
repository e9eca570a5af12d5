//! What the watcher reports.

use super::names::Kind;
use super::passed_over::Tally;
use super::presence::Records;
use crate::scan::{Fingerprint, Source};
use medicosam_shared::api::PassedOver;
use std::collections::BTreeMap;
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
    /// Whether it does not even answer: a call to its file system may never return.
    pub silent: bool,
    /// Files and folders in it that cannot be read, and why.
    pub unreadable: BTreeMap<PathBuf, String>,
    /// What in it is not looked at.
    pub passed_over: Tally,
}

impl RootState {
    /// What in it is not dealt with, for people.
    pub fn not_dealt_with(&self) -> Vec<PassedOver> {
        let unreadable = self.unreadable.first_key_value();
        let unreadable = unreadable.map(|(path, why)| PassedOver {
            kind: "unreadable".to_owned(),
            count: self.unreadable.len() as u64,
            example: path.to_string_lossy().into_owned(),
            hint: format!(
                "{why}. It is tried again by itself; if permissions are missing, let the user that runs medicosamd read it."
            ),
            matters: true,
        });
        unreadable
            .into_iter()
            .chain(self.passed_over.told())
            .collect()
    }

    /// Everything that is wrong with it, in words: of several things that cannot be read the first.
    pub fn in_words(&self) -> Option<String> {
        let unreadable = self.unreadable.first_key_value().map(|(path, why)| {
            let more = match self.unreadable.len() - 1 {
                0 => String::new(),
                1 => ", and another one".to_owned(),
                count => format!(", and {count} others"),
            };
            format!("{} cannot be read ({why}){more}", path.display())
        });
        match (&self.problem, unreadable) {
            (Some(problem), Some(unreadable)) => Some(format!("{problem}; {unreadable}")),
            (problem, unreadable) => problem.clone().or(unreadable),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_beside_what_else_is_wrong() {
        let mut state = RootState {
            path: "/in".into(),
            problem: None,
            away: false,
            silent: false,
            unreadable: BTreeMap::new(),
            passed_over: Tally::default(),
        };
        assert_eq!(state.in_words(), None);
        state.unreadable.insert("/in/b".into(), "denied".to_owned());
        let words = |state: &RootState| state.in_words().unwrap();
        assert_eq!(words(&state), "/in/b cannot be read (denied)");
        state.unreadable.insert("/in/a".into(), "stale".to_owned());
        assert_eq!(
            words(&state),
            "/in/a cannot be read (stale), and another one"
        );
        state.unreadable.insert("/in/c".into(), "stale".to_owned());
        state.problem = Some("its output folder is away".to_owned());
        let all = "its output folder is away; /in/a cannot be read (stale), and 2 others";
        assert_eq!(words(&state), all);
    }
}
