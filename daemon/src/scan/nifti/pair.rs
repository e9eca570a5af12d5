//! A pair of header and image: `.hdr` and `.img`, either or both of them compressed.

use super::data;
use super::header::{self, Kind, Parsed, START};
use crate::scan::bytes::GZIP_MAGIC;
use crate::scan::error::{Problem, ScanError};
use crate::scan::files::Files;
use crate::scan::format::{Format, Missing};
use crate::scan::header::Header;
use crate::scan::names::strip;
use crate::scan::volume::Volume;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Endings of the two files, those of the same compression at the same place.
const HEADERS: [&str; 2] = [".hdr", ".hdr.gz"];
const IMAGES: [&str; 2] = [".img", ".img.gz"];

/// Where each file stands among the members.
const HEADER: usize = 0;
const IMAGE: usize = 1;

/// Two files with the same name before their endings.
#[derive(Debug)]
pub(super) struct Pair;

impl Format for Pair {
    fn name(&self) -> &'static str {
        "NIfTI-1 pair"
    }

    fn endings(&self) -> &'static [&'static str] {
        &HEADERS
    }

    fn other_endings(&self) -> &'static [&'static str] {
        &IMAGES
    }

    fn group_of(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?;
        let shown = name.to_string_lossy();
        let stem = strip(&shown, HEADERS.into_iter().chain(IMAGES))?;
        // The name need not be UTF-8; its ending is.
        let stem = name.len().checked_sub(shown.len() - stem.len())?;
        Some(path.with_file_name(OsStr::from_bytes(name.as_bytes().get(..stem)?)))
    }

    fn role_of(&self, path: &Path) -> &'static str {
        if has(path, &HEADERS) {
            "header"
        } else {
            "image"
        }
    }

    fn scans(&self, files: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>, Missing> {
        let with = |ending| files.iter().filter(|path| has(path, &[ending])).min();
        let (headers, images) = (HEADERS.map(with), IMAGES.map(with));
        let mut both = headers.into_iter().zip(images);
        let alike = both.find_map(|(header, image)| header.zip(image));
        let any = |found: [Option<&PathBuf>; 2]| found.into_iter().flatten().next().cloned();
        let (header, image) = match alike {
            Some((header, image)) => (Some(header.clone()), Some(image.clone())),
            None => (any(headers), any(images)),
        };
        match (header, image) {
            (Some(header), Some(image)) => Ok(vec![vec![header, image]]),
            (Some(header), None) => Err(missing("image", &header, IMAGES)),
            (None, Some(image)) => Err(missing("header", &image, HEADERS)),
            (None, None) => Ok(Vec::new()),
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
    if let [only] = files.paths() {
        let missing = Pair.scans(std::slice::from_ref(only)).err();
        let missing = missing.map_or_else(String::new, |missing| missing.0);
        return Err(files.error(HEADER, Problem::Incomplete { missing }));
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

/// The other file of `present`, compressed as it is.
fn missing(role: &str, present: &Path, endings: [&str; 2]) -> Missing {
    let stem = Pair.group_of(present).unwrap_or_default();
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    let compressed = has(present, &[HEADERS[1], IMAGES[1]]);
    Missing(format!(
        "its {role}, {name}{}",
        endings[usize::from(compressed)]
    ))
}
