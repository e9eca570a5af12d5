//! Values: every type in either byte order, slices along every axis, percentiles.

use super::sample::{Sample, file, gzip, positions};
use crate::scan::{Source, Volume};
use medicosam_shared::geometry::Axis;
use medicosam_shared::window::{Range, Window};
use proptest::prelude::*;

fn read(sample: &Sample) -> Volume {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "scan.nii", &sample.bytes());
    Volume::read(&Source::file(&path)).unwrap().volume
}

macro_rules! check_type {
    ($type:ty, $code:expr, $name:expr, $values:expr) => {
        for big_endian in [false, true] {
            for (slope, intercept) in [(0.0f32, 0.0f32), (1.0, 0.0), (0.1, -1024.0), (-2.5, 3.0)] {
                let values: [$type; 6] = $values;
                let bytes = values.iter().flat_map(|v| {
                    if big_endian {
                        v.to_be_bytes()
                    } else {
                        v.to_le_bytes()
                    }
                });
                let bits = 8 * size_of::<$type>() as i16;
                let mut sample = Sample::of([3, 2, 1], $code, bits, bytes.collect());
                sample.big_endian = big_endian;
                (sample.slope, sample.intercept) = (slope, intercept);
                let volume = read(&sample);
                assert_eq!(volume.info().voxel_type, $name);
                let expected: Vec<f32> = values
                    .iter()
                    .map(|&v| match slope {
                        0.0 => v as f64 as f32,
                        _ => (f64::from(slope) * v as f64 + f64::from(intercept)) as f32,
                    })
                    .collect();
                let found = volume.slice(Axis::K, 0).unwrap();
                assert_eq!(
                    found, expected,
                    "{} big endian: {big_endian}, slope {slope}",
                    $name
                );
            }
        }
    };
}

#[test]
fn every_type_in_either_byte_order_with_and_without_scaling() {
    check_type!(u8, 2, "uint8", [0, 1, 127, 128, 254, 255]);
    check_type!(i8, 256, "int8", [0, 1, -1, 127, -128, 5]);
    check_type!(u16, 512, "uint16", [0, 1, 258, 32768, 65534, 65535]);
    check_type!(i16, 4, "int16", [0, 1, -1, 258, i16::MIN, i16::MAX]);
    check_type!(
        u32,
        768,
        "uint32",
        [0, 1, 16909060, 1 << 24, 1 << 31, u32::MAX]
    );
    check_type!(
        i32,
        8,
        "int32",
        [0, -1, 16909060, 1 << 24, i32::MIN, i32::MAX]
    );
    check_type!(
        u64,
        1280,
        "uint64",
        [0, 1, 1 << 33, 1 << 53, 1 << 63, u64::MAX]
    );
    check_type!(
        i64,
        1024,
        "int64",
        [0, -1, 1 << 33, 1 << 53, i64::MIN, i64::MAX]
    );
    check_type!(
        f32,
        16,
        "float32",
        [0.0, -0.5, 1e-40, 3.25, f32::MAX, f32::INFINITY]
    );
    check_type!(
        f64,
        64,
        "float64",
        [0.0, -0.5, 1e-300, 3.25, 1e300, f64::NEG_INFINITY]
    );
}

#[test]
fn slices_along_every_axis_hold_the_right_voxels() {
    let dims = [7, 5, 3];
    let sample = Sample::int16(dims, |i, j, k| (i + 10 * j + 100 * k) as i16);
    for bytes in [sample.bytes(), sample.gzip(), gzip(&sample.bytes())] {
        let folder = tempfile::tempdir().unwrap();
        let volume = Volume::read(&Source::file(file(folder.path(), "scan", &bytes)))
            .unwrap()
            .volume;
        for axis in Axis::ALL {
            let shape = volume.info().dims.slice_shape(axis);
            for index in 0..volume.info().dims.along(axis) {
                let slice = volume.slice(axis, index).unwrap();
                assert_eq!(slice.len(), shape.pixels());
                for y in 0..shape.height {
                    for x in 0..shape.width {
                        let [i, j, k] = axis.voxel(index, x, y);
                        let found = slice[(x + y * shape.width) as usize];
                        assert_eq!(found, (i + 10 * j + 100 * k) as f32);
                    }
                }
            }
            assert_eq!(volume.slice(axis, volume.info().dims.along(axis)), None);
        }
    }
}

#[test]
fn slices_are_in_file_order_however_the_scan_lies_in_space() {
    // Flipped, oblique and anisotropic: no business of the slices.
    let mut sample = Sample::int16([4, 3, 2], |i, j, k| (i + 10 * j + 100 * k) as i16);
    sample.srow = [
        [0.0, -0.5, 0.1, 4.0],
        [0.0, 0.2, 5.0, 5.0],
        [-0.7, 0.0, 0.0, 6.0],
    ];
    let volume = read(&sample);
    let world = volume.info().affine.to_world([1.0, 2.0, 1.0]);
    assert!((world[2] - 5.3).abs() < 1e-6, "{world:?}");
    assert_eq!(
        volume.slice(Axis::I, 1).unwrap(),
        [1.0, 11.0, 21.0, 101.0, 111.0, 121.0]
    );
    assert_eq!(
        volume.slice(Axis::J, 2).unwrap(),
        [20.0, 21.0, 22.0, 23.0, 120.0, 121.0, 122.0, 123.0]
    );
}

/// numpy's percentile with linear interpolation, by sorting.
fn percentile_by_sorting(sorted: &[f64], percent: f64) -> f64 {
    let place = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let t = place - below as f64;
    sorted[below] + (sorted[above] - sorted[below]) * t
}

fn check_percentiles(sample: &Sample, low: f64, high: f64) {
    let volume = read(sample);
    let mut values: Vec<f64> = (0..volume.info().dims.along(Axis::K))
        .flat_map(|k| volume.slice(Axis::K, k).unwrap())
        .map(f64::from)
        .collect();
    values.sort_by(f64::total_cmp);
    let smallest = values[0];
    let above: Vec<f64> = values.into_iter().filter(|&v| v > smallest).collect();
    let Range::Fixed { low: a, high: b } = volume.range(Window::Percentile { low, high }) else {
        panic!("percentiles are a fixed range");
    };
    assert!(a < b);
    if above.is_empty() {
        return;
    }
    let [expected_a, expected_b] = [low, high].map(|p| percentile_by_sorting(&above, p));
    // Slices are f32, and what lies between two of their values carries the rounding of both.
    let largest = above.iter().fold(1.0f64, |largest, v| largest.max(v.abs()));
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-6 * largest;
    assert!(close(b, expected_b), "{b} instead of {expected_b}");
    if expected_a < expected_b {
        assert!(close(a, expected_a), "{a} instead of {expected_a}");
    } else {
        assert!(close(a, smallest), "{a} instead of {smallest}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn percentiles_are_those_of_a_sorted_copy(
        values in prop::collection::vec(-300i32..300, 1..200),
        code in prop::sample::select(vec![2i16, 256, 512, 4, 768, 8, 1280, 1024, 16, 64]),
        negative in any::<bool>(),
        low in 0.0..50.0f64,
        high in 50.1..100.0f64,
    ) {
        let bytes: Vec<u8> = values.iter().flat_map(|&v| match code {
            2 => vec![v as u8],
            256 => vec![v as i8 as u8],
            512 => (v as u16).to_le_bytes().to_vec(),
            4 => (v as i16).to_le_bytes().to_vec(),
            768 => (v.unsigned_abs() * 7_000_001).to_le_bytes().to_vec(),
            8 => (v * 7_000_001).to_le_bytes().to_vec(),
            1280 => (u64::from(v.unsigned_abs()) << 20).to_le_bytes().to_vec(),
            1024 => (i64::from(v) << 20).to_le_bytes().to_vec(),
            16 => (v as f32 / 7.0).to_le_bytes().to_vec(),
            _ => (f64::from(v as f32 / 7.0)).to_le_bytes().to_vec(),
        }).collect();
        let bits = (bytes.len() / values.len() * 8) as i16;
        let mut sample = Sample::of([values.len() as i16, 1, 1], code, bits, bytes);
        if negative {
            (sample.slope, sample.intercept) = (-0.5, 10.0);
        }
        check_percentiles(&sample, low, high);
    }
}

#[test]
fn positions_are_in_file_order() {
    let all: Vec<_> = positions([2, 2, 1]).collect();
    assert_eq!(all, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]);
}
