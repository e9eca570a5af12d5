//! Files that appear whole or not at all.
//!
//! A file is written under a temporary name in its own folder, forced to the disk, and only then
//! renamed. While it is being written it is locked (flock), and the lock ends with the process:
//! what carries a temporary name and can be locked is a leftover of a run that was killed.

use super::error::OutputError;
use super::names::{TEMPORARY, is_temporary};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const WRITING: &str = "writing";

/// A file that is complete and on the disk, under its temporary name. Dropped, it vanishes.
pub(super) struct Staged {
    file: NamedTempFile,
    path: PathBuf,
}

impl Staged {
    /// Writes the future `folder/name`.
    pub(super) fn write(
        folder: &Path,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> Result<Staged, OutputError> {
        let path = folder.join(name);
        let staged = || -> io::Result<NamedTempFile> {
            let file = create_locked(folder, name)?;
            let mut writer = BufWriter::with_capacity(256 << 10, file.as_file());
            write(&mut writer)?;
            writer.flush()?;
            drop(writer);
            file.as_file().sync_all()?;
            Ok(file)
        };
        match staged() {
            Ok(file) => Ok(Staged { file, path }),
            Err(error) => Err(OutputError::new(WRITING, &path, error)),
        }
    }

    /// Gives the file its name, in place of what had it before.
    pub(super) fn rename(self) -> Result<(), OutputError> {
        self.file
            .persist(&self.path)
            .map(drop)
            .map_err(|error| OutputError::new(WRITING, &self.path, error.error))
    }

    /// Gives the file its name, unless something has that already.
    pub(super) fn rename_to_free_name(self) -> io::Result<()> {
        let renamed = self.file.persist_noclobber(&self.path);
        renamed.map(drop).map_err(|error| error.error)
    }
}

/// A new temporary file, locked.
fn create_locked(folder: &Path, name: &str) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(TEMPORARY)
            // As any new file: the umask decides who may read it.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        match file.as_file().try_lock() {
            // Between creating and locking it a sweep may have taken it for a leftover.
            Ok(()) if file.as_file().metadata()?.nlink() == 0 => {}
            Err(TryLockError::WouldBlock) => {}
            Ok(()) => return Ok(file),
            // Some network shares have no locks. Then a sweep leaves temporary files alone.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Makes the folder and its parents, as far as they are not there, and forces the new names to
/// the disk.
pub(super) fn make_folder(folder: &Path) -> Result<(), OutputError> {
    let new: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    fs::create_dir_all(folder)
        .map_err(|error| OutputError::new("making the folder", folder, error))?;
    for parent in new.iter().rev().filter_map(|path| path.parent()) {
        // The parent of a relative path of one part is the current folder.
        let here = parent.as_os_str().is_empty();
        sync_folder(if here { Path::new(".") } else { parent })?;
    }
    Ok(())
}

/// Forces the names in the folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), OutputError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| OutputError::new("forcing to the disk", folder, error))
}

/// Removes what a killed run left behind in `folder` (not below it): the number of files. What is
/// being written right now stays, and so does what another user left. A folder that does not exist has no leftovers.
pub fn sweep(folder: &Path) -> Result<usize, OutputError> {
    let failed = |path: &Path, error| OutputError::new("clearing leftovers from", path, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(folder, error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, error))?;
        let is_leftover = is_temporary(&entry.file_name().to_string_lossy())
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_leftover {
            continue;
        }
        let path = entry.path();
        match remove_unlocked(&path) {
            Ok(gone) => removed += usize::from(gone),
            // Renamed or removed meanwhile, or another user's.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
                ) => {}
            Err(error) => return Err(failed(&path, error)),
        }
    }
    Ok(removed)
}

/// Removes the file unless somebody holds its lock; whether it did.
fn remove_unlocked(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    if file.try_lock().is_err() {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}
