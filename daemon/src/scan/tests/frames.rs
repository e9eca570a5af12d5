//! Volumes of a file with several.

use super::sample::{Sample, file, gzip};
use crate::scan::{Header, Source, Volume};
use medicosam_shared::geometry::{Axis, Dims};

/// 3 × 2 × 2 voxels at 4 times; a voxel is 100 · time + its place.
fn series() -> Sample {
    let voxels = (0..4i16).flat_map(|time| (0..12).map(move |at| 100 * time + at));
    let mut sample = Sample::of(
        [3, 2, 2],
        4,
        16,
        voxels.flat_map(i16::to_le_bytes).collect(),
    );
    sample.dim = [4, 3, 2, 2, 4, 1, 1, 1];
    sample
}

#[test]
fn each_volume_is_a_scan_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = series().bytes();
    for (name, bytes) in [("bold.nii", bytes.clone()), ("bold.nii.gz", gzip(&bytes))] {
        let path = file(folder.path(), name, &bytes);
        assert_eq!(
            Header::read(&Source::file(&path)).unwrap_err().code(),
            "scan-many-volumes"
        );
        let first = Header::read_first(&Source::file(&path)).unwrap();
        assert_eq!((first.volumes(), first.info().dims), (4, Dims([3, 2, 2])));
        let mut hashes = std::collections::BTreeSet::new();
        for time in 0..4u64 {
            let loaded = Volume::read(&Source::file(&path).frame(time)).unwrap();
            let slice = loaded.volume.slice(Axis::K, 1).unwrap();
            let start = 100.0 * time as f32 + 6.0;
            let expected: Vec<f32> = (0..6u8).map(|at| start + f32::from(at)).collect();
            assert_eq!(slice, expected, "{name}, volume {time}");
            assert!(loaded.volume.notes().is_empty());
            hashes.insert(loaded.sha256);
        }
        assert_eq!(hashes.len(), 4);
        let error = Volume::read(&Source::file(&path).frame(4)).unwrap_err();
        assert_eq!(error.code(), "scan-no-such-volume");
        assert!(error.to_string().contains("4 volumes"), "{error}");
    }
}

#[test]
fn a_series_that_is_cut_off_is_no_scan_whichever_volume_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = series().bytes();
    let cut = &bytes[..bytes.len() - 5];
    for (name, bytes) in [("a.nii", cut.to_vec()), ("a.nii.gz", gzip(cut))] {
        let path = file(folder.path(), name, &bytes);
        for time in [0, 3] {
            let error = Volume::read(&Source::file(&path).frame(time)).unwrap_err();
            assert_eq!(error.code(), "scan-truncated", "{name}, volume {time}");
        }
    }
}
