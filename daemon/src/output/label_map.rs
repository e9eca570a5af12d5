//! The label map: a NIfTI-1 file of the scan's size and geometry whose voxels are labels.
//!
//! Orientation is that of the scan's space field by field, sform and qform with their codes, so that a
//! viewer that prefers either lays the label map exactly over the scan. No text of the scan is copied:
//! exporters put patient names into those fields.

use crate::scan::Space;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use medicosam_shared::geometry::Dims;
use nifti::NiftiHeader;
use std::io::{self, Write};
use std::mem;

/// `NIFTI_INTENT_LABEL`.
const INTENT_LABEL: i16 = 1002;
/// `DT_UINT8`, `DT_UINT16`.
const UINT8: i16 = 2;
const UINT16: i16 = 512;
/// Voxels that are compressed for themselves.
const PIECE: usize = 64 << 10;

/// The header of a label map over a scan in `space`, for labels up to `highest`.
pub(super) fn header(space: &Space, dims: Dims, highest: u16) -> NiftiHeader {
    let [i, j, k] = dims.0.map(|n| n as u16);
    let [qfac, x, y, z] = space.pixdim;
    let [quatern_b, quatern_c, quatern_d] = space.quaternion;
    let [quatern_x, quatern_y, quatern_z] = space.offset;
    let [srow_x, srow_y, srow_z] = space.matrix;
    let (datatype, bitpix) = if highest <= u16::from(u8::MAX) {
        (UINT8, 8)
    } else {
        (UINT16, 16)
    };
    NiftiHeader {
        regular: b'r',
        dim: [3, i, j, k, 1, 1, 1, 1],
        intent_code: INTENT_LABEL,
        datatype,
        bitpix,
        pixdim: [qfac, x, y, z, 0.0, 0.0, 0.0, 0.0],
        vox_offset: 352.0,
        scl_slope: 1.0,
        scl_inter: 0.0,
        xyzt_units: space.units,
        qform_code: space.qform_code,
        sform_code: space.sform_code,
        quatern_b,
        quatern_c,
        quatern_d,
        quatern_x,
        quatern_y,
        quatern_z,
        srow_x,
        srow_y,
        srow_z,
        magic: *nifti::header::MAGIC_CODE_NIP1,
        ..NiftiHeader::default()
    }
}

/// Writes the file, compressed; the same labels give the same bytes.
///
/// A person waits for this after each prompt, and nearly all of a label map is background: a piece
/// of nothing else is compressed once, and repeated.
pub(super) fn write(out: impl Write, header: &NiftiHeader, labels: &[u16]) -> io::Result<()> {
    let one_byte = header.datatype == UINT8;
    let mut gzip = Gzip::begin(out)?;
    gzip.put(&Piece::of(&encode(header))?)?;
    let background = Piece::of(&bytes_of(&[0; PIECE], one_byte))?;
    for labels in labels.chunks(PIECE) {
        if labels == [0; PIECE] {
            gzip.put(&background)?;
        } else {
            gzip.put(&Piece::of(&bytes_of(labels, one_byte))?)?;
        }
    }
    gzip.finish()
}

/// Voxels as they are stored.
fn bytes_of(labels: &[u16], one_byte: bool) -> Vec<u8> {
    if one_byte {
        // No label is above 255, or the header would say uint16.
        labels.iter().map(|&label| label as u8).collect()
    } else {
        labels.iter().flat_map(|l| l.to_le_bytes()).collect()
    }
}

/// Bytes compressed for themselves: a piece refers to nothing before it and ends at a whole byte,
/// so pieces can stand in any order and as often as one likes.
struct Piece {
    deflated: Vec<u8>,
    crc: Crc,
}

impl Piece {
    fn of(bytes: &[u8]) -> io::Result<Self> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes)?;
        // Ends the block, and fills the last byte.
        encoder.flush()?;
        let deflated = mem::take(encoder.get_mut());
        Ok(Piece { deflated, crc })
    }
}

/// A gzip file (RFC 1952) of one member, made of pieces.
struct Gzip<W> {
    out: W,
    crc: Crc,
}

impl<W: Write> Gzip<W> {
    /// Neither time nor name; written by the fastest algorithm, on an unknown system.
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
    /// The last block of the deflate stream, with nothing in it.
    const LAST_BLOCK: [u8; 2] = [3, 0];

    fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(&Self::HEADER)?;
        Ok(Gzip {
            out,
            crc: Crc::new(),
        })
    }

    fn put(&mut self, piece: &Piece) -> io::Result<()> {
        self.crc.combine(&piece.crc);
        self.out.write_all(&piece.deflated)
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&Self::LAST_BLOCK)?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        self.out.write_all(&self.crc.amount().to_le_bytes())
    }
}

/// The 348 bytes of the header, little-endian, and the 4 that say that no extension follows.
///
/// The `nifti` crate writes headers too, but only together with an ndarray and into a file that it
/// opens itself by its final name.
fn encode(header: &NiftiHeader) -> [u8; 352] {
    let mut fields = Fields {
        bytes: [0; 352],
        at: 0,
    };
    fields.put(&header.sizeof_hdr.to_le_bytes());
    fields.put(&header.data_type);
    fields.put(&header.db_name);
    fields.put(&header.extents.to_le_bytes());
    fields.put(&header.session_error.to_le_bytes());
    fields.put(&[header.regular, header.dim_info]);
    fields.each(header.dim, u16::to_le_bytes);
    fields.each(
        [header.intent_p1, header.intent_p2, header.intent_p3],
        f32::to_le_bytes,
    );
    fields.each(
        [
            header.intent_code,
            header.datatype,
            header.bitpix,
            header.slice_start,
        ],
        i16::to_le_bytes,
    );
    fields.each(header.pixdim, f32::to_le_bytes);
    fields.each(
        [header.vox_offset, header.scl_slope, header.scl_inter],
        f32::to_le_bytes,
    );
    fields.put(&header.slice_end.to_le_bytes());
    fields.put(&[header.slice_code, header.xyzt_units]);
    fields.each(
        [
            header.cal_max,
            header.cal_min,
            header.slice_duration,
            header.toffset,
        ],
        f32::to_le_bytes,
    );
    fields.each([header.glmax, header.glmin], i32::to_le_bytes);
    // 80 bytes of description.
    fields.put(&[0; 80]);
    fields.put(&header.aux_file);
    fields.each([header.qform_code, header.sform_code], i16::to_le_bytes);
    fields.each(
        [
            header.quatern_b,
            header.quatern_c,
            header.quatern_d,
            header.quatern_x,
            header.quatern_y,
            header.quatern_z,
        ],
        f32::to_le_bytes,
    );
    for row in [header.srow_x, header.srow_y, header.srow_z] {
        fields.each(row, f32::to_le_bytes);
    }
    fields.put(&header.intent_name);
    fields.put(&header.magic);
    fields.bytes
}

/// Bytes filled one field after the other.
struct Fields {
    bytes: [u8; 352],
    at: usize,
}

impl Fields {
    fn put(&mut self, field: &[u8]) {
        self.bytes[self.at..self.at + field.len()].copy_from_slice(field);
        self.at += field.len();
    }

    fn each<T, const N: usize, const B: usize>(
        &mut self,
        values: [T; N],
        to_bytes: impl Fn(T) -> [u8; B],
    ) {
        for value in values {
            self.put(&to_bytes(value));
        }
    }
}
