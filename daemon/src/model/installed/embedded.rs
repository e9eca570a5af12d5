//! The checkpoint of the default model, within this program, so that a fresh machine needs no other.
//!
//! Half precision: the encoder as published, prompt encoder and mask decoder as trained by
//! `training/`. Model card, licence and notice lie beside it in `daemon/weights`.

use crate::digest::Digest;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Its name among the checkpoints of a data folder.
pub const FILE: &str = "litemedsam-points.pth";

/// Its SHA-256.
pub const SHA256: Digest =
    match Digest::from_hex("2e5a2132a9aaade95537dcad745e9ca137c8655ee9e089539fd612e43b50b155") {
        Some(digest) => digest,
        None => panic!("not 64 lower-case hexadecimal digits"),
    };

static WEIGHTS: &[u8] = include_bytes!("../../../weights/litemedsam-points.pth");

/// Puts the checkpoint into the folder `checkpoints`, unless it is there already; returns its path.
pub fn put_into(checkpoints: &Path) -> io::Result<PathBuf> {
    let path = checkpoints.join(FILE);
    // Another version of this program may have left another one.
    if std::fs::read(&path).is_ok_and(|there| there == WEIGHTS) {
        return Ok(path);
    }
    std::fs::create_dir_all(checkpoints)?;
    // Whole or not at all, even if another process does the same.
    let mut partial = tempfile::NamedTempFile::new_in(checkpoints)?;
    partial.write_all(WEIGHTS)?;
    partial.as_file().sync_all()?;
    partial.persist(&path)?;
    File::open(checkpoints)?.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_carries_the_file_that_the_catalog_names() {
        assert_eq!(Digest::of(WEIGHTS), SHA256);
    }

    #[test]
    fn it_is_put_back_where_it_is_damaged_or_of_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = folder.path().join("checkpoints");
        let path = put_into(&checkpoints).unwrap();
        assert_eq!(Digest::of(&std::fs::read(&path).unwrap()), SHA256);
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        put_into(&checkpoints).unwrap();
        let kept = std::fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(kept, written, "nothing is written twice");
        std::fs::write(&path, b"half of it").unwrap();
        put_into(&checkpoints).unwrap();
        assert_eq!(Digest::of(&std::fs::read(&path).unwrap()), SHA256);
        let left = std::fs::read_dir(&checkpoints).unwrap().count();
        assert_eq!(left, 1, "nothing half written stays");
    }
}
