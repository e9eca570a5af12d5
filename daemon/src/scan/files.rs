//! The files of a scan while it is read: opened without following links, hashed, and compared with
//! what they were before.

use super::bytes::{Contents, Disk};
use super::error::ScanError;
use super::problem::Problem;
use super::stamp::Fingerprint;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

/// The files of a scan, and which part of them to read.
pub(super) struct Files<'a> {
    paths: &'a [PathBuf],
    frame: Option<u64>,
    max_voxel_bytes: u64,
    doing: &'static str,
    /// SHA-256 of each file that was read, if they are wanted.
    hashes: Option<Vec<(&'a Path, String)>>,
}

impl<'a> Files<'a> {
    /// The files of a scan, for its header.
    pub(super) fn for_header(paths: &'a [PathBuf], frame: Option<u64>, limit: u64) -> Self {
        Files {
            paths,
            frame,
            max_voxel_bytes: limit,
            doing: "reading the header of",
            hashes: None,
        }
    }

    /// The files of a scan, for all of it.
    pub(super) fn for_volume(paths: &'a [PathBuf], frame: Option<u64>, limit: u64) -> Self {
        Files {
            doing: "reading",
            hashes: Some(Vec::new()),
            ..Self::for_header(paths, frame, limit)
        }
    }

    /// In the order of their format.
    pub(super) fn paths(&self) -> &'a [PathBuf] {
        self.paths
    }

    /// Which volume of several is wanted.
    pub(super) fn frame(&self) -> Option<u64> {
        self.frame
    }

    /// Bytes that the voxels may have.
    pub(super) fn max_voxel_bytes(&self) -> u64 {
        self.max_voxel_bytes
    }

    /// The hashes of the files that were read.
    pub(super) fn into_hashes(self) -> Vec<(&'a Path, String)> {
        self.hashes.unwrap_or_default()
    }

    /// An error about one of the files.
    pub(super) fn error(&self, file: usize, problem: Problem) -> ScanError {
        let path = self.paths.get(file).map_or(Path::new(""), PathBuf::as_path);
        ScanError::new(self.doing, path, problem)
    }

    /// Opens one of the files and hands its contents and its size to `read`. A change of the file
    /// meanwhile outranks any other error.
    pub(super) fn read<T>(
        &mut self,
        file: usize,
        read: impl FnOnce(&mut Contents<'_>, u64) -> Result<T, Problem>,
    ) -> Result<T, ScanError> {
        let Some(path) = self.paths.get(file) else {
            return Err(self.error(file, Problem::NotFound));
        };
        let (opened, before) =
            open(path).map_err(|problem| ScanError::new("opening", path, problem))?;
        let hashed = self.hashes.is_some();
        let found = if before.size == 0 {
            Err(Problem::Empty)
        } else {
            Contents::new(Disk::new(&opened, before.size, hashed)).and_then(|mut contents| {
                let found = read(&mut contents, before.size)?;
                let hash = match hashed {
                    true => Some(contents.finish()?),
                    false => None,
                };
                Ok((found, hash))
            })
        };
        let found = match state(&opened) {
            Ok(after) if after == before => found,
            Ok(_) => Err(Problem::Changed),
            Err(problem) => Err(problem),
        };
        let (found, hash) = found.map_err(|problem| self.error(file, problem))?;
        if let Some(hashes) = &mut self.hashes {
            hashes.extend(hash.map(|hash| (path.as_path(), hash)));
        }
        Ok(found)
    }
}

/// The SHA-256 of a file's bytes, and the state of the file that has them.
pub(super) fn hash(path: &Path) -> Result<(String, Fingerprint), ScanError> {
    let failed = |problem| ScanError::new("reading", path, problem);
    let (file, before) = open(path).map_err(failed)?;
    let sha256 = Disk::new(&file, before.size, true).finish();
    let sha256 = sha256.map_err(|error| failed(Problem::from_io(error)))?;
    if state(&file).map_err(failed)? != before {
        return Err(failed(Problem::Changed));
    }
    Ok((sha256, before))
}

/// Opens a regular file for reading.
///
/// Links are not followed: write access to a watched folder must not decide which other files the
/// daemon reads. Pipes do not block, and neither they nor devices are read.
fn open(path: &Path) -> Result<(File, Fingerprint), Problem> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file =
        rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Problem::from_io(e.into()))?;
    let file = File::from(file);
    let found = file.metadata().map_err(Problem::from_io)?;
    let kind = found.file_type();
    let kind = if kind.is_file() {
        return Ok((file, (&found).into()));
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "something else"
    };
    Err(Problem::NotAFile { kind })
}

/// The state of an open file.
fn state(file: &File) -> Result<Fingerprint, Problem> {
    let found = file.metadata().map_err(Problem::from_io)?;
    Ok((&found).into())
}
