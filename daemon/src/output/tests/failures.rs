//! What cannot be written is said, and leaves what was there as it was.

use super::*;
use crate::case::FaultClass;
use crate::output::write;
use medicosam_shared::mask::{ObjectMask, Rle};
use std::collections::BTreeMap;
use std::fs;

#[test]
fn missing_folders_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    let deep = folder.path().join("x/y/z");
    let files = write(&deep, "a", &scan, &masks, &provenance(scan.info())).unwrap();
    assert_eq!(Path::new(&files.label_map), deep.join("a_dseg.nii.gz"));
    assert_eq!(names(&deep), ["a_dseg.json", "a_dseg.nii.gz", "a_dseg.tsv"]);
}

#[test]
fn masks_of_another_volume_are_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&plain());
    let other = masks(Dims([5, 4, 4]), 1, 0, |_, _| true);
    let error = write(
        &folder.path().join("out"),
        "a",
        &scan,
        &other,
        &provenance(scan.info()),
    )
    .unwrap_err();
    assert_eq!(error.code(), "output-other-dims");
    assert_eq!(error.class(), FaultClass::BadInput);
    assert!(error.to_string().contains("5×4×4"), "{error}");

    let mut damaged = masks(scan.info().dims, 1, 0, |_, _| true);
    damaged.objects.push(ObjectMask {
        label: label(2),
        name: String::new(),
        slices: BTreeMap::from([(1, Rle(vec![0, 21]))]),
    });
    let error = write(
        &folder.path().join("out"),
        "a",
        &scan,
        &damaged,
        &provenance(scan.info()),
    )
    .unwrap_err();
    assert_eq!(error.code(), "output-bad-mask");
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn our_results_are_replaced_and_those_of_others_never() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&plain());
    let record = provenance(scan.info());
    let first = masks(scan.info().dims, 1, 0, |_, _| true);
    let second = masks(scan.info().dims, 2, 1, |_, _| true);
    let files = write(folder.path(), "a", &scan, &first, &record).unwrap();
    let before = fs::read(&files.label_map).unwrap();
    write(folder.path(), "a", &scan, &second, &record).unwrap();
    assert_ne!(fs::read(&files.label_map).unwrap(), before);

    // The expert's own label map, with and without a record of another program.
    for others in [
        vec![("b_dseg.nii.gz", "expert")],
        vec![("b_dseg.tsv", "index\tname\n")],
        vec![
            ("b_dseg.json", r#"{"GeneratedBy": [{"Name": "other"}]}"#),
            ("b_dseg.nii.gz", "expert"),
        ],
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &others {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let error = write(folder.path(), "b", &scan, &first, &record).unwrap_err();
        assert_eq!(error.code(), "output-not-ours");
        assert_eq!(error.class(), FaultClass::BadInput);
        assert_eq!(names(folder.path()).len(), others.len());
        for (name, text) in &others {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), *text);
        }
    }
}

#[test]
fn what_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    let record = provenance(scan.info());

    // A file where a folder should be.
    let blocked = folder.path().join("file");
    fs::write(&blocked, "x").unwrap();
    let error = write(&blocked.join("out"), "a", &scan, &masks, &record).unwrap_err();
    assert_eq!(error.code(), "output-in-the-way");
    assert_eq!(error.class(), FaultClass::Environment);
    assert!(
        error.to_string().starts_with("making the folder "),
        "{error}"
    );

    // A folder where the label map should be.
    let out = folder.path().join("out");
    let files = write(&out, "a", &scan, &masks, &record).unwrap();
    fs::remove_file(&files.label_map).unwrap();
    fs::create_dir(&files.label_map).unwrap();
    let error = write(&out, "a", &scan, &masks, &record).unwrap_err();
    assert_eq!(error.code(), "output-in-the-way");
    assert_eq!(names(&out), ["a_dseg.json", "a_dseg.nii.gz", "a_dseg.tsv"]);
}

#[test]
fn a_folder_without_permission_is_the_environments_fault() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        eprintln!("skipped: this user (root?) may write everywhere");
        return;
    }
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    let error = write(folder.path(), "a", &scan, &masks, &provenance(scan.info())).unwrap_err();
    assert_eq!(error.code(), "output-permission");
    assert_eq!(error.class(), FaultClass::Environment);
}
