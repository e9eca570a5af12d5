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
    SqliteStore::open(&clear(path)?)
}

/// Removes what an interrupted exchange left; where the new store goes.
fn clear(path: &Path) -> Result<PathBuf, StoreFault> {
    let fresh = workshop(path);
    for ending in PARTS.into_iter().chain(LOCKS) {
        remove(&with(&fresh, ending))?;
    }
    Ok(fresh)
}

/// A copy of the store in the file `backup`, beside the one at `path`, to be put in its place. What lies beside
/// the one at `path`, its log for example, has no part in it.
pub fn begin_with(path: &Path, backup: &Path) -> Result<SqliteStore, StoreFault> {
    let no_backup = |why: &str| StoreFault::NoBackup {
        path: backup.to_owned(),
        why: why.to_owned(),
    };
    let found = fs::metadata(backup).map_err(|error| no_backup(&error.to_string()))?;
    if !found.is_file() || found.len() == 0 {
        return Err(no_backup("it is no file, or an empty one"));
    }
    let is_backup = |other: &Path| fs::canonicalize(other).ok() == fs::canonicalize(backup).ok();
    if is_backup(path) || is_backup(&workshop(path)) {
        return Err(no_backup(
            "it is the store itself, or one that is being made; copy it first",
        ));
    }
    let fresh = clear(path)?;
    fs::copy(backup, &fresh).map_err(failed)?;
    // A copy of a state folder has a log of its own.
    let log = with(backup, "-wal");
    if log.exists() {
        fs::copy(log, with(&fresh, "-wal")).map_err(failed)?;
    }
    match SqliteStore::is_store(&fresh) {
        Ok(true) => SqliteStore::open(&fresh),
        Ok(false) => Err(no_backup("it is another database")),
        Err(fault) => Err(no_backup(&fault.to_string())),
    }
}

/// Puts the store that [`begin_again`] or [`begin_with`] began, and that was closed since, in its place.
/// What lay there is moved aside, under names with the time; returns where it lies now.
pub fn take_place(path: &Path, now: Timestamp) -> Result<Vec<PathBuf>, StoreFault> {
    let fresh = workshop(path);
    SqliteStore::empty_log(&fresh)?;
    let synced = File::open(&fresh).and_then(|file| file.sync_all());
    synced.map_err(failed)?;
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
