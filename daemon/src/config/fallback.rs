//! `fallback`: what happens when no device works.

use serde::Deserialize;

/// What happens when no device works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// Work waits until one works again, so that nothing is slow without saying so.
    #[default]
    Pause,
    /// The processor takes over, and says so.
    Cpu,
    /// The daemon ends.
    Fail,
}
