//! Hashes of files in a root.

use crate::scan::Fingerprint;
use crate::watch;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that are read at a time, and of a file that is not read whole.
const BLOCK: usize = 1 << 20;

/// How much of a file is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its size and its first bytes: enough for a large file that cannot be a scan.
    Begin,
}

/// What came of hashing a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Hashed {
    /// SHA-256, in lower-case hexadecimal.
    Sha256(String),
    /// It was not in the state in which it settled, before or after.
    Changed,
    /// The daemon stops.
    Stopped,
}

/// Hashes a file that was settled in this state.
pub fn hash(
    path: &Path,
    settled: Fingerprint,
    extent: Extent,
    stop: &AtomicBool,
) -> io::Result<Hashed> {
    let mut file = open(path)?;
    let is_as_settled =
        |file: &File| -> io::Result<bool> { Ok(watch::fingerprint(&file.metadata()?) == settled) };
    if !is_as_settled(&file)? {
        return Ok(Hashed::Changed);
    }
    let mut digest = Sha256::new();
    if extent == Extent::Begin {
        digest.update(format!("the first bytes of {}\n", settled.size));
    }
    let mut buffer = vec![0; BLOCK];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(Hashed::Stopped);
        }
        let read = file.read(&mut buffer)?;
        digest.update(&buffer[..read]);
        if read == 0 || extent == Extent::Begin {
            break;
        }
    }
    if !is_as_settled(&file)? {
        return Ok(Hashed::Changed);
    }
    let digest = digest.finalize();
    let hex = digest.iter().map(|b| format!("{b:02x}")).collect();
    Ok(Hashed::Sha256(hex))
}

/// Never follows a link out of the root, never waits for a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(path: &Path, extent: Extent, stop: bool) -> Hashed {
        let state = watch::fingerprint(&path.symlink_metadata().unwrap());
        hash(path, state, extent, &AtomicBool::new(stop)).unwrap()
    }

    #[test]
    fn a_file_has_the_hash_of_its_bytes_or_of_its_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            hashed(&path, Extent::Whole, false),
            Hashed::Sha256(sha256.to_owned())
        );
        let begin = hashed(&path, Extent::Begin, false);
        assert_ne!(begin, Hashed::Sha256(sha256.to_owned()));
        // A terabyte of nothing costs no more than its first block.
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(1 << 40))
            .unwrap();
        let large = hashed(&path, Extent::Begin, false);
        assert!(matches!(large, Hashed::Sha256(_)) && large != begin);
        assert_eq!(hashed(&path, Extent::Whole, true), Hashed::Stopped);
    }

    #[test]
    fn a_file_that_was_written_to_has_to_settle_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let before = watch::fingerprint(&path.symlink_metadata().unwrap());
        std::fs::write(&path, "abcd").unwrap();
        let found = hash(&path, before, Extent::Whole, &AtomicBool::new(false));
        assert_eq!(found.unwrap(), Hashed::Changed);
    }
}
