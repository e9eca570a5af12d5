//! The header of a NIfTI-1 file: every field that is used is checked before it is used.
//!
//! The fields are taken apart by the `nifti` crate; what it would take for granted (sizes, codes,
//! offsets) is checked here, on 352 bytes and before anything is reserved. Fields: `nifti1.h`.

use super::affine::affine_of;
use super::error::Problem;
use super::note::Note;
use super::signature::{is_size, looks_like};
use super::voxels::{ByteOrder, Voxel as _, VoxelType};
use medicosam_shared::geometry::{Affine, Dims};
use medicosam_shared::provenance::ScanInfo;
use nifti::NiftiHeader;

/// Bytes of the header.
const HEADER: usize = 348;
/// Bytes up to the first byte that can be a voxel: the header and 4 bytes for extensions.
pub(super) const START: usize = 352;
/// Where the voxels must begin at the latest; extensions lie before them.
const MAX_OFFSET: f32 = (64 << 20) as f32;
/// Bytes that may follow the voxels.
pub(super) const MAX_SURPLUS: u64 = 16 << 20;
/// Bytes of voxels that are read if the caller sets no other limit.
pub const DEFAULT_MAX_VOXEL_BYTES: u64 = 16 << 30;
/// How many times more the contents of a gzip file can be at most: a match of 258 bytes takes at
/// least 2 bits.
const DEFLATE_RATIO: u64 = 1032;

/// A checked header.
#[derive(Debug, Clone)]
pub struct Header {
    nifti: NiftiHeader,
    info: ScanInfo,
    notes: Vec<Note>,
    pub(super) voxel_type: VoxelType,
    pub(super) order: ByteOrder,
    pub(super) scale: Scale,
    /// Where the voxels of the file begin, after decompression.
    pub(super) offset: u64,
    /// Which of the volumes of the file it is.
    pub(super) frame: u64,
    /// Volumes in the file.
    pub(super) volumes: u64,
    picture: bool,
}

/// Stored voxel to value: `slope · voxel + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

impl Scale {
    pub(super) fn apply(self, voxel: f64) -> f64 {
        self.slope * voxel + self.intercept
    }

    pub(super) fn is_identity(self) -> bool {
        self.slope == 1.0 && self.intercept == 0.0
    }
}

impl Header {
    /// Checks the first bytes of a file (all of them, or [`START`]). A file of several volumes is
    /// read one `frame` at a time.
    pub(super) fn parse(
        start: &[u8],
        max_voxel_bytes: u64,
        frame: Option<u64>,
    ) -> Result<Header, Problem> {
        let order = check_format(start)?;
        check_rank(start, order)?;
        let nifti = NiftiHeader::from_reader(start).map_err(|_| Problem::NotNifti {
            looks_like: looks_like(start),
        })?;
        let (dims, volumes) = check_dims(&nifti, frame)?;
        let voxel_type = VoxelType::from_code(nifti.datatype)?;
        let expected = voxel_type.size() * 8;
        if i64::from(nifti.bitpix) != i64::from(expected) {
            return Err(Problem::BadBitpix {
                voxel_type: voxel_type.name(),
                expected,
                found: nifti.bitpix,
            });
        }
        // At most 2^45 voxels of 2^3 bytes.
        let bytes = dims.voxels() * u64::from(voxel_type.size());
        if bytes > max_voxel_bytes {
            return Err(Problem::TooLarge {
                dims,
                voxel_type: voxel_type.name(),
                bytes,
                limit: max_voxel_bytes,
            });
        }
        let offset = check_offset(nifti.vox_offset)?;
        let (affine, mut notes) = affine_of(&nifti, dims.0);
        let scale = scale_of(&nifti, &mut notes);
        Ok(Header {
            info: ScanInfo {
                dims,
                affine,
                voxel_type: voxel_type.name().to_owned(),
                notes: notes.iter().map(Note::to_string).collect(),
            },
            nifti,
            notes,
            voxel_type,
            order,
            scale,
            offset,
            frame: frame.unwrap_or(0),
            volumes,
            picture: false,
        })
    }

    /// The header of a picture.
    pub(super) fn of_picture(dims: Dims, affine: Affine, voxel_type: VoxelType) -> Header {
        Header {
            info: ScanInfo {
                dims,
                affine,
                voxel_type: voxel_type.name().to_owned(),
                notes: Vec::new(),
            },
            nifti: NiftiHeader::default(),
            notes: Vec::new(),
            voxel_type,
            order: ByteOrder::Little,
            scale: Scale {
                slope: 1.0,
                intercept: 0.0,
            },
            offset: 0,
            frame: 0,
            volumes: 1,
            picture: true,
        }
    }

    /// Whether it is a picture, whose label map is one too.
    pub fn is_picture(&self) -> bool {
        self.picture
    }

    /// Number of volumes that its file holds.
    pub fn volumes(&self) -> u64 {
        self.volumes
    }

    /// Bytes of the voxels of all volumes.
    pub(super) fn all_voxel_bytes(&self) -> u64 {
        self.voxel_bytes().saturating_mul(self.volumes)
    }

    /// Checks that a file of `size` bytes can hold the voxels, and not far more than them.
    pub(super) fn check_file_size(&self, size: u64, gzip: bool) -> Result<(), Problem> {
        let expected = self.all_voxel_bytes();
        let end = self.offset.saturating_add(expected);
        let (room, surplus) = if gzip {
            // Even data that cannot be compressed does not double.
            (
                size.saturating_mul(DEFLATE_RATIO),
                size.saturating_sub(end.saturating_mul(2)),
            )
        } else {
            (size, size.saturating_sub(end))
        };
        if room < end {
            return Err(Problem::Truncated {
                expected,
                found: room.saturating_sub(self.offset),
            });
        }
        if surplus > MAX_SURPLUS {
            return Err(Problem::Surplus {
                expected,
                limit: MAX_SURPLUS,
            });
        }
        Ok(())
    }

    /// Bytes of the voxels.
    pub fn voxel_bytes(&self) -> u64 {
        self.info.dims.voxels() * u64::from(self.voxel_type.size())
    }

    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
        self.info.notes.push(note.to_string());
    }

    /// Size, affine, voxel type, and what is odd, in words.
    pub fn info(&self) -> &ScanInfo {
        &self.info
    }

    /// What is odd about the scan.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// All fields, as they are in the file; those of an empty header for a picture.
    pub fn nifti(&self) -> &NiftiHeader {
        &self.nifti
    }
}

/// Checks size and magic; the byte order.
fn check_format(start: &[u8]) -> Result<ByteOrder, Problem> {
    let truncated = Problem::HeaderTruncated {
        found: start.len() as u64,
    };
    let begins_like =
        |size: i32| size.to_le_bytes().starts_with(start) || size.to_be_bytes().starts_with(start);
    // Nothing, or at most 4 bytes of a header.
    if begins_like(348) {
        return Err(truncated);
    }
    if is_size(start, 540) && matches!(start.get(4..7), Some(b"n+2" | b"ni2")) {
        return Err(Problem::Nifti2);
    }
    if !is_size(start, 348) {
        return Err(Problem::NotNifti {
            looks_like: looks_like(start),
        });
    }
    if start.len() < HEADER {
        return Err(truncated);
    }
    match start.get(HEADER - 4..HEADER) {
        Some(b"n+1\0") => {}
        Some(b"ni1\0") => return Err(Problem::Pair),
        _ => {
            return Err(Problem::NotNifti {
                looks_like: looks_like(start),
            });
        }
    }
    Ok(if start.starts_with(&348i32.to_le_bytes()) {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    })
}

/// Checks `dim[0]` before the crate sees it: the crate takes its byte order from it.
fn check_rank(start: &[u8], order: ByteOrder) -> Result<(), Problem> {
    let rank = start
        .get(40..42)
        .map_or(0, |bytes| i16::decode(bytes, order));
    if (1..=7).contains(&rank) {
        Ok(())
    } else {
        Err(Problem::BadRank { found: rank })
    }
}

/// The dimensions of a single volume, at most 32767 each, and the number of volumes. The format's numbers are signed; the
/// crate reads them without sign.
fn check_dims(nifti: &NiftiHeader, frame: Option<u64>) -> Result<(Dims, u64), Problem> {
    let [rank, sizes @ ..] = nifti.dim.map(|n| n as i16);
    // What stands beyond the number of dimensions means nothing.
    let used = &sizes[..rank.clamp(1, 7) as usize];
    if let Some(at) = used.iter().position(|&n| n < 1) {
        return Err(Problem::BadDimension {
            index: at + 1,
            found: used[at],
        });
    }
    let volumes: u64 = used.iter().skip(3).map(|&n| n as u64).product();
    if volumes > 1 && frame.is_none() {
        return Err(Problem::ManyVolumes {
            volumes,
            dims: used
                .iter()
                .map(i16::to_string)
                .collect::<Vec<_>>()
                .join("×"),
        });
    }
    if let Some(frame) = frame.filter(|&frame| frame >= volumes) {
        return Err(Problem::NoSuchFrame { frame, volumes });
    }
    let along = |axis: usize| used.get(axis).map_or(1, |&n| n as u32);
    Ok((Dims([along(0), along(1), along(2)]), volumes))
}

/// Where the voxels begin.
fn check_offset(offset: f32) -> Result<u64, Problem> {
    let why = if !offset.is_finite() {
        "that is no number"
    } else if offset.fract() != 0.0 {
        "that is no whole number"
    } else if offset < START as f32 {
        "the smallest possible is 352"
    } else if offset > MAX_OFFSET {
        "the largest supported is 67108864"
    } else {
        // Whole and in range.
        return Ok(offset as u64);
    };
    Err(Problem::BadOffset { found: offset, why })
}

/// A slope of 0 means that there is no scaling; one that is not a number is taken for that too.
fn scale_of(nifti: &NiftiHeader, notes: &mut Vec<Note>) -> Scale {
    let [slope, intercept] = [nifti.scl_slope, nifti.scl_inter].map(f64::from);
    if slope == 0.0 || !slope.is_finite() {
        return Scale {
            slope: 1.0,
            intercept: 0.0,
        };
    }
    if !intercept.is_finite() {
        notes.push(Note::InterceptUnusable);
        return Scale {
            slope,
            intercept: 0.0,
        };
    }
    Scale { slope, intercept }
}
