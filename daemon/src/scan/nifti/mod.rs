//! NIfTI-1: one file, `.nii` or `.nii.gz`, or a pair of header and image, `.hdr` and `.img`. The
//! pairs of its predecessor Analyze 7.5 are read too.

mod affine;
mod codes;
mod data;
mod header;
mod pair;

pub(in crate::scan) use pair::Pair;

use super::bytes::{Contents, GZIP_MAGIC};
use super::error::ScanError;
use super::files::Files;
use super::format::Format;
use super::header::Header;
use super::problem::Problem;
use super::volume::Volume;
use header::{Kind, Parsed, START};

/// One file with header and voxels.
pub(super) struct Nifti;

impl Format for Nifti {
    fn endings(&self) -> &'static [&'static str] {
        &[".nii.gz", ".nii"]
    }

    fn header(&self, files: &mut Files<'_>) -> Result<Header, ScanError> {
        let (frame, limit) = (files.frame(), files.max_voxel_bytes());
        files.read(0, |contents, size| {
            Ok(begin(contents, size, frame, limit)?.header)
        })
    }

    fn volume(&self, files: &mut Files<'_>) -> Result<Volume, ScanError> {
        let (frame, limit) = (files.frame(), files.max_voxel_bytes());
        files.read(0, |contents, size| {
            let parsed = begin(contents, size, frame, limit)?;
            data::read(contents, parsed, START as u64, size)
        })
    }
}

/// Reads and checks the header at the start of a file.
fn begin(
    contents: &mut Contents<'_>,
    size: u64,
    frame: Option<u64>,
    max_voxel_bytes: u64,
) -> Result<Parsed, Problem> {
    let start = contents.begin(START)?;
    if contents.is_gzip() && start.starts_with(&GZIP_MAGIC) {
        return Err(Problem::NestedGzip);
    }
    let parsed = header::parse(&start, Kind::OneFile, max_voxel_bytes, frame)?;
    data::check_size(&parsed, size, contents.is_gzip())?;
    Ok(parsed)
}
