//! One daemon per state folder.
//!
//! The lock is the kernel's: it goes with the process, however that ends. Nothing stale is left.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The right to use a state folder; given back when dropped.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// Why the state folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error("the state folder {} is in use by another daemon{holder}", .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// ` (process 123)`, if that is known.
        holder: String,
    },
    /// It cannot be made or locked.
    #[error("cannot use the state folder {}: {source}", .folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl LockError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            LockError::InUse { .. } => "state-in-use",
            LockError::Unusable { .. } => "state-unusable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            LockError::InUse { .. } => {
                "Stop the other daemon, or give this one a state folder of its own: `state = \"…\"` under [daemon]."
            }
            LockError::Unusable { .. } => {
                "Check that the folder is on a local disk and writable, or name another: `state = \"…\"` under [daemon]."
            }
        }
    }
}

impl StateLock {
    /// The process that has a state folder, if there is one.
    pub fn holder(folder: &Path) -> Option<u32> {
        let mut file = File::open(folder.join("lock")).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).ok()?;
                holder.trim().parse().ok()
            }
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// Makes the folder if need be, for its owner only, and takes it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable {
            folder: folder.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(unusable)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let pid: Option<u32> = holder.trim().parse().ok();
                return Err(LockError::InUse {
                    folder: folder.to_owned(),
                    holder: pid.map_or_else(String::new, |pid| format!(" (process {pid})")),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(unusable)?;
        Ok(StateLock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_daemon_is_told_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = StateLock::take(&state).unwrap();
        assert_eq!(StateLock::holder(&state), Some(std::process::id()));
        let second = StateLock::take(&state).unwrap_err();
        assert_eq!(second.code(), "state-in-use");
        assert!(second.to_string().contains(&std::process::id().to_string()));
        drop(first);
        assert_eq!(StateLock::holder(&state), None);
        StateLock::take(&state).unwrap();
    }
}
