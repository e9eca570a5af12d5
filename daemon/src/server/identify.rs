//! Settled files → cases: the content's hash, a look at the header, the profile.

use crate::case::arrival::{Identification, Look};
use crate::case::sidecar::PromptsFile;
use crate::change_signal::ChangeSignal;
use crate::config::{Config, NO_PROFILE, Root};
use crate::plan::{Choice, choose, values};
use crate::prompts;
use crate::registry::{Registry, RegistryError};
use crate::scan::{self, Header, ScanError, Source, SourceKey};
use crate::watch::{self, Kind, Settled, WatcherHandle};
use medicosam_shared::case::Fault;
use medicosam_shared::text::printable;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
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
        let path = settled.path.clone();
        let read = move || read(&config, store.as_ref(), settled);
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

fn read(config: &Config, store: &Registry, settled: Settled) -> Outcome {
    let sha256 = match hash(&settled) {
        Ok(Some(sha256)) => sha256,
        Ok(None) => return Outcome::Changed,
        Err(error) => return Outcome::Unreadable(error.to_string()),
    };
    let Some(root) = config.root_of(&settled.path) else {
        return Outcome::Unreadable("it is in no root".to_owned());
    };
    let result = match settled.kind {
        Kind::Scan => identify(config, root, store, settled, sha256),
        Kind::Prompts => {
            let file = PromptsFile {
                path: settled.path,
                sha256,
            };
            take_prompts(root, store, &file)
        }
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
    settled: Settled,
    sha256: String,
) -> Result<(), RegistryError> {
    let mut volumes = 1;
    let source = Source::file(&settled.path);
    let header = Header::read_first(&source).map_err(|error| fault_of(&error));
    let mut scan = header.map(|header| {
        volumes = header.volumes();
        header.info().clone()
    });
    let choice = choose(config, root, &settled.path, scan.as_ref().ok(), &mut || {
        values(&first_of(&source, volumes))
    });
    if let (None, Ok(_)) = (choice.profile, &scan) {
        scan = Err(no_profile(&settled.path, &choice));
    }
    let frames = match choice.profile.and_then(|profile| profile.frames) {
        Some(frames) if volumes > 1 && scan.is_ok() => frames.of(volumes),
        _ => Vec::new(),
    };
    let add = |source: Source, scan| -> Result<(), RegistryError> {
        let profile = choice.profile.map_or(NO_PROFILE, |profile| &profile.name);
        let found = Identification {
            stamp: [settled.fingerprint].into_iter().collect(),
            sha256: source.content_hash([("", sha256.as_str())]),
            source,
            profile: profile.to_owned(),
            scan,
        };
        let found = [found];
        let cases = store.identify_all(&found, |source| look_at(config, source))?;
        for (case, found) in cases.iter().zip(&found) {
            tracing::info!(%case, path = %found.source, profile, "found");
        }
        Ok(())
    };
    if frames.is_empty() {
        // Several volumes under a profile that does not name one are a fault.
        let scan = scan.and_then(|_| scan::read_header(&source).map_err(|e| fault_of(&e)));
        return add(source, scan);
    }
    for volume in frames.into_iter().map(|frame| source.frame(frame)) {
        let scan = scan::read_header(&volume).map_err(|error| fault_of(&error));
        add(volume, scan)?;
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

/// The scan that stands for all volumes of a file where a profile is chosen by its values.
fn first_of(source: &Source, volumes: u64) -> Source {
    match volumes {
        0 | 1 => source.clone(),
        _ => source.frame(0),
    }
}

fn fault_of(error: &ScanError) -> Fault {
    Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_string(),
    }
}

fn no_profile(path: &Path, choice: &Choice<'_>) -> Fault {
    let passed: Vec<String> = choice
        .passed_over
        .iter()
        .map(|p| format!("{}: {}", p.profile, p.why))
        .collect();
    let path = path.to_string_lossy();
    Fault {
        code: "no-profile".to_owned(),
        message: format!(
            "no profile of its root matches {} ({})",
            printable(&path),
            passed.join("; ")
        ),
        hint: "Add or correct a profile, and restart the daemon: it is looked at again then. `medicosamd explain SCAN` shows what matches.".to_owned(),
    }
}

/// Segments the scan that prompts beside it belong to, if it has been found.
fn take_prompts(root: &Root, store: &Registry, file: &PromptsFile) -> Result<(), RegistryError> {
    let mut scans = prompts::scans_of(&file.path, &root.label_maps);
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
