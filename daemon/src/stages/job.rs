//! What the slices of a case have in common while something is done to it.

use super::failure::Failure;
use crate::config::Profile;
use crate::registry::Work;
use crate::scan::Volume;
use crate::segment::propagation::Span;
use crate::workers::claimed::Pipeline;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{PromptSource, Provenance, ScanInfo, Timings};
use medicosam_shared::window::{Range, Window};
use std::collections::BTreeSet;
use std::time::Instant;

/// Everything about a case that its slices have in common.
pub(crate) struct Job<'a> {
    pub(crate) work: &'a Work,
    pub(crate) profile: &'a Profile,
    pub(crate) info: ScanInfo,
    pub(crate) axis: Axis,
    pub(crate) window: Window,
    pub(crate) range: Range,
    /// Read when it is needed first: a prompt on an embedded slice does without.
    pub(crate) volume: Option<Volume>,
    /// How 3-D boxes became masks.
    pub(crate) propagation: Option<Propagation>,
    /// The 3-D boxes of the profile, as far as this revision was made by them.
    pub(crate) boxes: Vec<Span>,
    /// Files beside the scan that prompts came from.
    pub(crate) sources: Vec<PromptSource>,
    /// Slices that a person has segmented.
    pub(crate) edited: BTreeSet<Place>,
    /// What was done to the masks of the profile's objects.
    pub(crate) rules: MaskRules,
    pub(crate) timings: Timings,
    pub(crate) started: Instant,
}

impl<'a> Job<'a> {
    /// Changing something in a result that came about like `before`.
    pub(crate) fn continuing(
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
    pub(crate) fn job_on<'a>(
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
