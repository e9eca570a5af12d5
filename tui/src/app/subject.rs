//! What the picture on the screen shows.

use crate::picture::Mark;
use medicosam_shared::api::SliceValues;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::window::Range;
use std::sync::Arc;

/// What is on the screen where the picture belongs.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// No picture.
    Nothing,
    /// Whatever is there already: what belongs there is on its way.
    Same,
    /// A slice.
    Slice(Box<SliceSubject>),
}

/// A slice with masks and marks.
#[derive(Debug, Clone)]
pub struct SliceSubject {
    /// What it is.
    pub showing: Showing,
    /// What is drawn on it.
    pub marks: Vec<Mark>,
    /// Which values are black and white.
    pub range: Range,
    /// How it is turned.
    pub orientation: Orientation,
    /// Millimetres between its columns and its rows.
    pub spacing: [f64; 2],
    /// Its values.
    pub slice: Arc<SliceValues>,
    /// All masks of the revision in `showing`.
    pub masks: Option<Arc<MaskSet>>,
}

/// Which slice of which case is shown with which masks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Showing {
    /// The case.
    pub case: CaseId,
    /// The slice.
    pub index: u32,
    /// The revision whose masks are drawn; `None` if none are.
    pub revision: Option<RevisionNumber>,
    /// Which state of one's draft is drawn instead; `None` if none is.
    pub draft: Option<u64>,
}

/// Two subjects are the same if their pictures are: values and masks never change under the name
/// that `showing` gives them.
impl PartialEq for SliceSubject {
    fn eq(&self, other: &Self) -> bool {
        self.showing == other.showing && self.marks == other.marks && self.range == other.range
    }
}
