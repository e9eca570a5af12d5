//! The real scans; expected values from nibabel and numpy.

use super::sample::data;
use crate::scan::{LabelMap, Source, Volume, read_header};
use medicosam_shared::geometry::{Affine, Axis, Dims};
use medicosam_shared::window::Window;
use sha2::{Digest as _, Sha256};

pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[test]
fn the_ct_is_read_as_nibabel_reads_it() {
    let loaded = Volume::read(&Source::file(data("ct_lung.nii.gz"))).unwrap();
    assert_eq!(
        loaded.sha256,
        "55382e80f140ee86cf4f59b5020b1a850d18fb5dd49cf5013211cd534f592689"
    );
    let ct = loaded.volume;
    assert_eq!(
        ct.info(),
        &read_header(&Source::file(data("ct_lung.nii.gz"))).unwrap()
    );
    assert_eq!(ct.info().dims, Dims([512, 512, 21]));
    assert_eq!(ct.info().voxel_type, "int16");
    assert_eq!(
        ct.info().affine,
        Affine([
            [-0.626953125, 0.0, 0.0, 170.5],
            [0.0, -0.626953125, 0.0, 324.5],
            [0.0, 0.0, 5.0, -310.0],
        ])
    );
    assert_eq!(ct.notes(), []);
    for ((i, j, k), value) in [
        ((0, 0, 0), -996.0),
        ((10, 20, 3), -990.0),
        ((360, 360, 10), 40.0),
        ((511, 511, 20), -901.0),
    ] {
        let slice = ct.slice(Axis::K, k).unwrap();
        assert_eq!(slice[i + 512 * j], value);
    }
    assert_eq!(ct.slice(Axis::K, 21), None);
}

#[test]
fn windows_are_those_of_numpy() {
    let ct = Volume::read(&Source::file(data("ct_lung.nii.gz")))
        .unwrap()
        .volume;
    let percentile = |low, high| Window::Percentile { low, high };
    assert_eq!(
        serde_json::to_string(&ct.range(percentile(0.5, 99.5))).unwrap(),
        r#"{"fixed":{"low":-1014.0,"high":468.0}}"#
    );
    assert_eq!(
        serde_json::to_string(&ct.range(percentile(1.0, 50.0))).unwrap(),
        r#"{"fixed":{"low":-1010.0,"high":-118.0}}"#
    );
    let mr = Volume::read(&Source::file(data("mr_brain.nii.gz")))
        .unwrap()
        .volume;
    assert_eq!(
        serde_json::to_string(&mr.range(percentile(0.5, 99.5))).unwrap(),
        r#"{"fixed":{"low":5.0,"high":1794.0}}"#
    );
}

#[test]
fn windowed_slices_are_those_that_the_upstream_model_was_given() {
    let ct = Volume::read(&Source::file(data("ct_lung.nii.gz")))
        .unwrap()
        .volume;
    let range = ct.range(Window::Level {
        level: -600.0,
        width: 1500.0,
    });
    let grey = range.apply(&ct.slice(Axis::K, 10).unwrap());
    assert_eq!(
        hex(&grey),
        "e9d8914314b9f94b4b4e9a1e0e96eaf22e8a64410beb645af59c178140d84174"
    );
    let mr = Volume::read(&Source::file(data("mr_brain.nii.gz")))
        .unwrap()
        .volume;
    let range = mr.range(Window::Percentile {
        low: 0.5,
        high: 99.5,
    });
    let grey = range.apply(&mr.slice(Axis::K, 14).unwrap());
    assert_eq!(
        hex(&grey),
        "b8db434dd6330a1f6b0346717439957642263d24a00c74df4e1728ae2cfe75c2"
    );
}

#[test]
fn labels_are_read_and_images_are_not_taken_for_labels() {
    let map = LabelMap::read(&data("ct_lung_label.nii.gz")).unwrap();
    assert_eq!(map.info.dims, Dims([512, 512, 21]));
    let at = |i: usize, j: usize, k: usize| map.voxels[i + 512 * (j + 512 * k)];
    assert_eq!((at(360, 360, 10), at(0, 0, 0)), (1, 0));
    assert_eq!(map.voxels.iter().copied().max(), Some(1));

    let error = LabelMap::read(&data("ct_lung.nii.gz")).unwrap_err();
    assert_eq!(error.code(), "scan-not-a-label-map");
    assert!(error.to_string().contains("[0, 0, 0] is -996"), "{error}");
}
