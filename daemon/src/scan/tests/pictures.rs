//! Pictures as scans.

use super::sample::file;
use crate::scan::{Geometry, Header, LabelMap, Source, Volume};
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::geometry::{Axis, Dims};
use std::io::Cursor;

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(name: &str, bytes: &[u8]) -> Volume {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), name, bytes);
    let header = Header::read(&Source::file(&path)).unwrap();
    let loaded = Volume::read(&Source::file(&path)).unwrap();
    let seen = loaded.volume.info();
    assert_eq!(header.info().dims, seen.dims);
    assert_eq!(header.info().voxel_type, seen.voxel_type);
    assert!(matches!(header.geometry(), Geometry::Picture));
    assert_eq!(loaded.sha256.len(), 64);
    loaded.volume
}

#[test]
fn grey_pictures_are_volumes_of_one_slice_that_is_shown_as_it_is() {
    let grey = GrayImage::from_fn(5, 3, |x, y| Luma([(10 * x + y) as u8]));
    let grey16: ImageBuffer<Luma<u16>, Vec<u16>> =
        ImageBuffer::from_fn(5, 3, |x, y| Luma([(1000 * x + y) as u16]));
    for (name, picture, format, step) in [
        (
            "a.png",
            DynamicImage::ImageLuma8(grey.clone()),
            ImageFormat::Png,
            10.0,
        ),
        (
            "a.tif",
            DynamicImage::ImageLuma8(grey),
            ImageFormat::Tiff,
            10.0,
        ),
        (
            "a.TIFF",
            DynamicImage::ImageLuma16(grey16.clone()),
            ImageFormat::Tiff,
            1000.0,
        ),
        (
            "a.png",
            DynamicImage::ImageLuma16(grey16),
            ImageFormat::Png,
            1000.0,
        ),
    ] {
        let volume = read(name, &encoded(&picture, format));
        let info = volume.info();
        assert_eq!(info.dims, Dims([5, 3, 1]));
        let slice = volume.slice(Axis::K, 0).unwrap();
        assert_eq!(
            &slice[5..10],
            [0, 1, 2, 3, 4].map(|x| step * x as f32 + 1.0)
        );
        assert_eq!(volume.colours(Axis::K, 0), None);
        let shown = Orientation::of_slice(&info.affine, Axis::K);
        assert!(
            !shown.transpose && !shown.flip_x && !shown.flip_y,
            "{shown:?}"
        );
    }
}

#[test]
fn the_model_sees_the_colours_and_the_screen_their_brightness() {
    let picture = RgbImage::from_fn(4, 2, |x, _| Rgb([(60 * x) as u8, 0, 200]));
    let volume = read("skin.png", &encoded(&picture.into(), ImageFormat::Png));
    let [red, green, blue] = volume.colours(Axis::K, 0).unwrap();
    assert_eq!(red[..4], [0.0, 60.0, 120.0, 180.0]);
    assert!(green.iter().all(|&v| v == 0.0) && blue.iter().all(|&v| v == 200.0));
    assert_eq!(volume.colours(Axis::J, 0), None);
    let grey = volume.slice(Axis::K, 0).unwrap();
    assert!(grey[0] < grey[3]);
    assert!(volume.info().notes[0].contains("colours"));
    assert_eq!(volume.bytes(), 8 + 24);
    // An X-ray that was saved with three equal colours is grey.
    let grey = RgbImage::from_fn(16, 16, |x, _| Rgb([(x * 9) as u8; 3]));
    let volume = read("thorax.jpg", &encoded(&grey.into(), ImageFormat::Jpeg));
    assert_eq!(volume.colours(Axis::K, 0), None);
}

#[test]
fn a_picture_can_be_a_label_map() {
    let folder = tempfile::tempdir().unwrap();
    let labels = GrayImage::from_fn(4, 2, |x, _| Luma([x as u8]));
    let path = file(
        folder.path(),
        "l.png",
        &encoded(&labels.into(), ImageFormat::Png),
    );
    let map = LabelMap::read(&path).unwrap();
    assert_eq!(map.voxels, [0, 1, 2, 3, 0, 1, 2, 3]);
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: &[u8]| {
        let path = file(folder.path(), name, bytes);
        let error = Volume::read(&Source::file(&path)).unwrap_err();
        (error.code(), error.to_string())
    };
    let grey = GrayImage::new(64, 64).into();
    let png = encoded(&grey, ImageFormat::Png);
    assert_eq!(
        refused("cut.png", &png[..png.len() / 2]).0,
        "scan-damaged-picture"
    );
    assert_eq!(refused("not.nii", &png).0, "scan-not-nifti");
    assert_eq!(refused("text.png", b"hello").0, "scan-not-nifti");

    // Two directories, the second linked from the first.
    let mut tiff = encoded(&grey, ImageFormat::Tiff);
    let first = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes([tiff[first], tiff[first + 1]]));
    let link = first + 2 + 12 * entries;
    let copy = tiff[first..link + 4].to_vec();
    let second = tiff.len() as u32;
    tiff[link..link + 4].copy_from_slice(&second.to_le_bytes());
    tiff.extend(copy);
    let (code, text) = refused("stack.tif", &tiff);
    assert_eq!(code, "scan-many-pages");
    assert!(text.contains("2 pictures"), "{text}");
}
