//! Scans written and label maps read without a line of the product's code, so that a mistake in its
//! writer cannot hide behind the same mistake in its reader.

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

/// Writes a gzipped label map of type uint8 once more, uncompressed, with its columns (`i`) in the other
/// order; each voxel keeps its place in the world.
pub fn mirror(from: &Path, to: &Path) {
    let file = std::fs::File::open(from).expect("the label map can be opened");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .expect("the label map is gzip");
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (columns, start) = (short(42) as usize, 108);
    let kind = (short(70), short(254) > 0);
    assert_eq!(kind, (2, true), "uint8 with an sform");
    let float = |bytes: &[u8], at: usize| {
        f32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"))
    };
    let start = float(&bytes, start) as usize;
    bytes[252..254].fill(0);
    for row in [280, 296, 312] {
        let (step, origin) = (float(&bytes, row), float(&bytes, row + 12));
        let last = origin + step * (columns - 1) as f32;
        bytes[row..row + 4].copy_from_slice(&(-step).to_le_bytes());
        bytes[row + 12..row + 16].copy_from_slice(&last.to_le_bytes());
    }
    for row in bytes[start..].chunks_exact_mut(columns) {
        row.reverse();
    }
    std::fs::write(to, bytes).expect("the label map can be written");
}

/// Writes a scan of this size: little-endian NIfTI-1, not compressed, of type int16, with voxels of
/// 1 × 1 × `thickness` mm. `value` gives the voxel at i, j, k.
pub fn write_scan(
    path: &Path,
    dims: [u16; 3],
    thickness: f32,
    value: impl Fn(u16, u16, u16) -> i16,
) {
    let mut bytes = vec![0u8; 352];
    let mut put = |at: usize, data: &[u8]| bytes[at..at + data.len()].copy_from_slice(data);
    put(0, &348i32.to_le_bytes());
    for (at, number) in (40..)
        .step_by(2)
        .zip([3, dims[0], dims[1], dims[2], 1, 1, 1, 1])
    {
        put(at, &number.to_le_bytes());
    }
    put(70, &4i16.to_le_bytes());
    put(72, &16i16.to_le_bytes());
    for (at, number) in (76..).step_by(4).zip([1.0, 1.0, 1.0, thickness]) {
        put(at, &f32::to_le_bytes(number));
    }
    put(108, &352f32.to_le_bytes());
    put(112, &1f32.to_le_bytes());
    // The sform: three rows of four numbers.
    put(254, &1i16.to_le_bytes());
    for (at, number) in [(280, 1.0), (300, 1.0), (320, thickness)] {
        put(at, &f32::to_le_bytes(number));
    }
    put(344, b"n+1\0");
    for k in 0..dims[2] {
        for j in 0..dims[1] {
            for i in 0..dims[0] {
                bytes.extend_from_slice(&value(i, j, k).to_le_bytes());
            }
        }
    }
    std::fs::write(path, bytes).expect("the scan can be written");
}
