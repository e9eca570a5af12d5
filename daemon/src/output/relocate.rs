//! Results move to another folder or name, together, and over nothing that lies there.
//!
//! A copy is complete and on the disk before the first of the old files goes. So each step can be
//! interrupted, and the whole be done again, until it is done.

use super::error::OutputError;
use super::names::{LABEL_MAP, LABEL_TABLE, PICTURE_LABEL_MAP, PROVENANCE};
use super::records;
use super::review::is_of;
use super::staged::{Staged, make_folder, sync_folder};
use crate::digest::Digest;
use medicosam_shared::provenance::{OutputFiles, Provenance};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const LOOKING: &str = "looking at";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relocated {
    /// They lie there now.
    There(OutputFiles),
    /// They are not where they were written: there is nothing to move.
    Missing,
    /// What lies at their old place is not of their case, or is no plain file; it stays.
    NotTheirs(PathBuf),
    /// This lies at their new place already, so they stay.
    Taken(PathBuf),
}

/// Folder and stem of results.
pub fn place_of(files: &OutputFiles) -> Option<PathBuf> {
    let record = files.record_path();
    let name = record.file_name()?.to_str()?;
    Some(record.with_file_name(name.strip_suffix(PROVENANCE)?))
}

/// Moves `files`, which are of the revision of this provenance or of an earlier one of its case, to the
/// folder and stem `to`.
pub fn relocate(
    files: &OutputFiles,
    provenance: &Provenance,
    to: &Path,
) -> Result<Relocated, OutputError> {
    let Some(from) = place_of(files) else {
        return Ok(Relocated::Missing);
    };
    let map = [LABEL_MAP, PICTURE_LABEL_MAP];
    let map = map.into_iter().find(|e| files.label_map.ends_with(e));
    let map = map.unwrap_or(LABEL_MAP);
    // In the order in which they are written: no label map is ever without its record.
    let parts = [PROVENANCE, LABEL_TABLE, map].map(|ending| Part {
        from: with_ending(&from, ending),
        to: with_ending(to, ending),
    });
    let [record, ..] = &parts;
    let mut states = Vec::with_capacity(parts.len());
    for part in &parts {
        states.push(part.state()?);
    }
    let is_begun = states[0] != State::ToCopy;
    for (part, state) in parts.iter().zip(&states) {
        match state {
            State::Occupied => return Ok(Relocated::Taken(part.to.clone())),
            State::Arrived if !is_begun => return Ok(Relocated::Taken(part.to.clone())),
            State::NoFile => return Ok(Relocated::NotTheirs(part.from.clone())),
            State::Missing | State::ToCopy | State::Copied | State::Arrived => {}
        }
    }
    if states[0] == State::Missing || states[2] == State::Missing {
        return Ok(Relocated::Missing);
    }
    let record = match states[0] {
        State::Arrived => &record.to,
        State::Missing | State::ToCopy | State::Copied | State::Occupied | State::NoFile => {
            &record.from
        }
    };
    let found = records::read(record).map_err(|e| OutputError::new("reading", record, e))?;
    if !found.is_some_and(|found| is_of(&found, provenance)) {
        return Ok(Relocated::NotTheirs(record.clone()));
    }
    if let Some(taken) = copy(&parts, &states)? {
        return Ok(Relocated::Taken(taken));
    }
    remove_old(&parts)?;
    let name = |part: &Part| {
        let name = part.to.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let [record, table, map] = parts.each_ref().map(name);
    let folder = to.parent().unwrap_or(Path::new(""));
    let (names, sha256) = ([&*map, &*record, &*table], files.sha256.clone());
    Ok(Relocated::There(OutputFiles::in_folder(
        folder, names, sha256,
    )))
}

fn with_ending(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A file that moves.
struct Part {
    from: PathBuf,
    to: PathBuf,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is at neither place.
    Missing,
    /// It is at its old place only.
    ToCopy,
    /// It is at both.
    Copied,
    /// Something is at its new place only.
    Arrived,
    /// Another file is at its new place.
    Occupied,
    /// What is at its old place is no plain file.
    NoFile,
}

impl Part {
    fn state(&self) -> Result<State, OutputError> {
        let from = look(&self.from).map_err(|e| OutputError::new(LOOKING, &self.from, e))?;
        let to = look(&self.to).map_err(|e| OutputError::new(LOOKING, &self.to, e))?;
        Ok(match (from, to) {
            (None, None) => State::Missing,
            (None, Some(_)) => State::Arrived,
            (Some(None), _) => State::NoFile,
            (Some(_), None) => State::ToCopy,
            (Some(from), Some(to)) if from == to => State::Copied,
            (Some(_), Some(_)) => State::Occupied,
        })
    }
}

/// SHA-256 of what lies at a path, or `None` within if it is no plain file.
fn look(path: &Path) -> io::Result<Option<Option<String>>> {
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => {
            let digest = Digest::of_reader(File::open(path)?)?;
            Ok(Some(Some(digest.0.to_string())))
        }
        Ok(_) => Ok(Some(None)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Copies what has to be copied; the path of a file that came in the way.
fn copy(parts: &[Part], states: &[State]) -> Result<Option<PathBuf>, OutputError> {
    const COPYING: &str = "copying results to";
    for (part, state) in parts.iter().zip(states) {
        if *state != State::ToCopy {
            continue;
        }
        let folder = part.to.parent().unwrap_or(Path::new(""));
        let name = part.to.file_name().unwrap_or_default().to_string_lossy();
        make_folder(folder)?;
        let mut from =
            File::open(&part.from).map_err(|e| OutputError::new(LOOKING, &part.from, e))?;
        let staged = Staged::write(folder, &name, |out| {
            io::copy(&mut from, out)?;
            out.flush()?;
            // When it was last changed by hand is part of the message.
            out.get_ref().set_modified(from.metadata()?.modified()?)
        })?;
        match staged.rename_to_free_name() {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(Some(part.to.clone()));
            }
            Err(error) => return Err(OutputError::new(COPYING, &part.to, error)),
        }
    }
    for part in parts {
        match part.state()? {
            State::Missing | State::Copied | State::Arrived => {}
            State::Occupied => return Ok(Some(part.to.clone())),
            State::ToCopy | State::NoFile => {
                let changed = io::Error::other("it changed while it was copied");
                return Err(OutputError::new(COPYING, &part.to, changed));
            }
        }
    }
    sync_parent(&parts[0].to)?;
    Ok(None)
}

/// Removes the old files, the record last.
fn remove_old(parts: &[Part]) -> Result<(), OutputError> {
    for part in parts.iter().rev() {
        match fs::remove_file(&part.from) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(OutputError::new("removing", &part.from, error)),
        }
    }
    // The old folder may be gone with its files.
    match parts[0].from.parent() {
        Some(folder) if folder.exists() => sync_folder(folder),
        _ => Ok(()),
    }
}

fn sync_parent(path: &Path) -> Result<(), OutputError> {
    path.parent().map_or(Ok(()), sync_folder)
}
