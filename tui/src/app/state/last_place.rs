//! Where a reviewer was and how they looked at it, kept from one run of the client to the next.

use super::queue::sort::Sort;
use super::review::layout::Layout;
use crate::picture::Form;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::geometry::Axis;
use serde::{Deserialize, Serialize};

/// Where a reviewer was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastPlace {
    /// The filter of the list, as it was typed.
    pub filter: String,
    /// What the list was sorted by.
    pub sort: Sort,
    /// Whether the other way round.
    pub reversed: bool,
    /// The selected case.
    pub selected: Option<CaseId>,
    /// The open case.
    pub open: Option<OpenPlace>,
}

/// Where in the open case a reviewer was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPlace {
    /// The case.
    pub case: CaseId,
    /// Its revision. Of another one, the place says nothing.
    pub revision: Option<RevisionNumber>,
    /// The voxel, i, j, k.
    pub at: [u32; 3],
    /// The axis that slices were cut across; `None`: the masks' own.
    pub axis: Option<Axis>,
    /// How many slices were seen at once.
    pub layout: Layout,
    /// How masks were drawn.
    pub form: Form,
}
