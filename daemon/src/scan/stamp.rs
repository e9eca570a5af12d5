//! What tells one state of a file from another, short of reading it.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// The state of one file. Two equal fingerprints mean that nobody wrote to the file in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// Modification time, ns since 1970.
    pub mtime_ns: i64,
    /// Change time, ns since 1970: moves even where a copier restores the modification time.
    pub ctime_ns: i64,
}

impl From<&Metadata> for Fingerprint {
    fn from(metadata: &Metadata) -> Self {
        let nanoseconds = |s: i64, ns: i64| s.saturating_mul(1_000_000_000).saturating_add(ns);
        Fingerprint {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The state of all files of a scan, in the order of its members.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(Vec<Fingerprint>);

impl Stamp {
    /// The fingerprint of each file.
    pub fn files(&self) -> &[Fingerprint] {
        &self.0
    }
}

impl FromIterator<Fingerprint> for Stamp {
    fn from_iter<T: IntoIterator<Item = Fingerprint>>(files: T) -> Self {
        Stamp(files.into_iter().collect())
    }
}
