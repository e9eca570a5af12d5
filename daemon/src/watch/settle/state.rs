//! The files of a scan as they were seen, and as they were reported.

use crate::scan::Fingerprint;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How many times `stable_for` the other files of an incomplete scan are waited for.
const PATIENCE: u32 = 10;
/// How long they are waited for at least.
pub const LEAST_PATIENCE: Duration = Duration::from_secs(60);

/// The files of a scan that are there, by path.
pub type Files = Vec<(PathBuf, Fingerprint)>;

/// What is known of a scan from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was reported in this state.
    Files(Files),
    /// It was reported, and is to be reported again whatever its state.
    Stale,
}

/// A scan whose files are not known to be finished.
#[derive(Debug)]
pub struct Settling {
    pub needed: Vec<PathBuf>,
    pub files: Files,
    pub stable_for: Duration,
    /// When it is finished, if nothing changes until then.
    pub due: Instant,
}

impl Settling {
    /// Files that its format needs and that are not there.
    pub fn missing(&self) -> Vec<PathBuf> {
        let is_there = |path: &PathBuf| self.files.iter().any(|(file, _)| file == path);
        let missing = self.needed.iter().filter(|path| !is_there(path));
        missing.cloned().collect()
    }

    /// How long it must stay as it is.
    pub fn patience(&self, least: Duration) -> Duration {
        if self.files.is_empty() || self.missing().is_empty() {
            self.stable_for
        } else {
            least.max(self.stable_for * PATIENCE)
        }
    }

    /// Notes the state of one of its files. Returns whether that changes anything.
    pub fn take(&mut self, path: &Path, fingerprint: Option<Fingerprint>) -> bool {
        let position = self
            .files
            .binary_search_by(|(file, _)| file.as_path().cmp(path));
        match (position, fingerprint) {
            (Ok(at), Some(new)) if self.files[at].1 == new => return false,
            (Ok(at), Some(new)) => self.files[at].1 = new,
            (Ok(at), None) => drop(self.files.remove(at)),
            (Err(at), Some(new)) => self.files.insert(at, (path.to_owned(), new)),
            (Err(_), None) => return false,
        }
        true
    }
}

/// Whether a file is among these, in the same state. The number of its device does not count: it
/// is another one each time a share is mounted.
pub fn holds(files: &[(PathBuf, Fingerprint)], path: &Path, now: Fingerprint) -> bool {
    files.iter().any(|(file, then)| {
        let then = Fingerprint {
            dev: now.dev,
            ..*then
        };
        file == path && then == now
    })
}

/// The files in the order of their format.
pub fn in_order(settling: &Settling) -> Files {
    let mut files = settling.files.clone();
    let position = |path: &PathBuf| settling.needed.iter().position(|needed| needed == path);
    files.sort_by_key(|(path, _)| position(path).unwrap_or(usize::MAX));
    files
}
