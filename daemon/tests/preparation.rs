//! Slices on their way into a model, to the bit as upstream prepares them: pictures resized by
//! Pillow and by scikit-image, and grey values made by micro_sam.
//!
//! What those give for slices of the sample scans is kept as SHA-256 of the bytes; their versions
//! stand beside it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::SliceImage;
use medicosam_daemon::model::image::{resize_cubic, resize_pillow};
use medicosam_daemon::scan::{Source, Volume};
use medicosam_shared::geometry::{Axis, SliceShape};
use medicosam_shared::window::Range;
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};
use support::Fixture;

const CT: &str = "litemedsam_ct_lung_10";
const MR: &str = "litemedsam_mr_brain_14";

/// The upper left part of a slice of the sample scans.
fn crop(name: &str, (width, height): (u32, u32)) -> SliceImage {
    let fixture = Fixture::read(name);
    let tensors = SafeTensors::deserialize(&fixture.0).unwrap();
    let slice = tensors.tensor("slice_u8").unwrap();
    let rows = slice.data().chunks_exact(slice.shape()[1]);
    let pixels = rows
        .take(height as usize)
        .flat_map(|row| &row[..width as usize]);
    SliceImage::new(SliceShape { width, height }, pixels.copied().collect()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

type Size = (u32, u32);

fn shape((width, height): Size) -> SliceShape {
    SliceShape { width, height }
}

/// `Image.fromarray(rgb).resize(size, Image.BILINEAR)` of Pillow 13.0.
#[test]
fn bilinear_pictures_are_those_of_pillow() {
    let cases: [(&str, Size, Size, &str); 7] = [
        (
            CT,
            (512, 512),
            (1024, 1024),
            "430233fd012a616ed167ac6c9a808b3b4d078ffc250e04b7fc58692c1e749afb",
        ),
        (
            CT,
            (512, 337),
            (1024, 674),
            "1fbceee0ee0b53b609d3c285a55437f266821959b66935febeda6513afc3d864",
        ),
        (
            MR,
            (256, 256),
            (1024, 1024),
            "5bb041f085dec4459ac371c004bed23aed726d127565cbdabc43f0ffdbf148af",
        ),
        (
            MR,
            (201, 256),
            (804, 1024),
            "1338128fff5122aa7507118712aff3462a57eaeae26d4dc9ccc7bbc702eac0f4",
        ),
        (
            CT,
            (512, 500),
            (256, 250),
            "218aa3908740bf3864c61a4c353f95966edfef6b0b284c8c17e282d89dd793d5",
        ),
        (
            CT,
            (512, 100),
            (300, 150),
            "967e30347a5970a82a46a39aac62f6c9313bb004dea281e18102a8202b8030d5",
        ),
        (
            MR,
            (251, 199),
            (97, 1024),
            "e98e2f50f0c09945f64ff4d38913f6e4213d49a64a792bbc0fb6d0cfcf30e558",
        ),
    ];
    for (name, from, to, expected) in cases {
        let resized = resize_pillow(&crop(name, from), shape(to));
        assert_eq!(
            sha256(resized.pixels()),
            expected,
            "{name} {from:?} → {to:?}"
        );
    }
}

/// `transform.resize(rgb, size, order=3, preserve_range=True, anti_aliasing=True)` of scikit-image
/// 0.26, cast to `uint8`.
#[test]
fn cubic_pictures_are_those_of_scikit_image() {
    let cases: [(&str, Size, Size, &str); 5] = [
        (
            CT,
            (512, 512),
            (1024, 1024),
            "bf871f18fe6439f19f7a7f821ae11d24c78b2d4eecae3cab255960f987a9b85e",
        ),
        (
            MR,
            (256, 256),
            (1024, 1024),
            "a8b7d8a8da00a7dc77fb1e85937f4898342854efc23c5888dd7e59fe7eda25a0",
        ),
        (
            MR,
            (201, 256),
            (1024, 1024),
            "f3a4e5f62d4cb24a5dcbeff2be066bd898fb1908c7a988ea3e9204a37ac0e5ed",
        ),
        (
            CT,
            (512, 500),
            (100, 100),
            "83b96e5e8d414e9eeace9e60b7d687e93c1c06b16ba918589ba378d074bc0604",
        ),
        (
            CT,
            (512, 100),
            (300, 300),
            "7d9840877dd5762532ffa1a26898a21d992d5881c5542306bbd23e4530fd39a5",
        ),
    ];
    for (name, from, to, expected) in cases {
        let resized = resize_cubic(&crop(name, from), shape(to));
        assert_eq!(
            sha256(resized.pixels()),
            expected,
            "{name} {from:?} → {to:?}"
        );
    }
}

/// `micro_sam.util._to_image` of micro_sam 1.8.10, first channel: of slice k = 10 of the CT as
/// integers, and of the same divided by 3000 in 32-bit floats, where upstream's small addend to the
/// range leaves no pixel at 255.
#[test]
fn grey_values_are_those_of_micro_sam() {
    let scan = support::fixtures().join("../ct_lung.nii.gz");
    let slice = Volume::read(&Source::file(&scan))
        .unwrap()
        .volume
        .slice(Axis::K, 10)
        .unwrap();
    let grey = Range::Slice.apply(&slice);
    assert_eq!(
        sha256(&grey),
        "c36483b2fd36c640f2b7c421d6932e87aaa370cdf91d8fcad3594ec490f8f5f7"
    );
    let small: Vec<f32> = slice.iter().map(|v| v / 3000.0).collect();
    let grey = Range::Slice.apply(&small);
    assert_eq!(grey.iter().max(), Some(&254));
    assert_eq!(
        sha256(&grey),
        "c313cd964935f6f0e230e84389d99005ca2d90478a2bb84e1ef45fc31c50682d"
    );
}
