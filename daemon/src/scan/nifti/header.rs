//! The header of NIfTI-1 and Analyze 7.5: every field that is used is checked before it is used.
//!
//! The fields are taken apart by the `nifti` crate. What it takes for granted (sizes, codes,
//! offsets) is checked here, on 352 bytes and before anything is reserved. Fields: `nifti1.h`.
//!
//! Analyze 7.5 has the same sizes, types and voxel sizes at the same places, a factor where SPM put
//! it (`scl_slope`), and no usable orientation; nibabel and ITK read it the same way.

use super::affine::affine_of;
use super::codes;
use crate::scan::geometry::{Geometry, Space};
use crate::scan::header::{Header, Scale};
use crate::scan::note::Note;
use crate::scan::problem::Problem;
use crate::scan::signature::{is_size, looks_like};
use crate::scan::voxels::{ByteOrder, Voxel as _, VoxelType};
use medicosam_shared::geometry::{Affine, Dims};
use nifti::NiftiHeader;
use std::borrow::Cow;

/// Bytes of the header.
const HEADER: usize = 348;
/// Bytes of the header, and 4 that say whether extensions follow.
pub(super) const START: usize = 352;
/// Where the voxels must begin at the latest; extensions lie before them.
const MAX_OFFSET: f32 = (64 << 20) as f32;

/// What the header is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file that has the voxels too.
    OneFile,
    /// A file beside the one that has the voxels.
    Pair,
}

/// A checked header, and where its voxels are.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) header: Header,
    /// Byte order of the voxels.
    pub(super) order: ByteOrder,
    /// Where the first volume begins in the file that has the voxels, decompressed.
    pub(super) offset: u64,
    /// Which volume is wanted.
    pub(super) frame: u64,
}

/// The variants of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Nifti,
    Analyze,
}

/// Checks the first bytes of a file (all of them, or [`START`]). A file of several volumes is read
/// one `frame` at a time.
pub(super) fn parse(
    start: &[u8],
    kind: Kind,
    max_voxel_bytes: u64,
    frame: Option<u64>,
) -> Result<Parsed, Problem> {
    let (order, variant) = check_format(start, kind)?;
    check_rank(start, order)?;
    let start = as_nifti(start, variant);
    let nifti = NiftiHeader::from_reader(&*start).map_err(|_| not_nifti(&start))?;
    let (dims, volumes) = check_dims(&nifti, frame)?;
    let voxel_type = check_voxels(&nifti, dims, max_voxel_bytes)?;
    let offset = check_offset(nifti.vox_offset, kind)?;
    let (affine, mut notes) = match variant {
        Variant::Nifti => affine_of(&nifti, dims.0),
        Variant::Analyze => {
            let (affine, mut notes) = affine_of(&nifti, dims.0);
            notes.retain(|note| *note != Note::NoOrientation);
            notes.push(Note::Analyze);
            (affine, notes)
        }
    };
    let scale = scale_of(&nifti, &mut notes);
    let geometry = Geometry::Space(space_of(&nifti, affine));
    let header = Header::new(dims, voxel_type, geometry).scaled(scale);
    let mut header = header.one_of(volumes);
    for note in notes {
        header.note(note);
    }
    Ok(Parsed {
        header,
        order,
        offset,
        frame: frame.unwrap_or(0),
    })
}

/// The space of a scan, as its header has it.
fn space_of(nifti: &NiftiHeader, affine: Affine) -> Space {
    let [qfac, x, y, z, ..] = nifti.pixdim;
    Space {
        affine,
        units: nifti.xyzt_units,
        pixdim: [qfac, x, y, z],
        qform_code: nifti.qform_code,
        quaternion: [nifti.quatern_b, nifti.quatern_c, nifti.quatern_d],
        offset: [nifti.quatern_x, nifti.quatern_y, nifti.quatern_z],
        sform_code: nifti.sform_code,
        matrix: [nifti.srow_x, nifti.srow_y, nifti.srow_z],
    }
}

fn not_nifti(start: &[u8]) -> Problem {
    Problem::OtherFormat {
        expected: "a NIfTI-1 file",
        looks_like: looks_like(start),
    }
}

/// The header without the fields that Analyze uses for something else.
fn as_nifti(start: &[u8], variant: Variant) -> Cow<'_, [u8]> {
    match variant {
        Variant::Nifti => Cow::Borrowed(start),
        Variant::Analyze => {
            let mut start = start.to_vec();
            // From the second factor to the units, from the orientation on, and the magic.
            for unused in [116..124, 252..HEADER] {
                if let Some(bytes) = start.get_mut(unused) {
                    bytes.fill(0);
                }
            }
            if let Some(magic) = start.get_mut(HEADER - 4..HEADER) {
                magic.copy_from_slice(nifti::header::MAGIC_CODE_NI1);
            }
            Cow::Owned(start)
        }
    }
}

/// Checks type and amount of the voxels.
fn check_voxels(nifti: &NiftiHeader, dims: Dims, limit: u64) -> Result<VoxelType, Problem> {
    let voxel_type = codes::voxel_type(nifti.datatype)?;
    let expected = voxel_type.size() * 8;
    if i64::from(nifti.bitpix) != i64::from(expected) {
        let (name, found) = (voxel_type.name(), nifti.bitpix);
        let what = format!("voxels of {name} have {expected} bits, but bitpix is {found}");
        return Err(Problem::damaged_header("scan-bad-bitpix", what));
    }
    // At most 2^45 voxels of 2^3 bytes.
    let bytes = dims.voxels() * u64::from(voxel_type.size());
    if bytes > limit {
        return Err(Problem::TooLarge {
            dims,
            voxel_type: voxel_type.name(),
            bytes,
            limit,
        });
    }
    Ok(voxel_type)
}

/// Checks size and magic; the byte order and the variant.
fn check_format(start: &[u8], kind: Kind) -> Result<(ByteOrder, Variant), Problem> {
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
        return Err(not_nifti(start));
    }
    if start.len() < HEADER {
        return Err(truncated);
    }
    let variant = match (start.get(HEADER - 4..HEADER), kind) {
        (Some(b"n+1\0"), Kind::OneFile) | (Some(b"ni1\0"), Kind::Pair) => Variant::Nifti,
        (Some(b"ni1\0"), Kind::OneFile) => return Err(Problem::Pair),
        (Some(b"n+1\0"), Kind::Pair) => return Err(Problem::NotAPair),
        (_, Kind::OneFile) => return Err(not_nifti(start)),
        (_, Kind::Pair) => Variant::Analyze,
    };
    let order = if start.starts_with(&348i32.to_le_bytes()) {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    };
    Ok((order, variant))
}

/// Checks `dim[0]` before the crate sees it: the crate takes its byte order from it.
fn check_rank(start: &[u8], order: ByteOrder) -> Result<(), Problem> {
    let rank = start
        .get(40..42)
        .map_or(0, |bytes| i16::decode(bytes, order));
    if (1..=7).contains(&rank) {
        Ok(())
    } else {
        let what = format!("dim[0], the number of dimensions, is {rank}, not 1 to 7");
        Err(Problem::damaged_header("scan-bad-rank", what))
    }
}

/// The dimensions of a single volume, at most 32767 each, and the number of volumes. The format's
/// numbers are signed; the crate reads them without sign.
fn check_dims(nifti: &NiftiHeader, frame: Option<u64>) -> Result<(Dims, u64), Problem> {
    let [rank, sizes @ ..] = nifti.dim.map(|n| n as i16);
    // What stands beyond the number of dimensions means nothing.
    let used = &sizes[..rank.clamp(1, 7) as usize];
    if let Some(at) = used.iter().position(|&n| n < 1) {
        let what = format!("dim[{}], a number of voxels, is {}", at + 1, used[at]);
        return Err(Problem::damaged_header("scan-bad-dimension", what));
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
fn check_offset(offset: f32, kind: Kind) -> Result<u64, Problem> {
    let (least, too_small) = match kind {
        Kind::OneFile => (START as f32, "the smallest possible is 352"),
        Kind::Pair => (0.0, "the smallest possible is 0"),
    };
    let why = if !offset.is_finite() {
        "that is no number"
    } else if offset.fract() != 0.0 {
        "that is no whole number"
    } else if offset < least {
        too_small
    } else if offset > MAX_OFFSET {
        "the largest supported is 67108864"
    } else {
        // Whole and in range.
        return Ok(offset as u64);
    };
    let what = format!("vox_offset, where the voxels begin, is {offset}; {why}");
    Err(Problem::damaged_header("scan-bad-offset", what))
}

/// A slope of 0 means that there is no scaling; one that is not a number is taken for that too.
fn scale_of(nifti: &NiftiHeader, notes: &mut Vec<Note>) -> Scale {
    let [slope, intercept] = [nifti.scl_slope, nifti.scl_inter].map(f64::from);
    if slope == 0.0 || !slope.is_finite() {
        return Scale::IDENTITY;
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
