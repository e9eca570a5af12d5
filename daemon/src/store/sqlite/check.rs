//! Whether the file is the store that it was: not damaged, not emptied, not exchanged.

use super::StoreFault;
use super::row::Doing;
use jiff::Timestamp;
use rusqlite::Connection;
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
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed("looking at the store", error)),
    };
    if size == 0
        && let Ok(since) = std::fs::read_to_string(marker(path))
    {
        return Err(StoreFault::Lost {
            path: path.to_owned(),
            since: since.trim().to_owned(),
        });
    }
    let wal = beside(path, "-wal");
    if !is_log(&wal).map_err(|e| failed("looking at the store's write-ahead log", e))? {
        return Err(StoreFault::Damaged {
            path: wal,
            found: "this is not a write-ahead log of SQLite".to_owned(),
        });
    }
    Ok(())
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

/// Looks through the whole database.
pub fn quick(connection: &Connection, path: &Path) -> Result<(), StoreFault> {
    let found: rusqlite::Result<String> =
        connection.query_row("PRAGMA quick_check(1)", [], |r| r.get(0));
    match found {
        Ok(word) if word == "ok" => Ok(()),
        Ok(found) => Err(StoreFault::Damaged {
            path: path.to_owned(),
            found,
        }),
        Err(error) => {
            let fault = Err::<(), _>(error).doing("looking through the store");
            fault.map_err(|fault| blame(path, fault))
        }
    }
}

/// The damage that SQLite reports as an error of whatever it was doing.
pub fn blame(path: &Path, fault: StoreFault) -> StoreFault {
    let StoreFault::Failed { source, .. } = &fault else {
        return fault;
    };
    let error = source.downcast_ref::<rusqlite::Error>();
    let found = error.and_then(rusqlite::Error::sqlite_error);
    let is_damage = found.is_some_and(|found| {
        matches!(
            found.code,
            rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase
        ) || found.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ
    });
    if is_damage {
        return StoreFault::Damaged {
            path: path.to_owned(),
            found: source.to_string(),
        };
    }
    fault
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
