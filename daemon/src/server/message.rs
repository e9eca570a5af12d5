//! What the filing thread hears.

use super::read::Read;
use crate::watch::WatcherReport;
use std::path::PathBuf;

/// What the filing thread hears.
pub enum Message {
    /// From the watcher.
    Report(WatcherReport),
    /// A scan has been read.
    Read(PathBuf, Read),
    /// The daemon stops.
    Stop,
}
