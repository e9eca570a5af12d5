//! The embedding cache of a worker. A cache that cannot be written costs time and fails no case.

use super::report::{Reporter, StageReport};
use crate::embed::{CacheError, ContentKey, EmbeddingCache, Purpose, Stack};
use crate::model::Embedding;
use medicosam_shared::case::Fault;
use std::sync::Arc;

/// The embedding cache, which reports when it cannot keep embeddings, and when it can again.
pub struct KeptEmbeddings {
    cache: Arc<EmbeddingCache>,
    reporter: Reporter,
    /// Why embeddings are not being kept.
    fault: Option<Fault>,
}

impl KeptEmbeddings {
    /// Embeddings in this cache; faults go to `reporter`.
    pub fn new(cache: Arc<EmbeddingCache>, reporter: Reporter) -> Self {
        KeptEmbeddings {
            cache,
            reporter,
            fault: None,
        }
    }

    /// The cache itself, to read from.
    pub fn cache(&self) -> &EmbeddingCache {
        &self.cache
    }

    /// Why embeddings are not being kept, if they are not.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Keeps the embedding of a slice.
    pub fn keep(
        &mut self,
        stack: &Stack<'_>,
        index: u32,
        (key, embedding): (&ContentKey, &mut Embedding),
        purpose: Purpose,
    ) {
        let kept = self.cache.put(key, embedding, purpose);
        self.note(kept.and_then(|()| self.cache.note_slice(stack, index, key)));
    }

    /// Writes down that a slice has an embedding that is kept already.
    pub fn keep_place(&mut self, stack: &Stack<'_>, index: u32, key: &ContentKey) {
        self.note(self.cache.note_slice(stack, index, key));
    }

    /// Shows why embeddings are not kept, for as long as they are not.
    fn note(&mut self, kept: Result<(), CacheError>) {
        let fault = kept.err().map(|error| fault_of(&error));
        if fault == self.fault {
            return;
        }
        if let Some(fault) = &fault {
            tracing::warn!(code = fault.code, "{}", fault.message);
        }
        self.reporter.tell(StageReport::Fault(fault.clone()));
        self.fault = fault;
    }
}

fn fault_of(error: &CacheError) -> Fault {
    let (code, hint) = if error.is_disk_full() {
        (
            "disk-full",
            "Work goes on without; make room on the disk of the embeddings, or lower [cache] max.",
        )
    } else {
        (
            "cache-not-written",
            "Work goes on without; check the permissions of the folder of embeddings.",
        )
    };
    Fault {
        code: code.to_owned(),
        message: error.to_string(),
        hint: hint.to_owned(),
    }
}
