//! What the slices of a case have in common while something is done to it.

use super::failure::Failure;
use super::pipeline::Pipeline;
use crate::config::Profile;
use crate::scan::Volume;
use crate::segment::propagation::Span;
use crate::store::Work;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::draft::Place;
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{PromptSource, Provenance, ScanInfo, Timings};
use medicosam_shared::window::{Range, Window};
use std::collections::BTreeSet;
use std::time::Instant;

/// Everything about a case that its slices have in common.
pub(super) struct Job<'a> {
    pub(super) work: &'a Work,
    pub(super) profile: &'a Profile,
    pub(super) info: ScanInfo,
    pub(super) axis: Axis,
    pub(super) window: Window,
    pub(super) range: Range,
    /// Read when it is needed first: a prompt on an embedded slice does without.
    pub(super) volume: Option<Volume>,
    /// How 3-D boxes became masks.
    pub(super) propagation: Option<Propagation>,
    /// The 3-D boxes of the profile, as far as this revision was made by them.
    pub(super) boxes: Vec<Span>,
    /// Files beside the scan that prompts came from.
    pub(super) sources: Vec<PromptSource>,
    /// Slices that a person has segmented.
    pub(super) edited: BTreeSet<Place>,
    /// What was done to the masks of the profile's objects.
    pub(super) rules: MaskRules,
    pub(super) timings: Timings,
    pub(super) started: Instant,
}

impl<'a> Job<'a> {
    /// Changing something in a result that came about like `before`.
    pub(super) fn continuing(
        work: &'a Work,
        profile: &'a Profile,
        before: Provenance,
        started: Instant,
    ) -> Self {
        Job {
            work,
            profile,
            info: before.scan.info,
            axis: before.axis,
            window: before.window,
            range: before.range,
            volume: None,
            sources: before.sources,
            edited: before.edited,
            rules: before.masks,
            propagation: before.propagation,
            // A person may have gone beyond them.
            boxes: Vec::new(),
            timings: Timings::default(),
            started,
        }
    }
}

impl Pipeline {
    /// What the slices of a revision have in common.
    pub(super) fn job_on<'a>(
        &self,
        work: &'a Work,
        profile: &'a Profile,
        revision: RevisionNumber,
    ) -> Result<Job<'a>, Failure> {
        let started = Instant::now();
        let before = self.store.revision(&work.lease.case, revision)?.provenance;
        Ok(Job::continuing(work, profile, before, started))
    }
}
