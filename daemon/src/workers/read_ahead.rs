//! The next scan is read while the current one is embedded.

use crate::registry::ScanOfCase;
use crate::scan::{Header, Source, Stamp};
use crate::stages::LoadedScan;
use medicosam_shared::window::Window;
use std::thread::JoinHandle;

/// Reads one scan ahead on a thread of its own.
///
/// It only looks at the queue: another worker may claim that scan, or nobody. The scan is used only
/// if it is asked for, and if its file has not changed since.
#[derive(Default)]
pub struct ReadAhead {
    pending: Option<Pending>,
}

/// A scan that is being read.
struct Pending {
    source: Source,
    sha256: String,
    window: Window,
    reading: JoinHandle<Option<(LoadedScan, Stamp)>>,
}

impl ReadAhead {
    /// Whether nothing has been read or is being read.
    pub fn is_idle(&self) -> bool {
        self.pending.is_none()
    }

    /// Starts to read a scan, if its voxels have at most `max_bytes`.
    pub fn start(&mut self, scan: ScanOfCase, window: Window, max_bytes: u64) {
        let ScanOfCase { source, sha256, .. } = scan;
        let read = {
            let (source, sha256) = (source.clone(), sha256.clone());
            move || {
                let before = source.stamp().ok()?;
                // A fault shows again when the scan is read for its case.
                let header = Header::read(&source).ok()?;
                if header.voxel_bytes() > max_bytes {
                    return None;
                }
                let scan = LoadedScan::read(&source, &sha256, window).ok()?;
                Some((scan, before))
            }
        };
        let thread = std::thread::Builder::new().name("read ahead".to_owned());
        // Without a thread the scan is read when its case is claimed.
        self.pending = thread.spawn(read).ok().map(|reading| Pending {
            source,
            sha256,
            window,
            reading,
        });
    }

    /// The scan, if it was read ahead; waits if it is still being read. Another scan that was read
    /// ahead is forgotten, since another worker must have claimed it.
    pub fn take(&mut self, source: &Source, sha256: &str, window: Window) -> Option<LoadedScan> {
        let pending = self.pending.take()?;
        if (&pending.source, pending.sha256.as_str()) != (source, sha256)
            || pending.window != window
        {
            return None;
        }
        let (scan, before) = pending.reading.join().ok().flatten()?;
        (source.stamp().ok()? == before).then_some(scan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::case::CaseId;
    use sha2::{Digest, Sha256};
    use std::path::Path;

    struct Sample {
        _folder: tempfile::TempDir,
        scan: ScanOfCase,
    }

    fn sample() -> Sample {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mr.nii.gz");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/mr_brain.nii.gz");
        std::fs::copy(source, &path).unwrap();
        let digest = Sha256::digest(std::fs::read(&path).unwrap());
        let scan = ScanOfCase {
            case: CaseId("a".to_owned()),
            sha256: digest.iter().map(|b| format!("{b:02x}")).collect(),
            source: Source::file(&path),
            profile: "p".to_owned(),
            revision: None,
        };
        Sample {
            _folder: folder,
            scan,
        }
    }

    const WINDOW: Window = Window::Percentile {
        low: 0.5,
        high: 99.5,
    };

    #[test]
    fn a_scan_that_was_read_ahead_is_the_same_as_one_read_now() {
        let Sample { _folder, scan } = sample();
        let mut ahead = ReadAhead::default();
        assert!(ahead.is_idle());
        ahead.start(scan.clone(), WINDOW, u64::MAX);
        assert!(!ahead.is_idle());
        let read = ahead.take(&scan.source, &scan.sha256, WINDOW).unwrap();
        let expected = LoadedScan::read(&scan.source, &scan.sha256, WINDOW)
            .ok()
            .unwrap();
        assert_eq!(read.range, expected.range);
        assert_eq!(read.volume.info(), expected.volume.info());
        assert!(ahead.is_idle());
    }

    #[test]
    fn another_a_large_or_a_changed_scan_is_not_given_out() {
        let Sample { _folder, scan } = sample();
        let mut ahead = ReadAhead::default();
        let sha256 = scan.sha256.as_str();
        let mut take = |max, source: &Source, sha256: &str, window| {
            ahead.start(scan.clone(), WINDOW, max);
            ahead.take(source, sha256, window).is_some()
        };
        let other = Source::file("/other.nii.gz");
        assert!(!take(u64::MAX, &other, sha256, WINDOW));
        assert!(!take(u64::MAX, &scan.source, "other", WINDOW));
        assert!(!take(u64::MAX, &scan.source, sha256, Window::MinMax));
        assert!(!take(1000, &scan.source, sha256, WINDOW));
        assert!(take(u64::MAX, &scan.source, sha256, WINDOW));

        ahead.start(scan.clone(), WINDOW, u64::MAX);
        while ahead
            .pending
            .as_ref()
            .is_some_and(|p| !p.reading.is_finished())
        {
            std::thread::yield_now();
        }
        std::fs::write(scan.source.place(), "something else").unwrap();
        assert!(ahead.take(&scan.source, sha256, WINDOW).is_none());
    }
}
