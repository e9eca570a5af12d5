//! The data folder as a place to install into: its lock, the staging folder, free space, and
//! durable renames.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::SetupError;

/// Staging folders are hidden, and recognised by this when a killed run has left one.
const STAGING_PREFIX: &str = ".setup-";

/// Room for file-system blocks, folders and the marker, beyond the sizes of the files themselves.
const SPARE_BYTES: u64 = 4 << 20;

/// The right to change the data folder: an advisory lock that the kernel drops with the process,
/// however it ends.
pub(super) struct DataLock {
    data: PathBuf,
    _file: File,
}

impl DataLock {
    /// Takes the lock, waiting for another setup to end if there is one; calls `waiting` before it
    /// waits. Then removes what killed runs have left: with the lock held, no staging folder
    /// belongs to anybody.
    pub(super) fn take(data: &Path, waiting: impl FnOnce()) -> Result<Self, SetupError> {
        create_folder(data)?;
        let path = data.join("setup.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| SetupError::io("opening the lock", &path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()
                    .map_err(|error| SetupError::io("waiting for the lock", &path, error))?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(SetupError::io("taking the lock", &path, error));
            }
        }
        remove_leftovers(data)?;
        Ok(Self {
            data: data.to_owned(),
            _file: file,
        })
    }

    /// A new, empty staging folder on the file system of the data folder. Removed when dropped.
    pub(super) fn staging(&self) -> Result<TempDir, SetupError> {
        tempfile::Builder::new()
            .prefix(STAGING_PREFIX)
            .tempdir_in(&self.data)
            .map_err(|error| SetupError::io("creating a staging folder in", &self.data, error))
    }

    /// Checks that `needed` bytes are free before anything is fetched: an answer in a second
    /// instead of after a long download.
    pub(super) fn require_space(&self, needed: u64) -> Result<(), SetupError> {
        let needed = needed + SPARE_BYTES;
        let free = free_bytes(&self.data)
            .map_err(|error| SetupError::io("asking for the free space of", &self.data, error))?;
        if free >= needed {
            return Ok(());
        }
        Err(SetupError::NoSpace {
            doing: "preparing the installation",
            path: self.data.clone(),
            needed: Some(needed),
            free,
        })
    }
}

fn remove_leftovers(data: &Path) -> Result<(), SetupError> {
    let listing = |error| SetupError::io("listing", data, error);
    for entry in fs::read_dir(data).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        let is_folder = entry.file_type().map_err(listing)?.is_dir();
        if is_folder
            && entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(STAGING_PREFIX.as_bytes())
        {
            fs::remove_dir_all(entry.path()).map_err(|error| {
                SetupError::io("removing what an earlier setup left,", &entry.path(), error)
            })?;
        }
    }
    Ok(())
}

/// The bytes that this user may still write on the file system of `path`, or of its nearest folder
/// that exists.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let mut path = path;
    loop {
        match rustix::fs::statvfs(path) {
            Ok(stat) => return Ok(stat.f_bavail.saturating_mul(stat.f_frsize)),
            Err(rustix::io::Errno::NOENT) => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => path = parent,
                _ => return Err(rustix::io::Errno::NOENT.into()),
            },
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Creates a folder and its parents, and syncs the parents of each that is new.
pub(super) fn create_folder(folder: &Path) -> Result<(), SetupError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => parent.map_or(Ok(()), sync_folder),
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(SetupError::io("creating the folder", folder, error)),
    }
}

/// Makes renames and removals in a folder survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> Result<(), SetupError> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|error| SetupError::io("writing to disk the folder", folder, error))
}

/// Moves a synced file from the staging folder to its place, replacing the file there. Durable only
/// after [`sync_folder`].
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), SetupError> {
    fs::rename(from, to).map_err(|error| SetupError::io("moving into place", to, error))
}
