//! Pictures (PNG, JPEG, TIFF) as volumes of one slice.
//!
//! A picture has no world, see [`Geometry::Picture`]. The orientation that cameras write into a file
//! is not applied: the label map is one of the pixels as they are stored.

use super::bytes::Contents;
use super::error::ScanError;
use super::files::Files;
use super::format::Format;
use super::geometry::Geometry;
use super::header::Header;
use super::note::Note;
use super::problem::Problem;
use super::signature::looks_like;
use super::volume::Volume;
use super::voxels::{VoxelType, Voxels};
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};
use medicosam_shared::geometry::Dims;
use std::io::Cursor;

/// Bytes that a picture's file may have.
const MAX_FILE: u64 = 1 << 30;
/// Pixels along a side at most: the largest number in the dimensions of a NIfTI header.
const MAX_SIDE: u32 = 32767;
/// Bytes that are enough to recognize other kinds of files.
const START: usize = 352;

/// Files that are pictures.
pub(super) struct Picture;

impl Format for Picture {
    fn endings(&self) -> &'static [&'static str] {
        &[".png", ".jpg", ".jpeg", ".tif", ".tiff"]
    }

    fn is_picture(&self) -> bool {
        true
    }

    fn header(&self, files: &mut Files<'_>) -> Result<Header, ScanError> {
        let limit = files.max_voxel_bytes();
        files.read(0, |contents, size| {
            header(&bytes_of(contents, size)?, limit)
        })
    }

    fn volume(&self, files: &mut Files<'_>) -> Result<Volume, ScanError> {
        let limit = files.max_voxel_bytes();
        files.read(0, |contents, size| {
            volume(&bytes_of(contents, size)?, limit)
        })
    }
}

/// All bytes of a file of `size` that begins as a picture.
fn bytes_of(contents: &mut Contents<'_>, size: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = contents.begin(START)?;
    let other = |looks_like| {
        Err(Problem::OtherFormat {
            expected: "a PNG, JPEG or TIFF picture",
            looks_like,
        })
    };
    if contents.is_gzip() {
        return other("a gzip stream");
    }
    if !is_picture(&bytes) {
        return other(looks_like(&bytes));
    }
    if size > MAX_FILE {
        return Err(Problem::LargePicture {
            bytes: size,
            limit: MAX_FILE,
        });
    }
    let known = bytes.len();
    // Not more than the limit.
    bytes.resize(size as usize, 0);
    let more = contents.fill(&mut bytes[known..])?;
    bytes.truncate(known + more);
    Ok(bytes)
}

/// Whether a file begins as a picture does.
fn is_picture(start: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*"];
    SIGNATURES
        .iter()
        .any(|signature| start.starts_with(signature))
}

/// The header of the picture in `bytes`.
fn header(bytes: &[u8], max_bytes: u64) -> Result<Header, Problem> {
    let decoder = reader(bytes, max_bytes)?.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let voxel_type = match decoder.color_type() {
        ColorType::L16 | ColorType::La16 => VoxelType::Uint16,
        _ => VoxelType::Uint8,
    };
    of_size(width, height, voxel_type)
}

/// The picture in `bytes`.
fn volume(bytes: &[u8], max_bytes: u64) -> Result<Volume, Problem> {
    let picture = reader(bytes, max_bytes)?.decode().map_err(damaged)?;
    let (width, height) = (picture.width(), picture.height());
    let (voxel_type, voxels, colours) = match picture {
        DynamicImage::ImageLuma8(grey) => (VoxelType::Uint8, Voxels::Uint8(grey.into_raw()), None),
        DynamicImage::ImageLumaA8(_) => {
            let grey = picture.into_luma8();
            (VoxelType::Uint8, Voxels::Uint8(grey.into_raw()), None)
        }
        DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_) => {
            let grey = picture.into_luma16();
            (VoxelType::Uint16, Voxels::Uint16(grey.into_raw()), None)
        }
        coloured => {
            let coloured = coloured.into_rgb8();
            let is_grey = coloured
                .pixels()
                .all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
            let grey = DynamicImage::ImageRgb8(coloured.clone()).into_luma8();
            let colours = (!is_grey).then(|| coloured.pixels().map(|p| p.0).collect());
            (VoxelType::Uint8, Voxels::Uint8(grey.into_raw()), colours)
        }
    };
    let mut header = of_size(width, height, voxel_type)?;
    if colours.is_some() {
        header.note(Note::Colours);
    }
    Ok(Volume {
        header,
        voxels,
        colours,
    })
}

fn reader(bytes: &[u8], max_bytes: u64) -> Result<ImageReader<Cursor<&[u8]>>, Problem> {
    let pages = tiff_pages(bytes);
    if pages > 1 {
        return Err(Problem::ManyPages { pages });
    }
    let guessed = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = guessed.map_err(Problem::Io)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(max_bytes);
    reader.limits(limits);
    Ok(reader)
}

fn damaged(error: image::ImageError) -> Problem {
    Problem::DamagedPicture {
        what: error.to_string(),
    }
}

fn of_size(width: u32, height: u32, voxel_type: VoxelType) -> Result<Header, Problem> {
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        let what = format!("it has {width}×{height} pixels; a side has 1 to {MAX_SIDE}");
        return Err(Problem::DamagedPicture { what });
    }
    let dims = Dims([width, height, 1]);
    Ok(Header::new(dims, voxel_type, Geometry::Picture))
}

/// How many pictures a TIFF file holds, counted up to a thousand; 1 for other files.
fn tiff_pages(bytes: &[u8]) -> usize {
    let short: fn([u8; 2]) -> u16;
    let long: fn([u8; 4]) -> u32;
    match bytes.get(..4) {
        Some(b"II*\0") => (short, long) = (u16::from_le_bytes, u32::from_le_bytes),
        Some(b"MM\0*") => (short, long) = (u16::from_be_bytes, u32::from_be_bytes),
        _ => return 1,
    }
    let short = |at: usize| Some(short(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(long(bytes.get(at..at + 4)?.try_into().ok()?));
    // Each directory: the number of entries, entries of 12 bytes, where the next directory is.
    let next = |at: usize| long(at + 2 + 12 * usize::from(short(at)?));
    let mut pages = 0;
    let mut at = long(4);
    while let Some(found) = at.filter(|&at| at > 0 && pages < 1000) {
        pages += 1;
        at = next(found as usize);
    }
    pages.max(1)
}
