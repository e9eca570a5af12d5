//! Embeddings on disk, so that a slice is embedded once and prompted as often as people like.
//!
//! An embedding is named by what it was computed from: the model's hash, the scan's content, the
//! slice and its grey range. Nothing ever becomes stale; whatever is missing or damaged is
//! computed again.

mod file;

use crate::model::Embedding;
use medicosam_shared::geometry::Axis;
use medicosam_shared::window::Range;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Embeddings in a folder.
#[derive(Debug, Clone)]
pub struct EmbeddingCache {
    folder: PathBuf,
}

/// What an embedding is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// Hash of the model, fit for file names.
    pub model: &'a str,
    /// SHA-256 of the scan's file, in hex.
    pub scan: &'a str,
    /// Axis that the slice is cut across.
    pub axis: Axis,
    /// Index of the slice.
    pub index: u32,
    /// Values that are black and white.
    pub range: Range,
}

/// The cache cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep an embedding in {}: {source}", .path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl EmbeddingCache {
    /// A cache in `folder`, which is made when it is first written to.
    pub fn new(folder: PathBuf) -> Self {
        EmbeddingCache { folder }
    }

    /// The embedding, if it is there and whole.
    pub fn get(&self, key: &Key<'_>) -> Option<Embedding> {
        let path = self.path(key);
        let bytes = std::fs::read(&path).ok()?;
        let embedding = file::decode(&bytes);
        if embedding.is_none() {
            tracing::warn!(path = %path.display(), "a damaged embedding is computed again");
        }
        embedding
    }

    /// Whether there is a file for it; it may turn out to be damaged.
    pub fn has(&self, key: &Key<'_>) -> bool {
        self.path(key).exists()
    }

    /// Keeps an embedding. The file appears whole or not at all; it is not synced, because a
    /// damaged one is noticed and computed again.
    pub fn put(&self, key: &Key<'_>, embedding: &Embedding) -> Result<(), CacheError> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        let write = || {
            std::fs::create_dir_all(folder)?;
            std::fs::create_dir_all(self.partial())?;
            let mut file = tempfile::NamedTempFile::new_in(self.partial())?;
            file.write_all(&file::encode(embedding))?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|source| CacheError {
            path: path.clone(),
            source,
        })
    }

    /// Removes what was being written when workers were killed. For a time when none is at work.
    pub fn sweep(&self) {
        // What cannot be removed takes room and does no harm.
        let _ = std::fs::remove_dir_all(self.partial());
    }

    /// Files on their way to becoming embeddings; on the same disk, so that they can be renamed.
    fn partial(&self) -> PathBuf {
        self.folder.join("partial")
    }

    /// `<folder>/<model>/<scan>/<axis><index>-<range>.embedding`
    fn path(&self, key: &Key<'_>) -> PathBuf {
        let range = match key.range {
            Range::Slice => "slice".to_owned(),
            Range::Fixed { low, high } => {
                let digest = Sha256::new()
                    .chain_update(low.to_le_bytes())
                    .chain_update(high.to_le_bytes())
                    .finalize();
                digest[..8].iter().map(|b| format!("{b:02x}")).collect()
            }
        };
        let (axis, index) = (key.axis, key.index);
        Path::new(&self.folder)
            .join(key.model)
            .join(key.scan)
            .join(format!("{axis}{index:04}-{range}.embedding"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::SliceShape;

    fn embedding(seed: f32) -> Embedding {
        Embedding {
            values: (0..2 * 3 * 4).map(|n| n as f32 * seed).collect(),
            shape: [2, 3, 4],
            original: SliceShape {
                width: 512,
                height: 300,
            },
        }
    }

    const KEY: Key<'_> = Key {
        model: "m-1",
        scan: "abc",
        axis: Axis::K,
        index: 7,
        range: Range::Slice,
    };

    #[test]
    fn what_is_put_is_got_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(folder.path().join("deep/er"));
        assert_eq!(cache.get(&KEY), None);
        cache.put(&KEY, &embedding(0.5)).unwrap();
        assert_eq!(cache.get(&KEY), Some(embedding(0.5)));
        for other in [
            Key {
                model: "m-2",
                ..KEY
            },
            Key { scan: "abd", ..KEY },
            Key {
                axis: Axis::J,
                ..KEY
            },
            Key { index: 8, ..KEY },
            Key {
                range: Range::Fixed {
                    low: 0.0,
                    high: 1.0,
                },
                ..KEY
            },
        ] {
            assert!(!cache.has(&other), "{other:?}");
        }
        cache.put(&KEY, &embedding(2.0)).unwrap();
        assert_eq!(cache.get(&KEY), Some(embedding(2.0)));
    }

    #[test]
    fn what_a_killed_worker_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(folder.path().to_owned());
        cache.put(&KEY, &embedding(1.0)).unwrap();
        std::fs::write(cache.partial().join("half"), "half").unwrap();
        cache.sweep();
        assert!(!cache.partial().exists());
        assert_eq!(cache.get(&KEY), Some(embedding(1.0)));
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = EmbeddingCache::new(folder.path().to_owned());
        cache.put(&KEY, &embedding(1.0)).unwrap();
        let path = cache.path(&KEY);
        let whole = std::fs::read(&path).unwrap();
        for at in [0, 9, 40, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(cache.get(&KEY), None, "byte {at}");
        }
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(cache.get(&KEY), None, "{length} bytes");
        }
    }
}
