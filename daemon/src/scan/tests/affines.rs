//! The affine: sform, qform, voxel sizes, and headers in which one of them is nonsense.

use super::sample::{Sample, file};
use crate::scan::{Header, Note, Source};
use medicosam_shared::geometry::Affine;

fn header(sample: &Sample) -> Header {
    let folder = tempfile::tempdir().unwrap();
    Header::read(&Source::file(file(
        folder.path(),
        "scan.nii",
        &sample.bytes(),
    )))
    .unwrap()
}

/// A file with both forms: the sform of spacing 2, the qform of spacing 3.
fn both() -> Sample {
    Sample {
        pixdim: [1.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0],
        qform_code: 1,
        quatern: [0.0, 0.0, 0.0, 7.0, 8.0, 9.0],
        srow: [
            [2.0, 0.0, 0.0, 1.0],
            [0.0, 2.0, 0.0, 2.0],
            [0.0, 0.0, 2.0, 3.0],
        ],
        ..Sample::int16([4, 3, 2], |_, _, _| 0)
    }
}

const QFORM_OF_BOTH: Affine = Affine([
    [3.0, 0.0, 0.0, 7.0],
    [0.0, 3.0, 0.0, 8.0],
    [0.0, 0.0, 3.0, 9.0],
]);

#[track_caller]
fn assert_close(found: &Affine, expected: [[f64; 4]; 3]) {
    for (a, b) in found.0.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() < 1e-5, "{found:?} instead of {expected:?}");
    }
}

#[test]
fn the_sform_comes_before_the_qform_and_that_before_the_voxel_sizes() {
    let mut sample = both();
    assert_eq!(header(&sample).info().affine.spacing(), [2.0; 3]);
    sample.sform_code = 0;
    assert_eq!(header(&sample).info().affine, QFORM_OF_BOTH);
    assert_eq!(header(&sample).notes(), []);
    sample.qform_code = 0;
    let neither = header(&sample);
    assert_eq!(neither.info().affine, Affine::from_spacing([3.0; 3]));
    assert_eq!(neither.notes(), [Note::NoOrientation]);
}

#[test]
fn an_sform_that_cannot_be_used_is_passed_over() {
    for (row, column, value) in [
        (0, 0, f32::NAN),
        (1, 3, f32::INFINITY),
        (2, 2, 0.0),
        (2, 2, 1e30),
        (0, 3, -1e20),
    ] {
        let mut sample = both();
        sample.srow[row][column] = value;
        let header = header(&sample);
        assert_eq!(header.info().affine, QFORM_OF_BOTH, "{value}");
        assert_eq!(header.notes(), [Note::SformUnusable]);
    }
    let mut sample = both();
    sample.srow = [[0.0; 4]; 3];
    sample.quatern[4] = f32::NAN;
    let header = header(&sample);
    assert_eq!(header.info().affine, Affine::from_spacing([3.0; 3]));
    assert_eq!(
        header.notes(),
        [
            Note::SformUnusable,
            Note::QformUnusable,
            Note::NoOrientation
        ]
    );
}

#[test]
fn mirrored_and_sheared_sforms_are_right() {
    let mut sample = both();
    sample.srow = [
        [-2.0, 0.5, 0.0, 1.0],
        [0.0, 2.0, 0.0, 2.0],
        [0.0, 0.0, 2.0, 3.0],
    ];
    let header = header(&sample);
    assert!(header.info().affine.determinant() < 0.0);
    assert_eq!(header.notes(), []);
}

/// Expected values: nibabel's `get_qform`.
#[test]
fn quaternions_are_rotations() {
    let mut sample = Sample {
        sform_code: 0,
        pixdim: [-1.0, 0.7, 0.8, 3.0, 0.0, 0.0, 0.0, 0.0],
        quatern: [0.1, -0.2, 0.3, -90.5, 126.0, -72.25],
        ..both()
    };
    assert_close(
        &header(&sample).info().affine,
        [
            [0.518, -0.477_133_7, 0.932_834_2, -90.5],
            [0.361_492, 0.64, 0.916_417_1, 126.0],
            [0.301_661_3, 0.052_377_9, -2.7, -72.25],
        ],
    );
    // pixdim[0] of 0 counts as 1.
    sample.pixdim[0] = 0.0;
    let affine = header(&sample).info().affine;
    assert!(affine.determinant() > 0.0);
    assert!((affine.0[2][2] - 2.7).abs() < 1e-5);

    // A half turn, whose scalar part is 0 but for rounding.
    sample.quatern[..3].copy_from_slice(&[0.0, 1.000_000_1, 0.0]);
    sample.pixdim[0] = 1.0;
    let half_turn = header(&sample);
    assert_close(
        &half_turn.info().affine,
        [
            [-0.7, 0.0, 0.0, -90.5],
            [0.0, 0.8, 0.0, 126.0],
            [0.0, 0.0, -3.0, -72.25],
        ],
    );
    assert_eq!(half_turn.notes(), []);
}

#[test]
fn quaternions_that_are_too_long_are_shortened() {
    let mut sample = both();
    sample.sform_code = 0;
    sample.quatern[..3].copy_from_slice(&[0.0, 0.0, 2.0]);
    let header = header(&sample);
    assert_close(
        &header.info().affine,
        [
            [-3.0, 0.0, 0.0, 7.0],
            [0.0, -3.0, 0.0, 8.0],
            [0.0, 0.0, 3.0, 9.0],
        ],
    );
    assert_eq!(header.notes(), [Note::QuaternionTooLong]);
}

#[test]
fn voxel_sizes_that_are_none_become_1() {
    for nonsense in [0.0, f32::NAN, f32::INFINITY, 1e30] {
        let mut sample = both();
        sample.sform_code = 0;
        sample.pixdim[2] = nonsense;
        let header = header(&sample);
        assert_eq!(header.info().affine.spacing(), [3.0, 1.0, 3.0]);
        assert_eq!(header.notes(), [Note::SpacingUnusable]);
    }
    let mut sample = both();
    sample.sform_code = 0;
    sample.pixdim[1] = -3.0;
    assert_eq!(header(&sample).info().affine, QFORM_OF_BOTH);
    assert_eq!(header(&sample).notes(), []);
    // A single slice often has no thickness.
    sample.dim = [3, 4, 3, 1, 1, 1, 1, 1];
    sample.pixdim[3] = 0.0;
    assert_eq!(header(&sample).info().affine.spacing(), [3.0, 3.0, 1.0]);
    assert_eq!(header(&sample).notes(), []);
}

#[test]
fn lengths_are_in_millimetres_whatever_the_files_unit() {
    for (units, factor) in [(0, 1.0), (2, 1.0), (10, 1.0), (1, 1000.0), (3, 0.001)] {
        let mut sample = both();
        sample.units = units;
        let affine = header(&sample).info().affine;
        assert_close(
            &affine,
            [
                [2.0 * factor, 0.0, 0.0, factor],
                [0.0, 2.0 * factor, 0.0, 2.0 * factor],
                [0.0, 0.0, 2.0 * factor, 3.0 * factor],
            ],
        );
    }
}
