//! Watched folders: events and walks → settled scans.
//!
//! Events are hints, the walk is the truth: a file system may drop events (nested new folders,
//! full queues, network shares), so every root is also walked from time to time. Both feed one
//! [`Settler`], which decides by its own observations when a scan is finished, or gone. Nothing is
//! gone while its root is away, which [`presence`] tells.
//!
//! Each root has a thread of its own ([`surveyor`]), which alone touches its file system: that of a
//! share without its server never answers ([`file_calls`]).

mod conclude;
mod events;
mod file_calls;
mod names;
mod passed_over;
pub mod presence;
mod report;
mod root;
mod settle;
mod silence;
mod survey;
mod surveyor;
mod walk;
mod watcher;

pub use names::{Ignore, Kind, Part, kind_of, looks_like_scan};
pub use passed_over::Tally;
pub use report::{KnownScan, RootState, Settled, WatcherReport};
pub use settle::{Conclusion, Settler, Whole};
pub use watcher::{Beginning, SecondLook, Watcher, WatcherHandle};

use crate::scan::Fingerprint;

/// The fingerprint of a file as the file system tells it.
pub fn fingerprint(metadata: &std::fs::Metadata) -> Fingerprint {
    metadata.into()
}
