//! Scans in memory, for the next slice that somebody asks for.

use super::error::ApiError;
use crate::scan::Volume;
use medicosam_shared::case::CaseId;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The scans that were looked at last, up to a number of bytes. The very last one stays whatever
/// its size, or each of its slices would cost a reading of the whole file.
pub struct ScanShelf {
    limit: u64,
    /// What was looked at last is first.
    scans: Mutex<VecDeque<(CaseId, Arc<Volume>)>>,
}

impl ScanShelf {
    /// An empty shelf for `limit` bytes of voxels.
    pub fn new(limit: u64) -> Self {
        ScanShelf {
            limit,
            scans: Mutex::default(),
        }
    }

    /// The scan of a case, from memory or from its file; the file must still have the content that
    /// the case stands for.
    pub fn get(&self, case: &CaseId, path: PathBuf, sha256: &str) -> Result<Arc<Volume>, ApiError> {
        // Held while reading, so that ten slices asked for at once cost one reading.
        let mut scans = self.lock();
        if let Some(at) = scans.iter().position(|(id, _)| id == case)
            && let Some(found) = scans.remove(at)
        {
            let volume = Arc::clone(&found.1);
            scans.push_front(found);
            return Ok(volume);
        }
        let loaded = Volume::read(&path)?;
        if loaded.sha256 != sha256 {
            return Err(ApiError::not_found(
                "scan-replaced",
                format!(
                    "{} has other content than when it was segmented",
                    path.display()
                ),
                "The new content has a case of its own: `medicosam list`.",
            ));
        }
        let volume = Arc::new(loaded.volume);
        scans.push_front((case.clone(), Arc::clone(&volume)));
        let fitting = fitting(scans.iter().map(|(_, v)| v.bytes()), self.limit);
        scans.truncate(fitting);
        Ok(volume)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(CaseId, Arc<Volume>)>> {
        self.scans.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    use sha2::{Digest, Sha256};
    use std::path::Path;

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
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/mr_brain.nii.gz");
        let bytes = std::fs::read(&sample).unwrap();
        let digest = Sha256::digest(&bytes);
        let sha256: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        let size = Volume::read(&sample).unwrap().volume.bytes();
        let shelf = ScanShelf::new(size * 2);
        let path = |name: &str| folder.path().join(name).with_extension("nii.gz");
        let get = |name: &str| shelf.get(&CaseId(name.to_owned()), path(name), &sha256);
        for name in ["a", "b", "c"] {
            std::fs::copy(&sample, path(name)).unwrap();
        }
        get("a").unwrap();
        get("b").unwrap();
        get("a").unwrap();
        get("c").unwrap();
        // What is still there needs no file.
        for name in ["a", "b", "c"] {
            std::fs::remove_file(path(name)).unwrap();
        }
        assert!(get("a").is_ok() && get("c").is_ok());
        assert!(get("b").is_err());
    }
}
