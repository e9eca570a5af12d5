//! Watched folders: events and walks → settled files.
//!
//! Events are hints, the walk is the truth: a file system may drop events (nested new folders,
//! full queues, network shares), so every root is also walked from time to time. Both feed one
//! [`Settler`], which decides by its own observations when a file is finished.

mod names;
mod settle;
mod watcher;

pub use names::{Ignore, kind_of, looks_like_scan};
pub use settle::{Observation, Settler};
pub use watcher::{Kind, RootState, Settled, Watcher, WatcherHandle, WatcherReport};

use crate::scan::Fingerprint;

/// The fingerprint of a file as the file system tells it.
pub fn fingerprint(metadata: &std::fs::Metadata) -> Fingerprint {
    metadata.into()
}
