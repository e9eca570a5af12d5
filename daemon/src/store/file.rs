//! The file of a store, looked at before it is opened: whether it is the one that it was.

use super::StoreFault;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Beside the store from its first start on: it tells a store that was lost from one that is new.
fn marker(path: &Path) -> PathBuf {
    beside(path, "-since")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Looks at the files before SQLite does, which makes a new database of an empty file, and throws away
/// a write-ahead log that it cannot read.
pub fn before_opening(path: &Path) -> Result<(), StoreFault> {
    let is_empty = size(path)? == 0;
    let log = beside(path, "-wal");
    let bytes = size(&log)?;
    if is_empty && bytes > 0 {
        return Err(StoreFault::LogAlone {
            path: path.to_owned(),
            log,
            bytes,
        });
    }
    if is_empty && let Ok(since) = std::fs::read_to_string(marker(path)) {
        return Err(StoreFault::Lost {
            path: path.to_owned(),
            since: since.trim().to_owned(),
        });
    }
    if !is_log(&log).map_err(|e| failed("looking at the store's write-ahead log", e))? {
        return Err(StoreFault::Damaged {
            path: log,
            found: "this is not a write-ahead log of SQLite".to_owned(),
        });
    }
    Ok(())
}

/// Whether the write-ahead log of a store holds anything.
pub fn has_log(path: &Path) -> Result<bool, StoreFault> {
    Ok(size(&beside(path, "-wal"))? > 0)
}

/// Bytes of a file; 0 if there is none.
fn size(path: &Path) -> Result<u64, StoreFault> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(failed("looking at the store", error)),
    }
}

/// Whether a file can be a write-ahead log: missing, empty, all zero (a power cut before its first
/// commit), or with the header of one (<https://www.sqlite.org/fileformat2.html#walformat>).
fn is_log(path: &Path) -> io::Result<bool> {
    let mut header = [0; 32];
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() < header.len() as u64 {
        return Ok(true);
    }
    file.read_exact(&mut header)?;
    let word = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[at..at + 4]);
        bytes
    };
    let magic = u32::from_be_bytes(word(0));
    let number: fn([u8; 4]) -> u32 = match magic {
        0x377f_0682 => u32::from_le_bytes,
        0x377f_0683 => u32::from_be_bytes,
        _ => return Ok(header == [0; 32]),
    };
    let (mut first, mut second) = (0u32, 0u32);
    for at in (0..24).step_by(8) {
        first = first.wrapping_add(number(word(at))).wrapping_add(second);
        second = second
            .wrapping_add(number(word(at + 4)))
            .wrapping_add(first);
    }
    Ok((first, second) == (u32::from_be_bytes(word(24)), u32::from_be_bytes(word(28))))
}

/// Says that the store is in use from now on.
pub fn leave_marker(path: &Path) -> Result<(), StoreFault> {
    let marker = marker(path);
    if marker.exists() {
        return Ok(());
    }
    let write = || {
        let mut file = File::create(&marker)?;
        writeln!(file, "{}", Timestamp::now())?;
        file.sync_all()
    };
    write().map_err(|e| failed("writing down when the store was made", e))
}

fn failed(doing: &'static str, source: io::Error) -> StoreFault {
    StoreFault::Failed {
        doing,
        source: Box::new(source),
    }
}
