//! Opening a scan, and noticing that it was changed.

use super::error::Problem;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

/// What tells one state of a file from another, short of reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The state of an open file.
    pub(super) fn of(file: impl AsFd) -> Result<Stamp, Problem> {
        Ok(Self::from_stat(&fstat(file)?))
    }

    fn from_stat(stat: &Stat) -> Stamp {
        // The widths of these fields differ from system to system.
        #[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap)]
        Stamp {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

/// Opens a regular file for reading.
///
/// Links are not followed: whoever may write into a watched folder must not choose what else the
/// daemon reads. Pipes do not block, and neither they nor devices are read.
pub(super) fn open(path: &Path) -> Result<(File, Stamp), Problem> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file =
        rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Problem::from_io(e.into()))?;
    let stat = fstat(&file)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => None,
        FileType::Directory => Some("a folder"),
        FileType::Fifo => Some("a pipe"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        _ => Some("something else"),
    };
    if let Some(kind) = kind {
        return Err(Problem::NotAFile { kind });
    }
    Ok((File::from(file), Stamp::from_stat(&stat)))
}

fn fstat(file: impl AsFd) -> Result<Stat, Problem> {
    rustix::fs::fstat(file).map_err(|e| Problem::from_io(e.into()))
}
