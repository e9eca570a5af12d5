//! How many slices are seen at once.

use serde::{Deserialize, Serialize};

/// How many slices are seen at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One.
    #[default]
    One,
    /// One in each plane, through the same voxel.
    Three,
    /// Many of one plane.
    Mosaic,
}
