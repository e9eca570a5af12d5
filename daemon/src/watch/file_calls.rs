//! Calls to a file system that may never return.
//!
//! The server of a hard-mounted share may be gone. A thread that asks for a file there waits in the
//! kernel until the server is back, and cannot be interrupted. So each root is surveyed by a thread
//! of its own, and the watcher sees here how long the call that it is making has taken.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What stands between a thread and the file system: nothing, except in tests of servers that are gone.
pub type Server = Arc<dyn Fn(&Path) + Send + Sync>;

/// How many times as long a call may take that walks through a whole tree by itself.
const OF_A_TREE: u32 = 10;

/// The calls to the file system that one thread makes.
pub struct FileCalls {
    server: Server,
    current: Mutex<Option<Call>>,
}

struct Call {
    folder: PathBuf,
    since: Instant,
    /// How many times as long as others it may take.
    patience: u32,
}

/// A folder that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The root or output folder.
    pub folder: PathBuf,
    /// When it was asked.
    pub since: Instant,
}

impl FileCalls {
    /// No call has been made yet.
    pub fn new(server: Server) -> Self {
        FileCalls {
            server,
            current: Mutex::default(),
        }
    }

    /// Makes a call that looks at one place in `folder`, a root or an output folder.
    pub fn make<T>(&self, folder: &Path, call: impl FnOnce() -> T) -> T {
        self.make_patiently(folder, 1, call)
    }

    /// Makes a call that looks at all folders below `folder`.
    pub fn make_for_tree<T>(&self, folder: &Path, call: impl FnOnce() -> T) -> T {
        self.make_patiently(folder, OF_A_TREE, call)
    }

    fn make_patiently<T>(&self, folder: &Path, patience: u32, call: impl FnOnce() -> T) -> T {
        *self.lock() = Some(Call {
            folder: folder.to_owned(),
            since: Instant::now(),
            patience,
        });
        (self.server)(folder);
        let answer = call();
        *self.lock() = None;
        answer
    }

    /// The call that has lasted longer than `limit`, if there is one.
    pub fn unanswered(&self, limit: Duration, now: Instant) -> Option<Unanswered> {
        let current = self.lock();
        let call = current.as_ref()?;
        let is_late = now.saturating_duration_since(call.since) >= limit * call.patience;
        is_late.then(|| Unanswered {
            folder: call.folder.clone(),
            since: call.since,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Call>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn only_a_call_that_is_late_is_unanswered_and_one_for_a_tree_may_take_longer() {
        let calls = FileCalls::new(Arc::new(|_| {}));
        let later = |seconds: u32| Instant::now() + SECOND * seconds;
        assert_eq!(calls.unanswered(SECOND, later(99)), None);
        let root = Path::new("/in");
        let unanswered = calls.make(root, || calls.unanswered(SECOND, later(2)));
        assert_eq!(unanswered.map(|late| late.folder), Some(root.to_owned()));
        let in_time = calls.make(root, || calls.unanswered(SECOND * 9, later(2)));
        assert_eq!(in_time, None);
        let of_tree = calls.make_for_tree(root, || calls.unanswered(SECOND, later(2)));
        assert_eq!(of_tree, None);
        let of_tree = calls.make_for_tree(root, || calls.unanswered(SECOND, later(20)));
        assert!(of_tree.is_some());
        assert_eq!(calls.unanswered(SECOND, later(99)), None, "all returned");
    }
}
