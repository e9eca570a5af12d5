//! Reading scans: NIfTI-1, plain or gzip, and pictures, into a [`Volume`].
//!
//! A scan comes from anywhere: half copied, truncated, made by a broken exporter, made to do
//! harm. So a file is opened once, without following links; its header is checked before anything
//! is reserved; memory grows with what was really read; the state of the file is compared before
//! and after. Every failure is a [`ScanError`] that says what was found and what to do.
//!
//! # What the `nifti` crate does here, and what not
//!
//! It takes the 348 bytes of the header apart, in either byte order, and its `NiftiHeader` is
//! what outputs are written from. The rest is done here (compared with version 0.18):
//!
//! - its reader ends after the first gzip member, so the files of bgzip, and concatenated ones,
//!   are refused as too short;
//! - it takes gzip by the file's name for gzip, and a second pass over the file would be needed
//!   for the SHA-256;
//! - it reserves what the header asks for before reading a byte, panics where sizes in the header
//!   contradict each other, and its affines (a feature that brings nalgebra) panic on quaternions
//!   longer than 1 and on a `pixdim[0]` of 0;
//! - it keeps bytes and makes an array of all values to give out one.
//!
//! Measured on int16 noise over a smooth picture, release build, 2 busy cores, the best of several
//! runs, peak memory of the process; `nifti` with `into_ndarray`, without a hash:
//!
//! | Scan | here, with SHA-256 | as `i16` there | as `f32` there | gunzip alone |
//! |---|---|---|---|---|
//! | 256×256×180, .nii.gz of 9.7 MB | 0.062 s, 25 MB | 0.13 s, 48 MB | 0.15 s, 71 MB | 0.047 s |
//! | 512×512×300, .nii.gz of 64 MB | 0.41 s, 157 MB | 0.81 s, 309 MB | 1.01 s, 462 MB | 0.35 s |
//! | 512×512×300, .nii of 157 MB | 0.23 s, 157 MB | 0.31 s, 309 MB | 0.48 s, 462 MB | |

mod affine;
mod bytes;
mod error;
mod file;
mod header;
mod label_map;
pub mod names;
mod note;
mod path_text;
mod percentile;
mod picture;
mod signature;
mod source;
mod source_key;
mod stamp;
mod volume;
mod voxels;

#[cfg(test)]
pub(crate) mod tests;

pub use error::{Class, Problem, ScanError};
pub use header::{DEFAULT_MAX_VOXEL_BYTES, Header};
pub use label_map::LabelMap;
pub use note::Note;
pub use source::{Source, split_frame};
pub use source_key::SourceKey;
pub use stamp::{Fingerprint, Stamp};
pub use volume::Volume;
pub use voxels::VoxelType;

use bytes::{Contents, Disk};
use header::{MAX_SURPLUS, START};
use medicosam_shared::provenance::ScanInfo;
use std::path::Path;
use voxels::Voxels;

const READING_HEADER: &str = "reading the header of";
const READING: &str = "reading";

/// Size, affine and voxel type of a scan; its voxels are not read.
pub fn read_header(source: &Source) -> Result<ScanInfo, ScanError> {
    Header::read(source).map(|header| header.info().clone())
}

/// The hash of a scan's content, and the state of the files that have it.
pub fn hash(source: &Source) -> Result<(String, Stamp), ScanError> {
    let mut hashes = Vec::new();
    let mut files = Vec::new();
    for path in source.members() {
        let failed = |problem| ScanError::new("reading", path, problem);
        let (file, before) = file::open(path).map_err(failed)?;
        let sha256 = Disk::new(&file, before.size, true).finish();
        let sha256 = sha256.map_err(|error| failed(Problem::from_io(error)))?;
        if file::state(&file).map_err(failed)? != before {
            return Err(failed(Problem::Changed));
        }
        hashes.push(sha256);
        files.push(before);
    }
    let content = source.content_hash(hashes.iter().map(|hash| ("", hash.as_str())));
    Ok((content, files.into_iter().collect()))
}

impl Header {
    /// Reads and checks the header of a scan; its voxels are not read.
    pub fn read(source: &Source) -> Result<Header, ScanError> {
        let file = source.place();
        with_contents(file, READING_HEADER, false, |contents, size| {
            let begin = begin(contents)?;
            if names::is_picture(file) && !contents.is_gzip() && picture::is_picture(&begin) {
                let bytes = all(contents, begin, size)?;
                return picture::header(&bytes, DEFAULT_MAX_VOXEL_BYTES);
            }
            let frame = source.frame_number();
            header(contents, &begin, size, DEFAULT_MAX_VOXEL_BYTES, frame)
        })
    }

    /// The same for the first volume of a scan, however many it has.
    pub fn read_first(source: &Source) -> Result<Header, ScanError> {
        Self::read(&source.frame(0))
    }
}

/// What [`Volume::read`] found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scan.
    pub volume: Volume,
    /// The hash of its content, see [`Source::content_hash`].
    pub sha256: String,
}

impl Volume {
    /// Reads a scan, in one pass: hashed, decompressed, decoded.
    pub fn read(source: &Source) -> Result<Loaded, ScanError> {
        Self::read_within(source, DEFAULT_MAX_VOXEL_BYTES)
    }

    /// The same with another limit on the size of the voxels in memory, in bytes.
    pub fn read_within(source: &Source, max_voxel_bytes: u64) -> Result<Loaded, ScanError> {
        let file = source.place();
        let (volume, sha256) = with_contents(file, READING, true, |contents, size| {
            let begin = begin(contents)?;
            let volume =
                if names::is_picture(file) && !contents.is_gzip() && picture::is_picture(&begin) {
                    picture::volume(&all(contents, begin, size)?, max_voxel_bytes)?
                } else {
                    let frame = source.frame_number();
                    let header = header(contents, &begin, size, max_voxel_bytes, frame)?;
                    read_volume(contents, header, size)?
                };
            Ok((volume, contents.finish()?))
        })?;
        let sha256 = source.content_hash([("", sha256.as_str())]);
        Ok(Loaded { volume, sha256 })
    }
}

/// Reads the voxels that follow a header, and makes sure that the file ends as it should.
fn read_volume(
    contents: &mut Contents<'_>,
    mut header: Header,
    size: u64,
) -> Result<Volume, Problem> {
    let (one, expected) = (header.voxel_bytes(), header.all_voxel_bytes());
    let before = header.frame * one;
    let skipped = header.offset - START as u64 + before;
    let found = contents.skip(skipped)?;
    if found < skipped {
        let found = found.saturating_sub(header.offset - START as u64);
        return Err(Problem::Truncated { expected, found });
    }
    let count = header.info().dims.voxels();
    let voxels = Voxels::read(contents, count, header.voxel_type, header.order)?;
    let after = expected - before - one;
    let found = contents.skip(after)?;
    if found < after {
        let found = before + one + found;
        return Err(Problem::Truncated { expected, found });
    }
    let surplus = contents.end_member(MAX_SURPLUS)?;
    if surplus > MAX_SURPLUS {
        return Err(Problem::Surplus {
            expected,
            limit: MAX_SURPLUS,
        });
    }
    if surplus > 0 || (!contents.is_gzip() && size > header.offset + expected) {
        header.note(Note::Surplus);
    }
    Ok(Volume {
        header,
        voxels,
        colours: None,
    })
}

/// Opens the file and hands its contents and its size to `read`. That the file changed meanwhile
/// is worth more than whatever `read` found.
fn with_contents<T>(
    path: &Path,
    doing: &'static str,
    hashed: bool,
    read: impl FnOnce(&mut Contents<'_>, u64) -> Result<T, Problem>,
) -> Result<T, ScanError> {
    let (file, before) =
        file::open(path).map_err(|problem| ScanError::new("opening", path, problem))?;
    let found = if before.size == 0 {
        Err(Problem::Empty)
    } else {
        Contents::new(Disk::new(&file, before.size, hashed))
            .and_then(|mut contents| read(&mut contents, before.size))
    };
    match file::state(&file) {
        Ok(after) if after == before => found,
        Ok(_) => Err(Problem::Changed),
        Err(problem) => Err(problem),
    }
    .map_err(|problem| ScanError::new(doing, path, problem))
}

/// The first bytes of the contents, as many as a header has.
fn begin(contents: &mut Contents<'_>) -> Result<Vec<u8>, Problem> {
    let mut start = vec![0; START];
    let length = contents.fill(&mut start)?;
    start.truncate(length);
    Ok(start)
}

/// All bytes of a file of `size`, of which these are the first.
fn all(contents: &mut Contents<'_>, mut begin: Vec<u8>, size: u64) -> Result<Vec<u8>, Problem> {
    let limit = picture::MAX_FILE;
    if size > limit {
        return Err(Problem::LargePicture { bytes: size, limit });
    }
    let known = begin.len();
    // Not more than the limit.
    begin.resize(size as usize, 0);
    let more = contents.fill(&mut begin[known..])?;
    begin.truncate(known + more);
    Ok(begin)
}

/// The checked header, from the first bytes of the contents.
fn header(
    contents: &Contents<'_>,
    start: &[u8],
    size: u64,
    max_voxel_bytes: u64,
    frame: Option<u64>,
) -> Result<Header, Problem> {
    if contents.is_gzip() && start.starts_with(&bytes::GZIP_MAGIC) {
        return Err(Problem::NestedGzip);
    }
    let header = Header::parse(start, max_voxel_bytes, frame)?;
    header.check_file_size(size, contents.is_gzip())?;
    Ok(header)
}
