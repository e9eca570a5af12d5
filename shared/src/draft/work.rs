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
    /// Segment the slices of an object by the boxes that are drawn for it.
    Boxes(Boxes),
    /// Make a revision of the draft.
    Commit,
}

/// What is made of the boxes that are drawn for an object on several slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boxes {
    /// The object.
    pub label: Label,
    /// What they say together.
    pub together: Together,
}

/// What boxes on several slices say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Together {
    /// They are corners of one 3-D box, from the first slice to the last: the profile's rule makes the
    /// masks.
    Corners,
    /// Each is a box of its slice, and the sides move evenly from one to the next.
    Between,
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
    /// First and last of the slices within which it goes through, wherever the object seems to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<(u32, u32)>,
}
