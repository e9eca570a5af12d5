//! Pairs of header and image: NIfTI-1 and Analyze 7.5.

use super::sample::{Sample, file, gzip};
use crate::scan::{Header, Note, Role, Source, Volume, hash, role};
use medicosam_shared::geometry::{Axis, Dims};
use std::path::{Path, PathBuf};

/// 3×2×2 voxels, each its place.
fn sample() -> Sample {
    let mut sample = Sample::int16([3, 2, 2], |i, j, k| (i + 3 * j + 6 * k) as i16);
    sample.magic = *b"ni1\0";
    sample.vox_offset = 0.0;
    sample
}

/// Writes both files; the path of the header.
fn pair(folder: &Path, sample: &Sample, [header, image]: [&str; 2]) -> PathBuf {
    let packed = |name: &str, bytes: &[u8]| match name.ends_with(".gz") {
        true => gzip(bytes),
        false => bytes.to_vec(),
    };
    file(folder, image, &packed(image, &sample.voxels));
    let bytes = &sample.bytes()[..348];
    file(folder, header, &packed(header, bytes))
}

#[test]
fn a_pair_is_read_by_the_name_of_either_file() {
    for names in [
        ["a.hdr", "a.img"],
        ["a.HDR", "a.IMG"],
        ["a.hdr.gz", "a.img.gz"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let header = pair(folder.path(), &sample(), names);
        let source = Source::find(&header).unwrap();
        assert_eq!(source, Source::find(&folder.path().join(names[1])).unwrap());
        assert_eq!((source.place(), &*source.stem()), (&*header, "a"));
        let loaded = Volume::read(&source).unwrap();
        assert_eq!(loaded.volume.info().dims, Dims([3, 2, 2]));
        let slice = loaded.volume.slice(Axis::K, 1).unwrap();
        assert_eq!(slice, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(loaded.volume.notes(), []);
        let (sha256, stamp) = hash(&source).unwrap();
        assert_eq!(sha256, loaded.sha256);
        assert_eq!(stamp, source.stamp().unwrap());
        let alone = Header::read(&source).unwrap();
        assert_eq!(alone.info(), loaded.volume.info());
    }
}

#[test]
fn the_content_of_a_pair_is_that_of_both_files_and_not_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let hash_of = |sample: &Sample, names| {
        let source = Source::find(&pair(folder.path(), sample, names)).unwrap();
        hash(&source).unwrap().0
    };
    let a = hash_of(&sample(), ["a.hdr", "a.img"]);
    assert_eq!(a, hash_of(&sample(), ["b.hdr", "b.img"]));
    let mut other = sample();
    other.voxels[0] = 9;
    assert_ne!(a, hash_of(&other, ["c.hdr", "c.img"]));
    other = sample();
    other.pixdim[1] = 2.0;
    assert_ne!(a, hash_of(&other, ["d.hdr", "d.img"]));
}

#[test]
fn a_lone_half_is_refused_with_the_name_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let header = pair(folder.path(), &sample(), ["a.hdr", "a.img"]);
    std::fs::remove_file(folder.path().join("a.img")).unwrap();
    for error in [
        Source::find(&header).unwrap_err(),
        Volume::read(&Source::file(&header)).unwrap_err(),
        Header::read(&Source::file(&header)).unwrap_err(),
    ] {
        assert_eq!(error.code(), "scan-incomplete");
        assert!(error.to_string().ends_with("its image, a.img"), "{error}");
    }
    let image = file(folder.path(), "b.img.gz", &gzip(&sample().voxels));
    let error = Source::find(&image).unwrap_err();
    assert!(
        error.to_string().ends_with("its header, b.hdr.gz"),
        "{error}"
    );
    let error = Source::find(&folder.path().join("none.hdr")).unwrap_err();
    assert_eq!(error.code(), "scan-not-found");
}

#[test]
fn an_analyze_pair_is_read_without_orientation() {
    let mut analyze = sample();
    analyze.magic = [0; 4];
    analyze.slope = 2.0;
    // What stands in the place of an orientation is something else.
    (analyze.qform_code, analyze.sform_code) = (3, 3);
    analyze.intercept = 5.0;
    analyze.pixdim = [0.0, 0.5, 0.75, 3.0, 0.0, 0.0, 0.0, 0.0];
    for big_endian in [false, true] {
        analyze.big_endian = big_endian;
        if big_endian {
            analyze.voxels.chunks_exact_mut(2).for_each(<[u8]>::reverse);
        }
        let folder = tempfile::tempdir().unwrap();
        let header = pair(folder.path(), &analyze, ["a.hdr", "a.img"]);
        let volume = Volume::read(&Source::find(&header).unwrap())
            .unwrap()
            .volume;
        assert_eq!(volume.notes(), [Note::Analyze]);
        assert_eq!(volume.info().affine.spacing(), [0.5, 0.75, 3.0]);
        let slice = volume.slice(Axis::K, 0).unwrap();
        assert_eq!(slice, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    }
}

#[test]
fn voxels_may_begin_anywhere_in_the_image_and_in_several_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let mut series = sample();
    series.dim = [4, 3, 2, 1, 2, 1, 1, 1];
    series.vox_offset = 7.0;
    series.voxels = [vec![255; 7], series.voxels].concat();
    let header = pair(folder.path(), &series, ["a.hdr", "a.img"]);
    let source = Source::find(&header).unwrap();
    let error = Volume::read(&source).unwrap_err();
    assert_eq!(error.code(), "scan-many-volumes");
    let loaded = Volume::read(&source.frame(1)).unwrap();
    let slice = loaded.volume.slice(Axis::K, 0).unwrap();
    assert_eq!(slice, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
    assert_eq!(source.frame(1).stem(), "a_frame-0001");
}

#[test]
fn what_is_wrong_with_a_pair_is_told_of_the_file_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |sample: &Sample, code: &str, name: &str| {
        let header = pair(folder.path(), sample, ["a.hdr", "a.img"]);
        let error = Volume::read(&Source::find(&header).unwrap()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.path.ends_with(name), "{error}");
    };
    let mut cut = sample();
    cut.voxels.pop();
    refused(&cut, "scan-truncated", "a.img");
    let mut whole = sample();
    whole.magic = *b"n+1\0";
    refused(&whole, "scan-not-a-pair", "a.hdr");
    let mut negative = sample();
    negative.vox_offset = -1.0;
    refused(&negative, "scan-bad-offset", "a.hdr");
    let mut other = sample();
    other.sizeof_hdr = 7;
    refused(&other, "scan-not-nifti", "a.hdr");
}

#[test]
fn which_files_belong_together_is_known_by_their_names() {
    let member = |name: &str| match role(Path::new(name)) {
        Some(Role::Member(group)) => group,
        other => panic!("{name}: {other:?}"),
    };
    for (name, files) in [
        ("/in/a.hdr", ["/in/a.hdr", "/in/a.img"]),
        ("/in/a.img", ["/in/a.hdr", "/in/a.img"]),
        ("/in/a.img.gz", ["/in/a.hdr.gz", "/in/a.img.gz"]),
        ("/in/A.b.HDR", ["/in/A.b.HDR", "/in/A.b.IMG"]),
    ] {
        let group = member(name);
        assert_eq!(group.place, Path::new(files[0]));
        assert_eq!(group.files, files.map(PathBuf::from));
        assert_eq!(Source::from(group.clone()).members(), group.files);
    }
    assert_eq!(role(Path::new("/in/a.nii")), Some(Role::Scan));
    assert_eq!(role(Path::new("/in/a.JPG")), Some(Role::Picture));
    assert_eq!(role(Path::new("/in/a.txt")), None);
}
