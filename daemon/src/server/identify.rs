//! Settled files → cases: the content's hash, and the plan's decision about the file.

use crate::case::arrival::{Identification, Look};
use crate::case::sidecar::PromptsFile;
use crate::change_signal::ChangeSignal;
use crate::config::{Config, PathPattern, Root};
use crate::plan::{Arrival, Disk, FoundScan, Reader as _, SidecarFolders};
use crate::prompts;
use crate::registry::{Registry, RegistryError};
use crate::scan::{Header, Source, SourceKey};
use crate::watch::{self, Kind, Settled, WatcherHandle};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

/// A file that could not be read is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Makes cases of settled files.
pub struct Identifier {
    pub config: Arc<Config>,
    pub store: Arc<Registry>,
    pub changes: ChangeSignal,
    pub watcher: Arc<WatcherHandle>,
    pub sidecars: Arc<SidecarFolders>,
}

/// What became of a file.
enum Outcome {
    Identified,
    /// It was written to while it was read, and has to settle again.
    Changed,
    Unreadable(String),
}

impl Identifier {
    /// Reads a file and makes a case of it, or of the scan that it belongs to.
    pub async fn identify(&self, settled: Settled) {
        let (config, store) = (Arc::clone(&self.config), Arc::clone(&self.store));
        let sidecars = Arc::clone(&self.sidecars);
        let path = settled.path.clone();
        let read = move || read(&config, store.as_ref(), &sidecars, settled);
        let outcome = tokio::task::spawn_blocking(read).await;
        match outcome.unwrap_or_else(|error| Outcome::Unreadable(error.to_string())) {
            Outcome::Identified => self.changes.announce(),
            Outcome::Changed => self.watcher.look_again(path),
            Outcome::Unreadable(why) => {
                tracing::warn!(path = %path.display(), "cannot be read: {why}; tried again in a minute");
                let watcher = Arc::clone(&self.watcher);
                tokio::spawn(async move {
                    tokio::time::sleep(LOOK_AGAIN).await;
                    watcher.look_again(path);
                });
            }
        }
    }
}

fn read(config: &Config, store: &Registry, sidecars: &SidecarFolders, settled: Settled) -> Outcome {
    let sha256 = match hash(&settled) {
        Ok(Some(sha256)) => sha256,
        Ok(None) => return Outcome::Changed,
        Err(error) => return Outcome::Unreadable(error.to_string()),
    };
    let Some(root) = config.root_of(&settled.path) else {
        return Outcome::Unreadable("it is in no root".to_owned());
    };
    // A label map that a sidecar names is no scan, whatever its name.
    let named = match settled.kind {
        Kind::Scan => sidecars.patterns(&settled.path, &root.path),
        Kind::Prompts => Vec::new(),
    };
    let result = if settled.kind == Kind::Scan && named.is_empty() {
        identify(config, root, store, &settled, &sha256)
    } else {
        let file = PromptsFile {
            path: settled.path,
            sha256,
        };
        let patterns = [root.label_maps.as_slice(), named.as_slice()].concat();
        take_prompts(&patterns, store, &file)
    };
    result.map_or_else(
        |e| Outcome::Unreadable(e.to_string()),
        |()| Outcome::Identified,
    )
}

/// Makes a case of a scan, under the first profile that matches it.
fn identify(
    config: &Config,
    root: &Root,
    store: &Registry,
    settled: &Settled,
    sha256: &str,
) -> Result<(), RegistryError> {
    let file = Source::file(&settled.path);
    let disk = Disk::new(&config.data);
    let arrival = Arrival::of(config, root, &file, disk.header(&file), &disk);
    let profile = arrival.profile_name();
    let found = |FoundScan { source, info }: &FoundScan| Identification {
        stamp: [settled.fingerprint].into_iter().collect(),
        sha256: source.content_hash([("", sha256)]),
        source: source.clone(),
        profile: profile.to_owned(),
        scan: info.clone(),
    };
    let found: Vec<Identification> = arrival.scans().map(found).collect();
    let cases = store.identify_all(&found, |source| look_at(config, source))?;
    for (case, found) in cases.iter().zip(&found) {
        tracing::info!(%case, path = %found.source, profile, "found");
    }
    Ok(())
}

/// Looks at the files of a scan. What is missing is gone only if its root is there.
fn look_at(config: &Config, source: &Source) -> Look {
    match source.stamp() {
        Ok(stamp) => Look::Found(stamp),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let root = config.root_of(source.place());
            match root.is_some_and(|root| root.path.is_dir()) {
                true => Look::Absent,
                false => Look::Unsure,
            }
        }
        Err(_) => Look::Unsure,
    }
}

/// Segments the scan that prompts beside it belong to, if it has been found.
fn take_prompts(
    label_maps: &[PathPattern],
    store: &Registry,
    file: &PromptsFile,
) -> Result<(), RegistryError> {
    let mut scans = prompts::scans_of(&file.path, label_maps);
    // What belongs to a file with several volumes belongs to each of them.
    let of_volumes: Vec<SourceKey> = scans.iter().flat_map(volumes_of).collect();
    scans.extend(of_volumes);
    for case in store.prompts_changed(&scans, file)? {
        tracing::info!(%case, path = %file.path.display(), "prompts beside the scan");
    }
    Ok(())
}

/// The volumes of a file that holds several.
fn volumes_of(file: &SourceKey) -> Vec<SourceKey> {
    let Ok(source) = Source::find(file.place()) else {
        return Vec::new();
    };
    let volumes = Header::read_first(&source).map_or(1, |header| header.volumes());
    match volumes {
        0 | 1 => Vec::new(),
        _ => (0..volumes)
            .map(|frame| source.frame(frame).key())
            .collect(),
    }
}

/// SHA-256 of a file, in hex; `None` if it is not in the state in which it settled, before or
/// after.
fn hash(settled: &Settled) -> io::Result<Option<String>> {
    // Never follows a link out of the root, never waits for a pipe.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&settled.path)?;
    let is_as_settled = |file: &File| -> io::Result<bool> {
        Ok(watch::fingerprint(&file.metadata()?) == settled.fingerprint)
    };
    if !is_as_settled(&file)? {
        return Ok(None);
    }
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => digest.update(&buffer[..read]),
        }
    }
    let hex = digest
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    Ok(is_as_settled(&file)?.then_some(hex))
}
