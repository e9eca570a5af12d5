//! Results written and read back, with this reader and with that of the `nifti` crate.

use super::*;
use crate::output::{Recorded, Review, read_back, write, write_review};
use crate::scan::{Geometry, LabelMap, Source, Space, Volume};
use flate2::read::MultiGzDecoder;
use medicosam_shared::case::CaseState;
use medicosam_shared::provenance::OutputFiles;
use nifti::{NiftiObject, NiftiVolume, ReaderOptions};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;

/// A scan with patient data in its text, a flipped and sheared sform, an oblique qform with a
/// negative qfac, big-endian, of the given dims.
fn difficult(dims: [i16; 3]) -> Sample {
    Sample {
        big_endian: true,
        descrip: "DOE^JANE 1970-01-01",
        units: 10,
        pixdim: [-1.0, 0.7, 0.8, 3.0, 2.0, 0.0, 0.0, 0.0],
        qform_code: 1,
        sform_code: 4,
        quatern: [0.1, -0.2, 0.3, -90.5, 126.0, -72.25],
        srow: [
            [-0.7, 0.1, 0.0, 90.0],
            [0.0, 0.8, -0.4, -126.5],
            [0.05, 0.3, 2.9, -72.0],
        ],
        ..Sample::int16(dims, |_, _, _| 7)
    }
}

#[test]
fn what_was_written_is_read_back_by_both_readers() {
    for (sample, n) in [
        (plain(), 1),
        (plain(), 255),
        (plain(), 256),
        (plain(), 65535),
        (difficult([5, 4, 3]), 3),
        (difficult([1, 1, 1]), 300),
        // Several pieces of background before what there is, and a part of one behind it.
        (difficult([200, 150, 12]), 7),
        (difficult([200, 150, 12]), 300),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let scan = header_of(&sample);
        let dims = scan.info().dims;
        let masks = masks(dims, n, dims.0[2] * 3 / 4, |x, y| (x + y) % 2 == 0);
        let expected = masks.label_map().unwrap();
        let files = write(folder.path(), "a", &scan, &masks, &provenance(scan.info())).unwrap();

        let path = Path::new(&files.label_map);
        let map = LabelMap::read(path).unwrap();
        assert_eq!((map.info.dims, &map.voxels), (dims, &expected));
        let ours = Volume::read(&Source::file(path)).unwrap().volume;
        assert_eq!(ours.info().affine, scan.info().affine);
        assert_eq!(ours.notes(), []);
        let bits = if n > 255 { "uint16" } else { "uint8" };
        assert_eq!(ours.info().voxel_type, bits);

        let theirs = ReaderOptions::new().read_file(path).unwrap();
        let (a, b) = (theirs.header(), space(&scan));
        assert_eq!(a.dim().unwrap(), dims.0.map(|n| n as u16));
        assert_eq!((a.sform_code, a.qform_code), (b.sform_code, b.qform_code));
        assert_eq!([a.srow_x, a.srow_y, a.srow_z], b.matrix);
        assert_eq!([a.quatern_b, a.quatern_c, a.quatern_d], b.quaternion);
        assert_eq!([a.quatern_x, a.quatern_y, a.quatern_z], b.offset);
        assert_eq!(
            [a.quatern_b, a.quatern_x],
            [sample.quatern[0], sample.quatern[3]]
        );
        assert_eq!(a.pixdim[..4], b.pixdim);
        assert_eq!(a.pixdim[..4], sample.pixdim[..4]);
        assert_eq!(a.xyzt_units, b.units);
        assert_eq!((a.scl_slope, a.scl_inter), (1.0, 0.0));
        assert_eq!(a.intent().unwrap(), nifti::Intent::Label);
        assert_eq!(a.endianness, nifti::Endianness::Little);
        let volume = theirs.into_volume();
        assert_eq!(volume.dim(), dims.0.map(|n| n as u16));
        let raw = volume.into_raw_data();
        let voxels: Vec<u16> = if n > 255 {
            let pairs = raw.chunks_exact(2);
            pairs.map(|b| u16::from_le_bytes([b[0], b[1]])).collect()
        } else {
            raw.iter().map(|&b| u16::from(b)).collect()
        };
        assert_eq!(voxels, expected);
    }
}

fn space(header: &Header) -> &Space {
    match header.geometry() {
        Geometry::Space(space) => space,
        Geometry::Picture => panic!("a picture"),
    }
}

#[test]
fn a_qform_alone_is_kept() {
    let sample = Sample {
        sform_code: 0,
        srow: [[0.0; 4]; 3],
        ..difficult([3, 4, 5])
    };
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&sample);
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    let files = write(folder.path(), "a", &scan, &masks, &provenance(scan.info())).unwrap();
    let back = Header::read(&Source::file(Path::new(&files.label_map))).unwrap();
    assert_eq!(back.info().affine, scan.info().affine);
    assert_eq!((space(&back).sform_code, space(&back).qform_code), (0, 1));
    assert!(!affine_close(
        &back.info().affine,
        &Affine::from_spacing([0.7, 0.8, 3.0])
    ));
}

#[test]
fn no_text_of_the_scan_gets_into_the_label_map() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&difficult([3, 3, 3]));
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    let files = write(folder.path(), "a", &scan, &masks, &provenance(scan.info())).unwrap();
    let mut bytes = Vec::new();
    MultiGzDecoder::new(File::open(files.label_map).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    assert_eq!(bytes.len(), 352 + 27);
    assert!(!bytes.windows(3).any(|w| w == b"DOE"));
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&difficult([40, 30, 20]));
    let masks = masks(scan.info().dims, 9, 3, |x, y| x > y);
    let record = provenance(scan.info());
    let contents = |name: &str| {
        let files = write(&folder.path().join(name), "a", &scan, &masks, &record).unwrap();
        [files.label_map, files.provenance, files.label_table].map(|p| std::fs::read(p).unwrap())
    };
    assert_eq!(contents("first"), contents("second"));
}

#[test]
fn the_record_holds_the_provenance_and_the_keys_of_bids() {
    let folder = tempfile::tempdir().unwrap();
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 2, |x, y| x < 2 && y < 2);
    let record = provenance(scan.info());
    let files = write(folder.path(), "a", &scan, &masks, &record).unwrap();
    let text = std::fs::read_to_string(files.provenance).unwrap();
    assert_eq!(serde_json::from_str::<Provenance>(&text).unwrap(), record);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["Manual"], false);
    assert_eq!(json["SpatialReference"], "orig");
    assert_eq!(json["GeneratedBy"][0]["Name"], "medicosam");
}

#[test]
fn the_table_has_a_row_per_object() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Sample {
        srow: [
            [10.0, 0.0, 0.0, 0.0],
            [0.0, -5.0, 0.0, 0.0],
            [0.0, 0.0, 2.0, 0.0],
        ],
        ..plain()
    };
    let scan = header_of(&sample);
    let dims = scan.info().dims;
    let mut masks = masks(dims, 1, 2, |x, y| x < 2 && y < 2);
    let shape = dims.slice_shape(Axis::K);
    masks.set_runs(
        label(7),
        "left\tlobe\n",
        0,
        SliceMask::from_fn(shape, |x, _| x == 0).to_rle(),
    );
    let files = write(folder.path(), "a", &scan, &masks, &provenance(scan.info())).unwrap();
    assert_eq!(
        std::fs::read_to_string(files.label_table).unwrap(),
        "index\tname\tvoxels\tvolume_ml\tslices\tpredicted_iou\n\
         1\tthing\t4\t0.4000\t1\t0.8750\n\
         7\tleft lobe\t4\t0.4000\t1\tn/a\n"
    );
}

#[test]
fn the_label_map_of_a_picture_is_a_picture_of_the_same_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 5, 3);
    encoder.set_color(png::ColorType::Grayscale);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[7; 15])
        .unwrap();
    let scan = Header::read(&Source::file(file(folder.path(), "skin.png", &bytes))).unwrap();
    for (n, name) in [(3, "a"), (300, "b")] {
        let masks = masks(scan.info().dims, n, 0, |x, y| (x, y) == (2, 1));
        let files = write(folder.path(), name, &scan, &masks, &provenance(scan.info())).unwrap();
        assert!(files.label_map.ends_with(&format!("{name}_dseg.png")));
        let map = LabelMap::read(Path::new(&files.label_map)).unwrap();
        assert_eq!(
            (map.info.dims, map.voxels),
            (scan.info().dims, masks.label_map().unwrap())
        );
    }
}

#[test]
fn a_decision_finds_its_record_below_a_folder_whose_name_is_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(OsStr::from_bytes(b"m\xfcller"));
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 1, |_, _| true);
    let provenance = provenance(scan.info());
    let files = write(&odd, "a", &scan, &masks, &provenance).unwrap();
    // As the store keeps it.
    let kept = serde_json::to_string(&files).unwrap();
    let files: OutputFiles = serde_json::from_str(&kept).unwrap();
    let review = Review {
        state: CaseState::Approved,
        by: "ana".to_owned(),
        at: provenance.created,
        reason: None,
        revision: 1,
        label_map: None,
    };
    let decided = Some(&review);
    let recorded = write_review(&files, &provenance, decided).unwrap();
    assert_eq!(recorded, Recorded::Written);
    let result = read_back(&odd.join("a_dseg.json")).unwrap().unwrap();
    assert_eq!((result.review.as_ref(), &result.files), (decided, &files));
    let again = write_review(&files, &provenance, decided).unwrap();
    assert_eq!(again, Recorded::AsItIs);
    std::fs::remove_file(odd.join("a_dseg.json")).unwrap();
    let missing = write_review(&files, &provenance, decided).unwrap();
    assert_eq!(missing, Recorded::Missing);
}
