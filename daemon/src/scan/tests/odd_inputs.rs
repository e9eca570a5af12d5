//! Files that are odd but right, or right enough: they are read.

use super::sample::{Sample, file, gzip};
use crate::scan::{Note, Source, Volume};
use medicosam_shared::geometry::{Axis, Dims};
use medicosam_shared::window::{Range, Window};

fn good() -> Sample {
    Sample::int16([6, 5, 4], |i, j, k| (i + 10 * j + 100 * k) as i16)
}

fn read(name: &str, bytes: &[u8]) -> Volume {
    let folder = tempfile::tempdir().unwrap();
    let loaded = Volume::read(&Source::file(file(folder.path(), name, bytes))).unwrap();
    assert_eq!(loaded.sha256, super::real::hex(bytes), "hash of {name}");
    loaded.volume
}

/// Checks that the voxels are those of [`good`].
fn is_good(volume: &Volume) {
    assert_eq!(volume.info().dims, Dims([6, 5, 4]));
    for k in 0..4 {
        let expected: Vec<f32> = (0..30)
            .map(|n| (n % 6 + 10 * (n / 6) + 100 * k) as f32)
            .collect();
        assert_eq!(volume.slice(Axis::K, k).unwrap(), expected);
    }
}

#[test]
fn compression_is_known_by_the_contents_not_by_the_name() {
    is_good(&read("scan.nii.gz", &good().bytes()));
    is_good(&read("scan.nii", &good().gzip()));
    is_good(&read("scan", &good().gzip()));
}

#[test]
fn several_gzip_members_are_one_stream() {
    let bytes = good().bytes();
    for cuts in [
        vec![352],
        vec![100, 352, 401],
        (1..bytes.len()).step_by(7).collect(),
    ] {
        let mut parts = Vec::new();
        let mut from = 0;
        for to in cuts.into_iter().chain([bytes.len()]) {
            parts.extend(gzip(&bytes[from..to]));
            from = to;
        }
        // An empty member, with which bgzip ends its files.
        parts.extend(gzip(b""));
        let volume = read("scan.nii.gz", &parts);
        is_good(&volume);
        assert_eq!(volume.notes(), []);
    }
}

#[test]
fn what_follows_the_voxels_is_left_out_but_hashed() {
    let mut plain = good().bytes();
    plain.extend([7; 1000]);
    let volume = read("scan.nii", &plain);
    is_good(&volume);
    assert_eq!(volume.notes(), [Note::Surplus]);
    let volume = read("scan.nii.gz", &gzip(&plain));
    is_good(&volume);
    assert_eq!(volume.notes(), [Note::Surplus]);
    // Padding after the gzip stream, which is no part of it.
    for garbage in [
        &[0; 512][..],
        b"\x1f",
        b"not gzip",
        b"\x1f\x8b but not gzip either",
    ] {
        is_good(&read("scan.nii.gz", &[&good().gzip(), garbage].concat()));
    }
}

#[test]
fn extensions_are_skipped_whatever_they_claim_to_be() {
    for size in [16i32, 0, -1, 24, i32::MAX] {
        let mut sample = good();
        let mut extension = vec![1, 0, 0, 0];
        extension.extend(size.to_le_bytes());
        extension.extend(6i32.to_le_bytes());
        extension.resize(4 + 12_000, 0xaa);
        sample.vox_offset = 348.0 + extension.len() as f32;
        sample.extensions = extension;
        is_good(&read("scan.nii", &sample.bytes()));
        is_good(&read("scan.nii.gz", &sample.gzip()));
    }
}

#[test]
fn a_series_of_one_volume_is_a_volume() {
    for dim in [
        [4, 6, 5, 4, 1, 1, 1, 1],
        [7, 6, 5, 4, 1, 1, 1, 1],
        // Beyond the number of dimensions anything may stand.
        [3, 6, 5, 4, 0, -7, 500, 0],
    ] {
        let mut sample = good();
        sample.dim = dim;
        is_good(&read("scan.nii", &sample.bytes()));
    }
}

#[test]
fn fewer_than_three_dimensions() {
    for (dim, dims) in [
        ([1, 120, 0, 0, 0, 0, 0, 0], [120, 1, 1]),
        ([2, 12, 10, 0, 0, 0, 0, 0], [12, 10, 1]),
        ([3, 12, 10, 1, 0, 0, 0, 0], [12, 10, 1]),
        ([3, 1, 120, 1, 0, 0, 0, 0], [1, 120, 1]),
    ] {
        let mut sample = good();
        sample.dim = dim;
        let volume = read("scan.nii", &sample.bytes());
        assert_eq!(volume.info().dims, Dims(dims));
        assert_eq!(volume.slice(Axis::K, 0).unwrap().len(), 120);
    }
    let one = read("one.nii", &Sample::int16([1, 1, 1], |_, _, _| -5).bytes());
    for axis in Axis::ALL {
        assert_eq!(one.slice(axis, 0), Some(vec![-5.0]));
        assert_eq!(one.slice(axis, 1), None);
    }
}

#[test]
fn scaling_that_is_no_scaling() {
    for (slope, intercept) in [
        (0.0, 5.0),
        (f32::NAN, 5.0),
        (f32::INFINITY, 5.0),
        (f32::NAN, f32::NAN),
        (1.0, 0.0),
    ] {
        let mut sample = good();
        (sample.slope, sample.intercept) = (slope, intercept);
        let volume = read("scan.nii", &sample.bytes());
        is_good(&volume);
        assert_eq!(volume.notes(), []);
    }
    let mut sample = good();
    (sample.slope, sample.intercept) = (2.0, f32::NAN);
    let volume = read("scan.nii", &sample.bytes());
    assert_eq!(volume.slice(Axis::K, 0).unwrap()[1], 2.0);
    assert_eq!(volume.notes(), [Note::InterceptUnusable]);
}

#[test]
fn values_that_are_no_numbers_stay_what_they_are() {
    let window = Window::Percentile {
        low: 0.5,
        high: 99.5,
    };
    let float = |values: &[f32]| {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        read(
            "scan.nii",
            &Sample::of([values.len() as i16, 1, 1], 16, 32, bytes).bytes(),
        )
    };
    let nan = float(&[f32::NAN; 8]);
    assert!(nan.slice(Axis::K, 0).unwrap().iter().all(|v| v.is_nan()));
    assert_eq!(
        nan.range(window),
        Range::Fixed {
            low: 0.0,
            high: 1.0
        }
    );
    // Infinities count for nothing, the smallest finite value is the background.
    let mixed = float(&[f32::NEG_INFINITY, -3.0, f32::NAN, 1.0, f32::INFINITY, 2.0]);
    assert_eq!(mixed.slice(Axis::K, 0).unwrap()[4], f32::INFINITY);
    assert_eq!(
        mixed.range(Window::Percentile {
            low: 0.0,
            high: 100.0
        }),
        Range::Fixed {
            low: 1.0,
            high: 2.0
        }
    );
    // One value only: it is black.
    let constant = float(&[7.0; 8]);
    let range = constant.range(window);
    assert_eq!(
        range,
        Range::Fixed {
            low: 7.0,
            high: 8.0
        }
    );
    assert_eq!(range.apply(&constant.slice(Axis::K, 0).unwrap()), [0; 8]);
    // Background and one value: black and white.
    let binary = float(&[0.0, 0.0, 5.0, 5.0]);
    let range = binary.range(window);
    assert_eq!(
        range.apply(&binary.slice(Axis::K, 0).unwrap()),
        [0, 0, 255, 255]
    );
}

#[test]
fn scaling_beyond_all_numbers_gives_a_range_that_can_be_used() {
    let values = [0.0f64, 1e300, -1e300, 1e308, 5.0, 6.0];
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut sample = Sample::of([6, 1, 1], 64, 64, bytes);
    for slope in [1.0, 1e38, -1e38] {
        sample.slope = slope;
        let volume = read("scan.nii", &sample.bytes());
        let range = volume.range(Window::Percentile {
            low: 0.5,
            high: 99.5,
        });
        let Range::Fixed { low, high } = range else {
            panic!("percentiles are a fixed range");
        };
        assert!(low < high && (high - low).is_finite(), "{low} {high}");
        let grey = range.apply(&volume.slice(Axis::K, 0).unwrap());
        assert_eq!(grey.iter().max(), Some(&255));
    }
}
