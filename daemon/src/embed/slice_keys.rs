//! The keys of the embeddings of a stack, by slice, so that a prompt finds one without reading the scan.
//!
//! One file for each stack: a record for each slice, at `index × 36`: the key of its embedding (32
//! bytes) and their CRC-32. Each is written in place by one write, so workers do not get into each
//! other's way, and a record that was never written, or only in part, has a wrong CRC and counts as missing.

use super::key::ContentKey;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const CHECKSUM: usize = 4;
const RECORD: usize = ContentKey::LENGTH + CHECKSUM;

/// The key of the slice at `index`, if it is known.
pub(super) fn read(path: &Path, index: u32) -> Option<ContentKey> {
    let mut record = [0; RECORD];
    let file = File::open(path).ok()?;
    file.read_exact_at(&mut record, offset(index)).ok()?;
    key(&record)
}

/// The keys of all slices as far as they are known, by index.
pub(super) fn read_all(path: &Path) -> Vec<Option<ContentKey>> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.as_chunks().0.iter().map(key).collect()
}

/// Records the key of the slice at `index`.
pub(super) fn write(path: &Path, index: u32, key: &ContentKey) -> io::Result<()> {
    let mut record = [0; RECORD];
    record[..ContentKey::LENGTH].copy_from_slice(key.bytes());
    record[ContentKey::LENGTH..].copy_from_slice(&checksum(key).to_le_bytes());
    // Neither truncated nor appended to: other workers write other records of it.
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.write_all_at(&record, offset(index))
}

fn offset(index: u32) -> u64 {
    u64::from(index) * RECORD as u64
}

fn key(record: &[u8; RECORD]) -> Option<ContentKey> {
    let (key, sum) = record.split_first_chunk()?;
    let key = ContentKey::from_bytes(*key);
    (checksum(&key).to_le_bytes() == *sum).then_some(key)
}

fn checksum(key: &ContentKey) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(key.bytes());
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: u8) -> Vec<ContentKey> {
        (0..count)
            .map(|n| ContentKey::from_bytes([n; ContentKey::LENGTH]))
            .collect()
    }

    #[test]
    fn records_are_written_in_any_order_and_holes_are_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stack");
        let keys = keys(3);
        assert_eq!(read(&path, 0), None);
        assert_eq!(read_all(&path), []);
        write(&path, 5, &keys[0]).unwrap();
        write(&path, 1, &keys[1]).unwrap();
        write(&path, 1, &keys[2]).unwrap();
        let expected = [None, Some(keys[2]), None, None, None, Some(keys[0])];
        assert_eq!(read_all(&path), expected);
        for (index, expected) in (0..8).zip(expected.into_iter().chain([None, None])) {
            assert_eq!(read(&path, index), expected, "slice {index}");
        }
    }

    #[test]
    fn a_record_written_in_part_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stack");
        let keys = keys(2);
        write(&path, 1, &keys[0]).unwrap();
        let before = std::fs::read(&path).unwrap();
        write(&path, 1, &keys[1]).unwrap();
        let after = std::fs::read(&path).unwrap();
        for cut in 1..RECORD {
            let torn = [&after[..RECORD + cut], &before[RECORD + cut..]].concat();
            std::fs::write(&path, torn).unwrap();
            assert_eq!(read(&path, 1), None, "{cut} bytes of a change");
            std::fs::write(&path, &after[..RECORD + cut]).unwrap();
            assert_eq!(read(&path, 1), None, "{cut} bytes of a record");
        }
    }
}
