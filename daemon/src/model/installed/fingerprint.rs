//! The two digests by which model files are known, computed in one pass.

use crate::digest::{Digest, Hasher};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use twox_hash::xxhash3_128;

/// An XXH3 digest of 128 bits, by which upstream names its published files. Shown as 32 lower-case
/// hexadecimal digits, as `xxh128sum` prints them. It tells files apart, but not against someone
/// who forges them: that is what SHA-256 is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xxh128(u128);

impl Xxh128 {
    /// Parses what `xxh128sum` prints.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if hex.len() != 32 || !hex.chars().all(digits) {
            return None;
        }
        u128::from_str_radix(hex, 16).ok().map(Xxh128)
    }

    /// The digest of this number.
    pub const fn new(value: u128) -> Self {
        Xxh128(value)
    }
}

impl fmt::Display for Xxh128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Xxh128 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Xxh128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| {
            serde::de::Error::custom("an XXH128 is 32 lower-case hexadecimal digits")
        })
    }
}

/// The digests and length of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Length of the file.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its XXH3 digest.
    pub xxh128: Xxh128,
}

impl Fingerprint {
    /// Reads a file to its end; `progress` is called with the bytes read and the file's length.
    pub fn of_file(path: &Path, mut progress: impl FnMut(u64, u64)) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let total = file.metadata()?.len();
        let mut sha256 = Hasher::default();
        let mut xxh128 = xxhash3_128::Hasher::new();
        let mut buffer = vec![0; 1024 * 1024];
        let mut done = 0;
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            sha256.update(&buffer[..read]);
            xxh128.write(&buffer[..read]);
            done += read as u64;
            progress(done, total);
        }
        let (sha256, bytes) = sha256.finish();
        Ok(Fingerprint {
            bytes,
            sha256,
            xxh128: Xxh128(xxh128.finish_128()),
        })
    }
}

/// A digest that a file must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256.
    Sha256(Digest),
    /// XXH3.
    Xxh128(Xxh128),
}

impl Checksum {
    /// Whether this is the file.
    pub fn matches(self, file: &Fingerprint) -> bool {
        match self {
            Checksum::Sha256(digest) => digest == file.sha256,
            Checksum::Xxh128(digest) => digest == file.xxh128,
        }
    }

    /// The digest of the same kind that a file has.
    pub fn of_same_kind(self, file: &Fingerprint) -> Checksum {
        match self {
            Checksum::Sha256(_) => Checksum::Sha256(file.sha256),
            Checksum::Xxh128(_) => Checksum::Xxh128(file.xxh128),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Checksum::Sha256(digest) => write!(f, "SHA-256 {digest}"),
            Checksum::Xxh128(digest) => write!(f, "XXH128 {digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_digests_are_those_of_the_usual_tools() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let mut seen = Vec::new();
        let found = Fingerprint::of_file(file.path(), |done, total| seen.push((done, total)));
        let found = found.unwrap();
        assert_eq!((found.bytes, seen), (3, vec![(3, 3)]));
        // sha256sum and xxh128sum of the same three bytes
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(found.sha256.to_string(), sha256);
        assert_eq!(found.xxh128.to_string(), "06b05ab6733a618578af5f94892f3950");

        std::fs::write(file.path(), "").unwrap();
        let empty = Fingerprint::of_file(file.path(), |_, _| {}).unwrap();
        assert_eq!(empty.xxh128.to_string(), "99aa06d3014798d86001c324468d497f");
        let expected = Checksum::Xxh128(found.xxh128);
        assert!(expected.matches(&found) && !expected.matches(&empty));
    }

    #[test]
    fn digests_are_read_back_as_they_are_written() {
        let digest = Xxh128::new(0x0123_4567_89ab_cdef);
        assert_eq!(Xxh128::from_hex(&digest.to_string()), Some(digest));
        for wrong in ["", "+1", "06B05AB6733A618578AF5F94892F3950"] {
            assert_eq!(Xxh128::from_hex(wrong), None);
        }
    }
}
