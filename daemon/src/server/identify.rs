//! Settled files → cases: the content's hash, and a look at the header.

use crate::changes::Changes;
use crate::scan;
use crate::store::{Identification, Store};
use crate::watch::{self, Settled, WatcherHandle};
use medicosam_shared::case::Fault;
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
    /// Reads a file and makes a case of it.
    pub async fn identify(&self, settled: Settled) {
        let store = Arc::clone(&self.store);
        let path = settled.path.clone();
        let outcome = tokio::task::spawn_blocking(move || read(store.as_ref(), settled)).await;
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

fn read(store: &dyn Store, settled: Settled) -> Outcome {
    let sha256 = match hash(&settled) {
        Ok(Some(sha256)) => sha256,
        Ok(None) => return Outcome::Changed,
        Err(error) => return Outcome::Unreadable(error.to_string()),
    };
    let scan = scan::read_header(&settled.path).map_err(|error| Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_string(),
    });
    let file = Identification {
        path: settled.path,
        fingerprint: settled.fingerprint,
        sha256,
        profile: settled.profile,
        scan,
    };
    match store.identify(&file) {
        Ok(case) => {
            tracing::info!(%case, path = %file.path.display(), "found");
            Outcome::Identified
        }
        Err(error) => Outcome::Unreadable(error.to_string()),
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
