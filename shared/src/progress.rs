//! Progress: slices done and slices to do.

use serde::{Deserialize, Serialize};

/// How far some work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Slices done.
    pub done: u32,
    /// Slices to do.
    pub total: u32,
}
