//! Label maps read without a line of the product's code, so that a mistake in its writer cannot
//! hide behind the same mistake in its reader.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use std::io::Read;
use std::path::Path;

/// Size and voxels of a gzipped little-endian NIfTI-1 file of type uint8, int16 or uint16.
pub fn read_label_map(path: &Path) -> ([usize; 3], Vec<u16>) {
    let file = std::fs::File::open(path).expect("the label map can be opened");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .expect("the label map is gzip");
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    assert_eq!(&bytes[344..348], b"n+1\0", "not NIfTI-1 in one file");
    let dims = [42, 44, 46].map(|at| short(at) as usize);
    let start = f32::from_le_bytes(bytes[108..112].try_into().expect("4 bytes")) as usize;
    let voxels = &bytes[start..];
    let voxels: Vec<u16> = match short(70) {
        2 => voxels.iter().map(|&v| u16::from(v)).collect(),
        4 | 512 => voxels
            .as_chunks()
            .0
            .iter()
            .map(|&v| u16::from_le_bytes(v))
            .collect(),
        other => panic!("a label map of type {other}"),
    };
    assert_eq!(voxels.len(), dims.iter().product::<usize>());
    (dims, voxels)
}
