//! The marker of a complete installation: written last, removed first.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::storage::{rename, sync_folder};
use super::{Package, SetupError, Wheel};
use crate::digest::Digest;

/// No marker is longer; more than this is not read.
const LARGEST_MARKER: u64 = 64 * 1024;

/// The JSON object in the marker file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    package: String,
    version: String,
    wheel: String,
    wheel_sha256: String,
    files: Vec<MarkedFile>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MarkedFile {
    file: String,
    bytes: u64,
    sha256: String,
}

impl Marker {
    fn of(package: &Package, wheel: &Wheel) -> Self {
        Self {
            package: package.name.to_owned(),
            version: package.version.to_owned(),
            wheel: wheel.file.to_owned(),
            wheel_sha256: wheel.sha256.to_string(),
            files: wheel
                .members
                .iter()
                .map(|member| MarkedFile {
                    file: member.file.to_owned(),
                    bytes: member.bytes,
                    sha256: member.sha256.to_string(),
                })
                .collect(),
        }
    }
}

fn marker_path(data: &Path, package: &Package) -> PathBuf {
    package.folder_in(data).join(format!(
        "{}-{}.installed.json",
        package.name, package.version
    ))
}

/// Whether the package is installed from exactly this wheel, as far as can be told without reading
/// the files: its marker says so, and each file is there in its size.
pub(super) fn is_installed(data: &Path, package: &Package, wheel: &Wheel) -> bool {
    let found = read(&marker_path(data, package));
    found.as_ref() == Some(&Marker::of(package, wheel))
        && wheel.members.iter().all(|member| {
            fs::metadata(package.folder_in(data).join(member.file))
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() == member.bytes)
        })
}

/// A marker that cannot be read or understood counts as missing: the package is then installed again.
fn read(path: &Path) -> Option<Marker> {
    let mut text = Vec::new();
    File::open(path)
        .ok()?
        .take(LARGEST_MARKER)
        .read_to_end(&mut text)
        .ok()?;
    serde_json::from_slice(&text).ok()
}

/// The first file of an installed package whose contents are not the pinned ones, with what was
/// found.
pub(super) fn first_damaged(
    data: &Path,
    package: &Package,
    wheel: &Wheel,
) -> Result<Option<(PathBuf, Digest)>, SetupError> {
    for member in wheel.members {
        let path = package.folder_in(data).join(member.file);
        let (digest, _) = File::open(&path)
            .and_then(Digest::of_reader)
            .map_err(|error| SetupError::io("reading", &path, error))?;
        if digest != member.sha256 {
            return Ok(Some((path, digest)));
        }
    }
    Ok(None)
}

/// Declares the package not installed.
pub(super) fn remove(data: &Path, package: &Package) -> Result<(), SetupError> {
    let path = marker_path(data, package);
    match fs::remove_file(&path) {
        Ok(()) => sync_folder(&package.folder_in(data)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SetupError::io("removing the marker", &path, error)),
    }
}

/// Declares the package installed, once its files lie in place.
pub(super) fn write(
    data: &Path,
    package: &Package,
    wheel: &Wheel,
    staging: &Path,
) -> Result<(), SetupError> {
    let staged = staging.join("marker");
    let saving = |error| SetupError::io("writing the marker", &staged, error);
    let mut text = serde_json::to_vec_pretty(&Marker::of(package, wheel))
        .map_err(|error| saving(error.into()))?;
    text.push(b'\n');
    let mut file = File::create(&staged).map_err(saving)?;
    file.write_all(&text).map_err(saving)?;
    file.sync_all().map_err(saving)?;
    rename(&staged, &marker_path(data, package))?;
    sync_folder(&package.folder_in(data))
}
