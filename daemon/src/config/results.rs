//! What becomes of the results of scans that move.

use serde::Deserialize;

/// What becomes of results when their scan is moved or renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Results {
    /// They stay where they are.
    #[default]
    Stay,
    /// They move to where results of a scan go that lies at its new place.
    Follow,
}
