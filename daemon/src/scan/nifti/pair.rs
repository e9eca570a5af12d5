//! A pair of header and image: `.hdr` and `.img`, or both compressed.

use super::data;
use super::header::{self, Kind, Parsed, START};
use crate::scan::bytes::GZIP_MAGIC;
use crate::scan::error::ScanError;
use crate::scan::files::Files;
use crate::scan::format::{Format, incomplete};
use crate::scan::header::Header;
use crate::scan::names::strip;
use crate::scan::problem::Problem;
use crate::scan::volume::Volume;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Endings of the two files. Both are compressed or none is.
const HEADERS: [&str; 2] = [".hdr", ".hdr.gz"];
const IMAGES: [&str; 2] = [".img", ".img.gz"];
/// Bytes of an ending without that of the compression.
const KIND: usize = 4;

/// Where each file stands among the members.
const HEADER: usize = 0;
const IMAGE: usize = 1;

/// Two files with the same name before their endings.
pub(in crate::scan) struct Pair;

impl Format for Pair {
    fn endings(&self) -> &'static [&'static str] {
        &HEADERS
    }

    fn other_endings(&self) -> &'static [&'static str] {
        &IMAGES
    }

    fn group_of(&self, path: &Path) -> Option<Vec<PathBuf>> {
        let name = path.file_name()?;
        let shown = name.to_string_lossy();
        let stem = strip(&shown, HEADERS.into_iter().chain(IMAGES))?;
        let ending = &shown[stem.len()..];
        // The other is compressed alike, and its ending in capitals too.
        let compression = ending.get(KIND..).unwrap_or_default();
        let capitals = ending.contains(char::is_uppercase);
        // The name need not be UTF-8; its ending is.
        let stem = name
            .as_bytes()
            .get(..name.len().checked_sub(ending.len())?)?;
        let file = |kind: &str| {
            let mut name = OsStr::from_bytes(stem).to_owned();
            name.push(kind);
            name.push(compression);
            path.with_file_name(name)
        };
        Some(match capitals {
            true => vec![file(".HDR"), file(".IMG")],
            false => vec![file(".hdr"), file(".img")],
        })
    }

    fn role_of(&self, path: &Path) -> &'static str {
        if has(path, &HEADERS) {
            "header"
        } else {
            "image"
        }
    }

    fn header(&self, files: &mut Files<'_>) -> Result<Header, ScanError> {
        let parsed = parse(files)?;
        files.read(IMAGE, |contents, size| {
            data::check_size(&parsed, size, contents.is_gzip())?;
            Ok(parsed.header)
        })
    }

    fn volume(&self, files: &mut Files<'_>) -> Result<Volume, ScanError> {
        let parsed = parse(files)?;
        files.read(IMAGE, |contents, size| {
            data::check_size(&parsed, size, contents.is_gzip())?;
            data::read(contents, parsed, 0, size)
        })
    }
}

/// Reads and checks the header file.
fn parse(files: &mut Files<'_>) -> Result<Parsed, ScanError> {
    if let Some(problem) = incomplete(&Pair, files.paths()) {
        return Err(files.error(HEADER, problem));
    }
    let (frame, limit) = (files.frame(), files.max_voxel_bytes());
    files.read(HEADER, |contents, _| {
        let start = contents.begin(START)?;
        if contents.is_gzip() && start.starts_with(&GZIP_MAGIC) {
            return Err(Problem::NestedGzip);
        }
        header::parse(&start, Kind::Pair, limit, frame)
    })
}

fn has(path: &Path, endings: &[&'static str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    strip(&name, endings.iter().copied()).is_some()
}
