//! What a change of a draft depends on besides the draft.

use crate::case::{CaseId, CaseState, RevisionNumber};
use crate::geometry::{Axis, Dims};
use crate::mask::MaskSet;
use crate::place::{Label, Place};
use crate::provenance::Provenance;
use std::collections::BTreeSet;

/// The case of a draft, as far as its changes depend on it.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// Where it stands.
    pub state: CaseState,
    /// Its current revision, if it has one.
    pub current: Option<Current<'a>>,
    /// The revision that [`Draft::base`](super::Draft::base) names, if the case has it.
    pub base: Option<Base<'a>>,
    /// The revision that [`Draft::looks_at`](super::Draft::looks_at) names, if it names one.
    pub looked_at: LookedAt<'a>,
    /// Version of the last draft that the reviewer had on the case; 0 if there was none. The
    /// versions of the next one follow on it.
    pub last_version: u64,
}

/// The current revision of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current<'a> {
    /// Its number.
    pub number: RevisionNumber,
    /// Who made it.
    pub author: &'a str,
}

/// What matters of the revision that a draft changes.
#[derive(Debug, Clone)]
pub struct Base<'a> {
    /// Voxels of the scan.
    pub dims: Dims,
    /// The axis that slices are cut across.
    pub axis: Axis,
    /// Its objects.
    pub labels: BTreeSet<Label>,
    /// The places that people have segmented.
    pub edited: &'a BTreeSet<Place>,
}

/// A revision whose masks a change needs.
#[derive(Debug, Clone, Copy, Default)]
pub enum LookedAt<'a> {
    /// Its masks, and how they came about.
    Masks(&'a MaskSet, &'a Provenance),
    /// The case does not have it.
    Missing,
    /// It has not been read here: the daemon, which has it, says what becomes of the change.
    #[default]
    Unread,
}

impl<'a> From<&'a Provenance> for Base<'a> {
    fn from(provenance: &'a Provenance) -> Self {
        Base {
            dims: provenance.scan.info.dims,
            axis: provenance.axis,
            labels: provenance.objects.iter().map(|o| o.label).collect(),
            edited: &provenance.edited,
        }
    }
}
