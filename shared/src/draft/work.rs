//! What a draft asks workers for.

use super::scope::Slices;
use crate::place::{Label, Place};
use serde::{Deserialize, Serialize};

/// Work for a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftWork {
    /// Segment a slice by what is drawn on it.
    Preview(Place),
    /// Segment the slices around those of the object that were segmented by hand.
    Propagate(Propagate),
    /// Make a revision of the draft.
    Commit,
}

/// What a propagation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Propagate {
    /// The object.
    pub label: Label,
    /// The slices that may be changed.
    #[serde(default, skip_serializing_if = "Slices::is_all")]
    pub slices: Slices,
    /// Whether it goes through where the object seems to end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}
