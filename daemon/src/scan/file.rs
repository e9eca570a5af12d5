//! Opening a scan, and noticing that it was changed.

use super::error::Problem;
use super::stamp::Fingerprint;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Opens a regular file for reading.
///
/// Links are not followed: whoever may write into a watched folder must not choose what else the
/// daemon reads. Pipes do not block, and neither they nor devices are read.
pub(super) fn open(path: &Path) -> Result<(File, Fingerprint), Problem> {
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
pub(super) fn state(file: &File) -> Result<Fingerprint, Problem> {
    let found = file.metadata().map_err(Problem::from_io)?;
    Ok((&found).into())
}
