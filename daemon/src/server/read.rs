//! A settled scan → what is to be filed: the content's hash, a look at the header, the profile.

use super::hash::{Extent, Hashed, hash};
use crate::case::arrival::Identification;
use crate::case::sidecar::PromptsFile;
use crate::config::{Config, PathPattern, Root};
use crate::plan::{Arrival, Disk, FoundScan, Seen, SidecarFolders, fault_of};
use crate::prompts;
use crate::scan::{Class, Header, SourceKey, content_hash};
use crate::watch::{Kind, Settled};
use medicosam_shared::case::Fault;
use std::sync::atomic::AtomicBool;

/// A file of at most this many bytes is hashed whole, whatever it holds.
const SMALL: u64 = 64 << 20;

/// What came of reading a settled scan, or a file beside one.
#[derive(Debug)]
pub enum Read {
    /// A scan; several, if the file holds several volumes.
    Scans(Vec<Identification>),
    /// A file that prompts come from.
    Prompts(Prompts),
    /// It was written to meanwhile, and has to settle again.
    Changed,
    /// It cannot be read now, for this reason.
    Unreadable(String),
    /// The daemon stops.
    Stopped,
}

/// A file that prompts come from.
#[derive(Debug)]
pub struct Prompts {
    /// Where its scan may lie.
    pub scans: Vec<SourceKey>,
    /// The file.
    pub file: PromptsFile,
}

/// Reads a settled scan, or a file beside one.
pub fn read(
    config: &Config,
    sidecars: &SidecarFolders,
    settled: &Settled,
    stop: &AtomicBool,
) -> Read {
    let Some(root) = config.root_of(&settled.place) else {
        return Read::Unreadable("it is in no root".to_owned());
    };
    let header = match header(settled, config.limits.scan) {
        Ok(header) => header,
        Err(Problem::Changed) => return Read::Changed,
        Err(Problem::Unreadable(why)) => return Read::Unreadable(why),
    };
    let sha256 = match hash_all(settled, header.is_ok(), stop) {
        Ok(Hashed::Sha256(sha256)) => sha256,
        Ok(Hashed::Changed) => return Read::Changed,
        Ok(Hashed::Stopped) => return Read::Stopped,
        Err(error) => return Read::Unreadable(error.to_string()),
    };
    // A label map that a sidecar names is no scan, whatever its name.
    let named = match settled.kind {
        Kind::Scan => sidecars.patterns(&settled.place, &root.path),
        Kind::Prompts => Vec::new(),
    };
    if settled.kind == Kind::Scan && named.is_empty() {
        return Read::Scans(scans(config, root, settled, &header, &sha256));
    }
    let patterns = [root.label_maps.as_slice(), named.as_slice()].concat();
    Read::Prompts(prompts(&patterns, settled, sha256))
}

/// Why a scan is not read now.
enum Problem {
    Changed,
    Unreadable(String),
}

/// The header of a scan, or what is wrong with the scan: also that one of its files is missing. It is looked at before all else: what
/// contradicts it, like a file much larger than it says, need not be read whole.
fn header(settled: &Settled, most: u64) -> Result<Result<Header, Fault>, Problem> {
    match Header::read_first_within(&settled.source(), most) {
        Ok(header) => Ok(Ok(header)),
        Err(error) => match error.class() {
            Class::BadInput => Ok(Err(fault_of(&error))),
            Class::Changed | Class::Missing => Err(Problem::Changed),
            Class::Environment => Err(Problem::Unreadable(error.to_string())),
        },
    }
}

/// The hash of all files of a scan. Large files that cannot be a scan are known by their begin.
fn hash_all(settled: &Settled, is_scan: bool, stop: &AtomicBool) -> std::io::Result<Hashed> {
    let mut hashes = Vec::new();
    for (path, state) in &settled.files {
        let extent = if is_scan || state.size <= SMALL {
            Extent::Whole
        } else {
            Extent::Begin
        };
        match hash(path, *state, extent, stop)? {
            Hashed::Sha256(sha256) => hashes.push((path.as_path(), sha256)),
            other => return Ok(other),
        }
    }
    Ok(Hashed::Sha256(content_hash(&settled.source(), &hashes)))
}

/// The scans of a file under the first profile that matches it.
fn scans(
    config: &Config,
    root: &Root,
    settled: &Settled,
    header: &Result<Header, Fault>,
    sha256: &str,
) -> Vec<Identification> {
    let seen = header.as_ref().map(Seen::from).map_err(Clone::clone);
    let disk = Disk::new(config);
    let arrival = Arrival::of(config, root, &settled.source(), seen, &disk);
    let found = |FoundScan { source, info }: &FoundScan| Identification {
        stamp: settled.files.iter().map(|(_, state)| *state).collect(),
        sha256: source.content_hash([("", sha256)]),
        source: source.clone(),
        profile: arrival.profile_name().to_owned(),
        scan: info.clone(),
    };
    arrival.scans().map(found).collect()
}

/// A file that prompts come from, and where its scan may lie.
fn prompts(label_maps: &[PathPattern], settled: &Settled, sha256: String) -> Prompts {
    let scans = prompts::scans_of(&settled.place, label_maps);
    let file = PromptsFile {
        path: settled.place.clone(),
        sha256,
    };
    Prompts { scans, file }
}

#[cfg(test)]
mod tests;
