//! SHA-256 digests: parsed at compile time, computed while streaming.

use std::fmt;
use std::io::{self, Read, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest. Shown and serialized as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Parses 64 lower-case hexadecimal digits. `None` for anything else.
    #[must_use]
    pub const fn from_hex(hex: &str) -> Option<Self> {
        const fn nibble(digit: u8) -> Option<u8> {
            match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                _ => None,
            }
        }
        let hex = hex.as_bytes();
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        let mut i = 0;
        while i < bytes.len() {
            match (nibble(hex[2 * i]), nibble(hex[2 * i + 1])) {
                (Some(high), Some(low)) => bytes[i] = high << 4 | low,
                _ => return None,
            }
            i += 1;
        }
        Some(Self(bytes))
    }

    /// The digest of bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads to the end. Returns the digest and the number of bytes read.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read) -> io::Result<(Self, u64)> {
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| {
            serde::de::Error::custom("a SHA-256 is 64 lower-case hexadecimal digits")
        })
    }
}

/// Hashes and counts a stream of bytes.
#[derive(Default)]
pub(crate) struct Hasher {
    sha256: Sha256,
    bytes: u64,
}

impl Hasher {
    /// Adds the next bytes of the stream.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// The digest of everything added, and its length in bytes.
    pub(crate) fn finish(self) -> (Digest, u64) {
        (Digest(self.sha256.finalize().into()), self.bytes)
    }
}

/// Passes bytes on, and hashes them.
pub(crate) struct Hashed<W> {
    out: W,
    hasher: Hasher,
}

impl<W> Hashed<W> {
    pub(crate) fn new(out: W) -> Self {
        Hashed {
            out,
            hasher: Hasher::default(),
        }
    }

    /// The digest of everything that was passed on, in hex.
    pub(crate) fn finish(self) -> String {
        self.hasher.finish().0.to_string()
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc", from FIPS 180-2.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn agrees_with_the_standard_and_with_itself() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(Digest::from_hex(ABC), Some(Digest::of(b"abc")));
        assert_eq!(
            Digest::of_reader(&b"abc"[..]).unwrap(),
            (Digest::of(b"abc"), 3)
        );
    }

    #[test]
    fn refuses_what_is_no_digest() {
        assert_eq!(Digest::from_hex(""), None);
        assert_eq!(Digest::from_hex(&ABC[1..]), None);
        assert_eq!(Digest::from_hex(&ABC.to_uppercase()), None);
        assert_eq!(Digest::from_hex(&ABC.replace('b', "g")), None);
    }
}
