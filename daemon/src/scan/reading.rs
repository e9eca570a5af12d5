//! From a source to its header or its volume.

use super::error::ScanError;
use super::files::{self, Files};
use super::formats::reader_of;
use super::header::{DEFAULT_MAX_VOXEL_BYTES, Header};
use super::source::Source;
use super::stamp::Stamp;
use super::volume::Volume;
use medicosam_shared::provenance::ScanInfo;
use std::path::Path;

/// A scan that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scan.
    pub volume: Volume,
    /// The hash of its content, see [`Source::content_hash`].
    pub sha256: String,
}

/// Size, affine and voxel type of a scan; its voxels are not read.
pub fn read_header(source: &Source) -> Result<ScanInfo, ScanError> {
    Header::read(source).map(|header| header.info().clone())
}

/// The hash of a scan's content, and the state of the files that have it.
pub fn hash(source: &Source) -> Result<(String, Stamp), ScanError> {
    let mut hashes = Vec::new();
    let mut states = Vec::new();
    for path in source.members() {
        let (sha256, state) = files::hash(path)?;
        hashes.push((path.as_path(), sha256));
        states.push(state);
    }
    Ok((content_hash(source, &hashes), states.into_iter().collect()))
}

/// The hash of a source's content, from those of its files.
pub fn content_hash(source: &Source, files: &[(&Path, String)]) -> String {
    let format = reader_of(source.place());
    let files = files.iter();
    source.content_hash(files.map(|(path, sha256)| (format.role_of(path), sha256.as_str())))
}

impl Header {
    /// Reads and checks the header of a scan; its voxels are not read.
    pub fn read(source: &Source) -> Result<Header, ScanError> {
        Self::read_within(source, DEFAULT_MAX_VOXEL_BYTES)
    }

    /// The same for the first volume of a scan, however many it has.
    pub fn read_first(source: &Source) -> Result<Header, ScanError> {
        Self::read_first_within(source, DEFAULT_MAX_VOXEL_BYTES)
    }

    /// The same with another limit on the size of the voxels, in bytes.
    pub fn read_first_within(source: &Source, max_voxel_bytes: u64) -> Result<Header, ScanError> {
        Self::read_within(&source.frame(0), max_voxel_bytes)
    }

    fn read_within(source: &Source, max_voxel_bytes: u64) -> Result<Header, ScanError> {
        let (members, frame) = (source.members(), source.frame_number());
        let mut files = Files::for_header(members, frame, max_voxel_bytes);
        reader_of(source.place()).header(&mut files)
    }
}

impl Volume {
    /// Reads a scan, in one pass: hashed, decompressed, decoded.
    pub fn read(source: &Source) -> Result<Loaded, ScanError> {
        Self::read_within(source, DEFAULT_MAX_VOXEL_BYTES)
    }

    /// The same with another limit on the size of the voxels in memory, in bytes.
    pub fn read_within(source: &Source, max_voxel_bytes: u64) -> Result<Loaded, ScanError> {
        let (members, frame) = (source.members(), source.frame_number());
        let mut files = Files::for_volume(members, frame, max_voxel_bytes);
        let volume = reader_of(source.place()).volume(&mut files)?;
        let sha256 = content_hash(source, &files.into_hashes());
        Ok(Loaded { volume, sha256 })
    }
}
