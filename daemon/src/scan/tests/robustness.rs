//! Random damage: never a panic, and never memory that only the header asked for.
//!
//! The tests run in a process of their own under a limit on its memory. A reader that reserved
//! what a damaged header says would fail there with `scan-out-of-memory`.

use super::sample::{Sample, file, gzip};
use crate::scan::{Header, Source, Volume};
use medicosam_shared::geometry::Axis;
use medicosam_shared::window::Window;
use proptest::prelude::*;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::process::Command;

/// Enough for the test program itself; far below what damaged headers ask for.
const MEMORY: u64 = 1 << 30;

/// Set for the process under the limit.
const LIMITED: &str = "MEDICOSAM_TEST_LIMITED_MEMORY";

#[test]
fn damaged_files_are_errors_and_reserve_nothing() {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args([
            "scan::tests::robustness::limited_",
            "--ignored",
            "--nocapture",
        ])
        .args(["--test-threads", "1"])
        .env(LIMITED, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success(),
        "{output}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(output.contains("3 passed"), "{output}");
}

/// Sets the limit; false if this is not the process for it.
fn limit() -> bool {
    if std::env::var_os(LIMITED).is_none() {
        return false;
    }
    let limit = Rlimit {
        current: Some(MEMORY),
        maximum: None,
    };
    setrlimit(Resource::As, limit).unwrap();
    true
}

/// Reads the bytes, and if that works everything of the volume.
fn read(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "scan.nii", bytes);
    let header = Header::read(&Source::file(&path));
    match Volume::read(&Source::file(&path)) {
        Ok(loaded) => {
            let (header, volume) = (header.unwrap(), loaded.volume.info());
            let seen = header.info();
            // Notes may be more: what follows the voxels is only seen by reading them.
            assert_eq!((seen.dims, seen.affine), (volume.dims, volume.affine));
            assert!(volume.notes.starts_with(&seen.notes));
            for axis in Axis::ALL {
                let last = loaded.volume.info().dims.along(axis) - 1;
                let slice = loaded.volume.slice(axis, last).unwrap();
                let range = loaded.volume.range(Window::Percentile {
                    low: 1.0,
                    high: 99.0,
                });
                assert_eq!(range.apply(&slice).len(), slice.len());
            }
            assert!(loaded.volume.info().affine.is_usable());
        }
        Err(error) => assert_ne!(error.code(), "scan-out-of-memory", "{error}"),
    }
}

fn sample(code: i16) -> Sample {
    let bits = match code {
        2 => 8,
        4 => 16,
        16 => 32,
        _ => 64,
    };
    let voxels = (0..60 * bits / 8).map(|n| (n * 37) as u8).collect();
    let mut sample = Sample::of([5, 4, 3], code, bits, voxels);
    sample.qform_code = 1;
    sample
}

fn codes() -> impl Strategy<Value = i16> {
    prop::sample::select(vec![2i16, 4, 16, 64, 1024])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn limited_changed_bytes(
        code in codes(),
        changes in prop::collection::vec((0usize..352, any::<u8>()), 1..12),
        compressed in any::<bool>(),
    ) {
        if !limit() {
            return Ok(());
        }
        let mut bytes = sample(code).bytes();
        for (at, value) in changes {
            bytes[at] = value;
        }
        read(&if compressed { gzip(&bytes) } else { bytes });
    }

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn limited_changed_dimensions(
        code in codes(),
        dim in prop::array::uniform8(prop_oneof![Just(1i16), 1..40i16, 1000..2049i16, any::<i16>()]),
        rank in 1..8i16,
        big_endian in any::<bool>(),
        compressed in any::<bool>(),
    ) {
        if !limit() {
            return Ok(());
        }
        let mut sample = sample(code);
        sample.big_endian = big_endian;
        sample.dim = dim;
        sample.dim[0] = rank;
        read(&if compressed { sample.gzip() } else { sample.bytes() });
    }

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn limited_cut_and_damaged_gzip(
        code in codes(),
        cut in 0usize..700,
        changes in prop::collection::vec((0usize..700, any::<u8>()), 0..4),
    ) {
        if !limit() {
            return Ok(());
        }
        for mut bytes in [sample(code).gzip(), sample(code).bytes()] {
            for &(at, value) in &changes {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            bytes.truncate(cut);
            read(&bytes);
        }
    }
}
