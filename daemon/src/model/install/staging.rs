//! Changes of the folder of models: one at a time, each in one step.
//!
//! The files are written into a temporary folder beside the final one, synced, and renamed: at any
//! moment the folder holds the old model, the new one, or no model, but never half of one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Start of the names of temporary folders. No model's name starts with a dot.
const STAGING: &str = ".installing-";

/// A folder or file that could not be written, and why.
pub type Failed = (PathBuf, io::Error);

/// The folder of models, locked against other processes.
pub struct Locked<'a> {
    models: &'a Path,
    _lock: File,
}

impl<'a> Locked<'a> {
    /// Creates the folder if need be, waits until no other process changes it, and removes the
    /// leftovers of killed processes.
    pub fn wait(models: &'a Path) -> Result<Self, Failed> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| (path, error)
        };
        std::fs::create_dir_all(models).map_err(at(models))?;
        let path = models.join(".lock");
        let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
        let lock = file.map_err(at(&path))?;
        let entries = std::fs::read_dir(models).map_err(at(models))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(STAGING) {
                std::fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
            }
        }
        Ok(Locked {
            models,
            _lock: lock,
        })
    }

    /// An empty folder to write a model's files into.
    pub fn stage(&self) -> Result<tempfile::TempDir, Failed> {
        let staged = tempfile::Builder::new()
            .prefix(STAGING)
            .tempdir_in(self.models);
        staged.map_err(|error| (self.models.to_owned(), error))
    }

    /// Makes the staged folder the model's, durably.
    pub fn publish(&self, staged: tempfile::TempDir, name: &str) -> Result<PathBuf, Failed> {
        let folder = self.models.join(name);
        let published = || -> io::Result<()> {
            for entry in std::fs::read_dir(staged.path())? {
                File::open(entry?.path())?.sync_all()?;
            }
            File::open(staged.path())?.sync_all()?;
            if folder.exists() {
                // The old model moves to the temporary folder's name, and is removed with it.
                swap(staged.path(), &folder)?;
            } else {
                std::fs::rename(staged.path(), &folder)?;
            }
            File::open(self.models)?.sync_all()
        };
        match published() {
            // Dropping `staged` removes the folder that has the temporary name by now.
            Ok(()) => Ok(folder),
            Err(error) => Err((folder, error)),
        }
    }

    /// Removes a model, complete or not.
    pub fn remove(&self, name: &str) -> Result<(), Failed> {
        let folder = self.models.join(name);
        let staged = self.stage()?;
        // Out of sight in one step; then it may take its time.
        std::fs::rename(&folder, staged.path().join(name)).map_err(|error| (folder, error))?;
        let path = staged.path().to_owned();
        staged.close().map_err(|error| (path, error))
    }
}

/// Exchanges two folders atomically, or, on file systems that cannot, in two steps.
fn swap(staged: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, staged, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            std::fs::remove_dir_all(folder)?;
            std::fs::rename(staged, folder)
        }
        Err(error) => Err(error.into()),
    }
}
