//! Sizes in bytes, as people write them: `"20 GiB"`, `"500 MB"`.

use serde::{Deserialize, Deserializer, de};
use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// The text is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; write a number and a unit: \"20 GiB\", \"500 MB\", \"0 B\"")]
pub struct NotASize(String);

/// Powers of 1000 and of 1024.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1000 * 1000),
    ("GB", 1000 * 1000 * 1000),
    ("TB", 1000 * 1000 * 1000 * 1000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl FromStr for ByteSize {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let not_a_size = || NotASize(text.to_owned());
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(not_a_size)?;
        let (number, unit) = text.split_at(end);
        let number: f64 = number.parse().map_err(|_| not_a_size())?;
        let unit = unit.trim();
        let (_, bytes) = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .ok_or_else(not_a_size)?;
        // The cast saturates.
        Ok(ByteSize((number * *bytes as f64) as u64))
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0 B", 0),
            ("50 GB", 50_000_000_000),
            ("20GiB", 20 << 30),
            ("1.5 MiB", 3 << 19),
            ("2 tb", 2_000_000_000_000),
            ("999999999 TiB", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_size_says_how_to_write_one() {
        for text in [
            "", "20", "GB", "-1 GB", "1.2.3 GB", "5 apples", "ten GB", "1e3 GB",
        ] {
            let error = text.parse::<ByteSize>().unwrap_err().to_string();
            assert!(error.contains("20 GiB"), "{text}: {error}");
        }
    }
}
