//! A new store in the place of one that was lost or damaged.

use super::{SqliteStore, StoreFault, file};
use jiff::Timestamp;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const EXCHANGING: &str = "putting a new store in the place of the old one";

/// What SQLite keeps beside a database.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// What the locks of a store are called.
const LOCKS: [&str; 2] = ["-gate", "-pen"];

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Where the new store is filled.
fn workshop(path: &Path) -> PathBuf {
    path.with_extension("recovering")
}

/// An empty store beside the one at `path`, to be filled and put in its place.
pub fn begin_again(path: &Path) -> Result<SqliteStore, StoreFault> {
    let fresh = workshop(path);
    for ending in PARTS.into_iter().chain(LOCKS) {
        remove(&with(&fresh, ending))?;
    }
    SqliteStore::open(&fresh)
}

/// Puts the store that [`begin_again`] began, and that was closed since, in its place.
/// What lay there is moved aside, under names with the time; returns where it lies now.
pub fn take_place(path: &Path, now: Timestamp) -> Result<Vec<PathBuf>, StoreFault> {
    let fresh = workshop(path);
    SqliteStore::empty_log(&fresh)?;
    let mut moved = Vec::new();
    for ending in PARTS {
        let aside = format!("-{}{ending}", now.strftime("%Y%m%dT%H%M%SZ"));
        let (old, aside) = (with(path, ending), with(path, &aside));
        match fs::rename(&old, &aside) {
            Ok(()) => moved.push(aside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    fs::rename(&fresh, path).map_err(failed)?;
    for ending in PARTS.into_iter().chain(LOCKS) {
        remove(&with(&fresh, ending))?;
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed)?;
    file::leave_marker(path)?;
    Ok(moved)
}

fn remove(path: &Path) -> Result<(), StoreFault> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn failed(source: io::Error) -> StoreFault {
    StoreFault::Failed {
        doing: EXCHANGING,
        source: Box::new(source),
    }
}
