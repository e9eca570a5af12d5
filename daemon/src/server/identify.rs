//! Settled files → cases: the content's hash, a look at the header, the profile.

use crate::changes::Changes;
use crate::config::choice::{Candidate, Choice, NO_PROFILE, values};
use crate::config::{Config, Root};
use crate::store::{Identification, PromptsFile, Store, StoreError};
use crate::watch::{self, Kind, Settled, WatcherHandle};
use crate::{prompts, scan};
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
    pub store: Arc<dyn Store>,
    pub changes: Changes,
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

fn read(config: &Config, store: &dyn Store, settled: Settled) -> Outcome {
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
    store: &dyn Store,
    settled: Settled,
    sha256: String,
) -> Result<(), StoreError> {
    let mut scan = scan::read_header(&settled.path).map_err(|error| Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_string(),
    });
    let choice = config.choose(
        root,
        &mut Candidate {
            path: &settled.path,
            info: scan.as_ref().ok(),
            values: &mut || values(&settled.path),
        },
    );
    let profile = match choice.profile {
        Some(profile) => profile.name.clone(),
        None => {
            if scan.is_ok() {
                scan = Err(no_profile(&settled.path, &choice));
            }
            NO_PROFILE.to_owned()
        }
    };
    let file = Identification {
        path: settled.path,
        fingerprint: settled.fingerprint,
        sha256,
        profile,
        scan,
    };
    let case = store.identify(&file)?;
    tracing::info!(%case, path = %file.path.display(), profile = file.profile, "found");
    Ok(())
}

fn no_profile(path: &Path, choice: &Choice<'_>) -> Fault {
    let passed: Vec<String> = choice
        .passed_over
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
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
fn take_prompts(root: &Root, store: &dyn Store, file: &PromptsFile) -> Result<(), StoreError> {
    let scans = prompts::scans_of(&file.path, &root.label_maps);
    for case in store.prompts_changed(&scans, file)? {
        tracing::info!(%case, path = %file.path.display(), "prompts beside the scan");
    }
    Ok(())
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
