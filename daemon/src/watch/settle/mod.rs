//! When a scan is finished.
//!
//! No time stamp of a file proves it: copiers restore old ones, servers have other clocks. What
//! counts is that we looked twice, `stable_for` apart by a clock that nobody sets, and found the
//! same size, times and inode. A file that is written to in between starts again.
//!
//! A scan may have several files. They settle together: nothing of them may have changed for
//! `stable_for`, and all that their format needs must be there. If something is missing for long,
//! the rest is reported all the same, so that somebody hears of it. A deleted scan is one without
//! files, and settles like any other: a file that is replaced is missing for a moment.

mod state;

use super::names::Part;
use crate::scan::Fingerprint;
use state::{Files, LEAST_PATIENCE, Settling, Told, holds, in_order};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What came out of a second look at a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing has happened to it since it was reported.
    Known,
    /// Not finished as far as can be told; look again then.
    Wait(Instant),
    /// Finished. Reported once for each state.
    Settled(Whole),
    /// All of its files are gone.
    Gone,
}

/// A scan that is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its files, in the order of their format, each as it was found.
    pub files: Vec<(PathBuf, Fingerprint)>,
    /// Files that its format needs, and that have not come for long.
    pub missing: Vec<PathBuf>,
}

/// Watches scans become finished.
#[derive(Debug)]
pub struct Settler {
    told: HashMap<PathBuf, Told>,
    settling: HashMap<PathBuf, Settling>,
    least_patience: Duration,
}

impl Default for Settler {
    fn default() -> Self {
        Settler {
            told: HashMap::new(),
            settling: HashMap::new(),
            least_patience: LEAST_PATIENCE,
        }
    }
}

impl Settler {
    /// A settler that knows the scans of earlier runs: the place of each, and its files as they
    /// were. A scan without files is to be read again.
    pub fn knowing(scans: impl IntoIterator<Item = (PathBuf, Files)>) -> Self {
        let told = scans.into_iter().map(|(place, mut files)| {
            files.sort_by(|a, b| a.0.cmp(&b.0));
            let told = if files.is_empty() {
                Told::Stale
            } else {
                Told::Files(files)
            };
            (place, told)
        });
        Settler {
            told: told.collect(),
            ..Settler::default()
        }
    }

    /// Notes how a file of a scan looks now.
    pub fn see(
        &mut self,
        part: &Part,
        file: &Path,
        fingerprint: Fingerprint,
        stable_for: Duration,
        now: Instant,
    ) {
        if let Some(settling) = self.settling.get_mut(&part.place) {
            settling.needed.clone_from(&part.needed);
            if settling.take(file, Some(fingerprint)) {
                settling.due = now + settling.patience(self.least_patience);
                self.drop_if_known(&part.place);
            }
            return;
        }
        let mut files = match self.told.get(&part.place) {
            Some(Told::Files(files)) if holds(files, file, fingerprint) => return,
            Some(Told::Files(files)) => files.clone(),
            Some(Told::Stale) | None => Files::new(),
        };
        files.retain(|(known, _)| known != file);
        let mut settling = Settling {
            needed: part.needed.clone(),
            files,
            stable_for,
            due: now,
        };
        settling.take(file, Some(fingerprint));
        settling.due = now + settling.patience(self.least_patience);
        self.settling.insert(part.place.clone(), settling);
    }

    /// Notes that a file of a scan is missing now.
    pub fn miss(&mut self, part: &Part, file: &Path, stable_for: Duration, now: Instant) {
        if !self.settling.contains_key(&part.place) {
            let files = match self.told.get(&part.place) {
                Some(Told::Files(files)) if files.iter().any(|(known, _)| known == file) => {
                    files.clone()
                }
                Some(Told::Stale) => Files::new(),
                Some(Told::Files(_)) | None => return,
            };
            let settling = Settling {
                needed: part.needed.clone(),
                files,
                stable_for,
                due: now + stable_for,
            };
            self.settling.insert(part.place.clone(), settling);
        }
        let Some(settling) = self.settling.get_mut(&part.place) else {
            return;
        };
        if settling.take(file, None) {
            settling.due = now + settling.patience(self.least_patience);
        }
        if settling.files.is_empty() && !self.told.contains_key(&part.place) {
            self.settling.remove(&part.place);
        }
    }

    /// The files to look at before [`Settler::conclude`].
    pub fn files_of(&self, place: &Path) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        if let Some(settling) = self.settling.get(place) {
            files.extend(settling.needed.iter().cloned());
            files.extend(settling.files.iter().map(|(file, _)| file.clone()));
        }
        if let Some(Told::Files(told)) = self.told.get(place) {
            files.extend(told.iter().map(|(file, _)| file.clone()));
        }
        if files.is_empty() {
            files.push(place.to_owned());
        }
        files.sort();
        files.dedup();
        files
    }

    /// The second look at a scan: all of its files as they are now.
    pub fn conclude(
        &mut self,
        place: &Path,
        looks: &[(PathBuf, Option<Fingerprint>)],
        now: Instant,
    ) -> Conclusion {
        let Some(settling) = self.settling.get_mut(place) else {
            return Conclusion::Known;
        };
        let mut has_changed = false;
        for (file, fingerprint) in looks {
            has_changed |= settling.take(file, *fingerprint);
        }
        if has_changed {
            settling.due = now + settling.patience(self.least_patience);
        }
        let due = settling.due;
        if self.drop_if_known(place) {
            return Conclusion::Known;
        }
        // The due time itself counts, so that with `stable_for = 0` two looks are enough.
        if has_changed || now < due {
            return Conclusion::Wait(due);
        }
        let Some(settling) = self.settling.remove(place) else {
            return Conclusion::Known;
        };
        if settling.files.is_empty() {
            return match self.told.remove(place) {
                Some(_) => Conclusion::Gone,
                None => Conclusion::Known,
            };
        }
        let whole = Whole {
            files: in_order(&settling),
            missing: settling.missing(),
        };
        self.told
            .insert(place.to_owned(), Told::Files(settling.files));
        Conclusion::Settled(whole)
    }

    /// Lets a scan settle again, whatever its state: it changed while it was read, or could not be
    /// read.
    pub fn again(&mut self, part: &Part, stable_for: Duration, now: Instant) {
        let Some(told) = self.told.get_mut(&part.place) else {
            return;
        };
        let files = match std::mem::replace(told, Told::Stale) {
            Told::Files(files) => files,
            Told::Stale => Files::new(),
        };
        let settling = self.settling.entry(part.place.clone());
        settling.or_insert(Settling {
            needed: part.needed.clone(),
            files,
            stable_for,
            due: now + stable_for,
        });
    }

    /// Stops waiting for scans that are away, without forgetting what was reported of them: they
    /// are seen again when they are back.
    pub fn suspend(&mut self, is_away: impl Fn(&Path) -> bool) {
        self.settling.retain(|place, _| !is_away(place));
    }

    /// Scans that are not finished, with the time to look at them again.
    pub fn settling(&self) -> impl Iterator<Item = (&Path, Instant)> {
        self.settling
            .iter()
            .map(|(place, settling)| (place.as_path(), settling.due))
    }

    /// Places of the scans below a folder that were reported.
    pub fn told_below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
        let places = self.told.keys().map(PathBuf::as_path);
        places.filter(move |place| place.starts_with(folder))
    }

    /// Number of scans that are known.
    pub fn count(&self) -> usize {
        self.told.len().max(self.settling.len())
    }

    /// Whether anything is known of the scan at this place.
    pub fn is_known(&self, place: &Path) -> bool {
        self.told.contains_key(place) || self.settling.contains_key(place)
    }

    /// A scan that is again as it was reported has nothing to settle.
    fn drop_if_known(&mut self, place: &Path) -> bool {
        let is_known = match (self.told.get(place), self.settling.get(place)) {
            (Some(Told::Files(told)), Some(settling)) => {
                let same = |file: &(PathBuf, Fingerprint)| holds(told, &file.0, file.1);
                told.len() == settling.files.len() && settling.files.iter().all(same)
            }
            _ => false,
        };
        if is_known {
            self.settling.remove(place);
        }
        is_known
    }
}

#[cfg(test)]
mod tests;
