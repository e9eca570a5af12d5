//! Makes NIfTI-1 files, right ones and wrong ones, byte by byte.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file in the making. All fields may be set to nonsense.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub big_endian: bool,
    pub sizeof_hdr: i32,
    pub dim: [i16; 8],
    pub datatype: i16,
    pub bitpix: i16,
    pub pixdim: [f32; 8],
    pub vox_offset: f32,
    pub slope: f32,
    pub intercept: f32,
    pub units: u8,
    pub descrip: &'static str,
    pub qform_code: i16,
    pub sform_code: i16,
    /// b, c, d, then the offsets x, y, z.
    pub quatern: [f32; 6],
    pub srow: [[f32; 4]; 3],
    pub magic: [u8; 4],
    /// What lies between the header and the voxels.
    pub extensions: Vec<u8>,
    /// In the file's byte order.
    pub voxels: Vec<u8>,
}

impl Sample {
    /// Little-endian int16 with spacing 1 and an sform, voxels by `f(i, j, k)`.
    pub fn int16(dims: [i16; 3], f: impl Fn(usize, usize, usize) -> i16) -> Self {
        let voxels = positions(dims).flat_map(|[i, j, k]| f(i, j, k).to_le_bytes());
        Self::of(dims, 4, 16, voxels.collect())
    }

    /// Little-endian, of any type.
    pub fn of(dims: [i16; 3], datatype: i16, bitpix: i16, voxels: Vec<u8>) -> Self {
        let [i, j, k] = dims;
        Sample {
            big_endian: false,
            sizeof_hdr: 348,
            dim: [3, i, j, k, 1, 1, 1, 1],
            datatype,
            bitpix,
            pixdim: [1.0; 8],
            vox_offset: 352.0,
            slope: 0.0,
            intercept: 0.0,
            units: 2,
            descrip: "",
            qform_code: 0,
            sform_code: 1,
            quatern: [0.0; 6],
            srow: [
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, 1.0, 0.0],
            ],
            magic: *b"n+1\0",
            extensions: vec![0; 4],
            voxels,
        }
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0; 348];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.order4(self.sizeof_hdr.to_le_bytes()));
        for (n, v) in self.dim.iter().enumerate() {
            put(40 + 2 * n, &self.order2(v.to_le_bytes()));
        }
        put(70, &self.order2(self.datatype.to_le_bytes()));
        put(72, &self.order2(self.bitpix.to_le_bytes()));
        for (n, v) in self.pixdim.iter().enumerate() {
            put(76 + 4 * n, &self.order4(v.to_le_bytes()));
        }
        put(108, &self.order4(self.vox_offset.to_le_bytes()));
        put(112, &self.order4(self.slope.to_le_bytes()));
        put(116, &self.order4(self.intercept.to_le_bytes()));
        put(123, &[self.units]);
        put(148, self.descrip.as_bytes());
        put(252, &self.order2(self.qform_code.to_le_bytes()));
        put(254, &self.order2(self.sform_code.to_le_bytes()));
        for (n, v) in self.quatern.iter().enumerate() {
            put(256 + 4 * n, &self.order4(v.to_le_bytes()));
        }
        for (n, v) in self.srow.iter().flatten().enumerate() {
            put(280 + 4 * n, &self.order4(v.to_le_bytes()));
        }
        put(344, &self.magic);
        out.extend(&self.extensions);
        out.extend(&self.voxels);
        out
    }

    /// The whole file, compressed.
    pub fn gzip(&self) -> Vec<u8> {
        gzip(&self.bytes())
    }

    fn order2(&self, mut bytes: [u8; 2]) -> [u8; 2] {
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn order4(&self, mut bytes: [u8; 4]) -> [u8; 4] {
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }
}

/// All voxel indices in file order.
pub(crate) fn positions(dims: [i16; 3]) -> impl Iterator<Item = [usize; 3]> {
    let [ni, nj, nk] = dims.map(|n| n as usize);
    (0..nk).flat_map(move |k| (0..nj).flat_map(move |j| (0..ni).map(move |i| [i, j, k])))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes `bytes` to a file of that name.
pub(crate) fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A file of the repository's sample data.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name)
}
