//! Scans in memory, for the next slice that somebody asks for.

use super::error::ApiError;
use crate::registry::ScanOfCase;
use crate::scan::Volume;
use medicosam_shared::case::CaseId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The scans that were looked at last, up to a number of bytes. The very last one stays whatever
/// its size, or each of its slices would cost a reading of the whole file.
pub struct ScanShelf {
    limit: u64,
    /// What was looked at last is first, what is only read ahead is last.
    places: Mutex<VecDeque<(CaseId, Place)>>,
}

/// The scan, once it is read. Locked while it is read, so that ten slices asked for at once cost one
/// reading, and slices of other scans do not wait for it.
type Place = Arc<Mutex<Option<Arc<Volume>>>>;

impl ScanShelf {
    /// An empty shelf for `limit` bytes of voxels.
    pub fn new(limit: u64) -> Self {
        ScanShelf {
            limit,
            places: Mutex::default(),
        }
    }

    /// The scan of a case, from memory or from its file, which must still have the content that the
    /// case stands for.
    pub fn get(&self, wanted: &ScanOfCase) -> Result<Arc<Volume>, ApiError> {
        let place = {
            let mut places = lock(&self.places);
            let known = places.iter().position(|(id, _)| *id == wanted.case);
            let place = known.and_then(|at| places.remove(at));
            let (id, place) = place.unwrap_or_else(|| (wanted.case.clone(), Place::default()));
            places.push_front((id, Arc::clone(&place)));
            place
        };
        let volume = read_into(&place, wanted)?;
        self.clear_away();
        Ok(volume)
    }

    /// Reads a scan that somebody may look at soon. It pushes nothing out that was looked at: where
    /// there is no room for it, it goes.
    pub fn read_ahead(&self, wanted: &ScanOfCase) -> Result<(), ApiError> {
        let place = {
            let mut places = lock(&self.places);
            if places.iter().any(|(id, _)| *id == wanted.case) {
                return Ok(());
            }
            let place = Place::default();
            places.push_back((wanted.case.clone(), Arc::clone(&place)));
            place
        };
        read_into(&place, wanted)?;
        self.clear_away();
        Ok(())
    }

    /// Lets go of what there is no room for, and of what could not be read.
    fn clear_away(&self) {
        let mut places = lock(&self.places);
        // One that is being read has no size yet, and its reader clears away afterwards.
        let size = |place: &Place| match place.try_lock() {
            Ok(volume) => volume.as_ref().map(|volume| volume.bytes()),
            Err(_) => Some(0),
        };
        let mut sizes = Vec::new();
        places.retain(|(_, place)| {
            let size = size(place);
            sizes.extend(size);
            size.is_some()
        });
        let fitting = fitting(sizes.into_iter(), self.limit);
        places.truncate(fitting);
    }
}

/// The scan at a place, which is read if it is not there.
fn read_into(place: &Place, wanted: &ScanOfCase) -> Result<Arc<Volume>, ApiError> {
    let mut place = lock(place);
    if let Some(volume) = &*place {
        return Ok(Arc::clone(volume));
    }
    let loaded = Volume::read(&wanted.source)?;
    if loaded.sha256 != wanted.sha256 {
        return Err(ApiError::not_found(
            "scan-replaced",
            format!(
                "{} has other content than when it was segmented",
                wanted.source
            ),
            "The new content has a case of its own: `medicosam list`.",
        ));
    }
    Ok(Arc::clone(place.insert(Arc::new(loaded.volume))))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many of these sizes, from the first on, fit into `limit` together; the first always does.
fn fitting(sizes: impl Iterator<Item = u64>, limit: u64) -> usize {
    let mut left = limit;
    sizes
        .enumerate()
        .take_while(|&(at, size)| match left.checked_sub(size) {
            Some(rest) => {
                left = rest;
                true
            }
            None => {
                left = 0;
                at == 0
            }
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{self, Source};
    use std::path::{Path, PathBuf};

    fn sample() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/mr_brain.nii.gz")
    }

    fn scan_of(case: &str, path: &Path, sha256: &str) -> ScanOfCase {
        ScanOfCase {
            case: CaseId(case.to_owned()),
            source: Source::file(path),
            sha256: sha256.to_owned(),
            profile: "p".to_owned(),
            revision: None,
        }
    }

    #[test]
    fn as_many_fit_as_the_limit_allows_but_always_one() {
        let fitting = |sizes: &[u64], limit| fitting(sizes.iter().copied(), limit);
        assert_eq!(fitting(&[], 10), 0);
        assert_eq!(fitting(&[4, 4, 4], 10), 2);
        assert_eq!(fitting(&[4, 6, 0], 10), 3);
        assert_eq!(fitting(&[40, 0, 1], 10), 2);
        assert_eq!(fitting(&[40, 1], 10), 1);
        assert_eq!(fitting(&[1, 40, 1], 10), 1);
    }

    #[test]
    fn scans_stay_in_memory_until_the_limit_pushes_out_what_was_looked_at_longest_ago() {
        let folder = tempfile::tempdir().unwrap();
        let sample = sample();
        let loaded = Volume::read(&Source::file(&sample)).unwrap();
        let shelf = ScanShelf::new(loaded.volume.bytes() * 2);
        let path = |name: &str| folder.path().join(name).with_extension("nii.gz");
        let wanted = |name: &str| scan_of(name, &path(name), &loaded.sha256);
        let get = |name: &str| shelf.get(&wanted(name)).is_ok();
        let read_ahead = |name: &str| shelf.read_ahead(&wanted(name)).is_ok();
        for name in ["a", "b", "c", "d"] {
            std::fs::copy(&sample, path(name)).unwrap();
        }
        assert!(get("a") && get("b") && get("a") && get("c"));
        assert!(read_ahead("d"), "and is let go of: there is no room");
        // What is still there needs no file.
        for name in ["a", "b", "c", "d"] {
            std::fs::remove_file(path(name)).unwrap();
        }
        assert!(get("a") && get("c"));
        assert!(!get("b") && !get("d"));
        assert!(
            get("a") && get("c"),
            "what could not be read pushes nothing out"
        );
    }

    #[test]
    fn what_was_read_ahead_is_there_when_it_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.nii.gz");
        std::fs::copy(sample(), &path).unwrap();
        let (sha256, _) = scan::hash(&Source::file(&path)).unwrap();
        let shelf = ScanShelf::new(1 << 30);
        let wanted = scan_of("next", &path, &sha256);
        shelf.read_ahead(&wanted).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(shelf.get(&wanted).is_ok());
    }
}
