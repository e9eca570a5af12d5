//! One piece of work on one case, on its way through the stages.

use super::failure::Failure;
use super::load::LoadedScan;
use crate::config::Profile;
use crate::embed::{Stack, view_of};
use crate::model::View;
use crate::registry::{Registry, Work};
use crate::scan::Volume;
use crate::segment::propagation::Span;
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::geometry::Axis;
use medicosam_shared::hand::Hands;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{PromptSource, Provenance, ScanInfo, Timings};
use medicosam_shared::window::{Range, Window};
use std::collections::BTreeSet;
use std::time::Instant;

/// Claimed work, before anything about its case has been read.
#[derive(Clone, Copy)]
pub struct Assignment<'a> {
    /// The work.
    pub work: &'a Work,
    /// The profile that it names.
    pub profile: &'a Profile,
    /// When it began.
    pub started: Instant,
}

/// What all slices of a case have in common while it is worked on.
pub struct Job<'a> {
    /// The work.
    pub work: &'a Work,
    /// The profile of the case.
    pub profile: &'a Profile,
    /// When the work began.
    pub started: Instant,
    /// Size and geometry of the scan.
    pub info: ScanInfo,
    /// The axis that slices are cut across.
    pub axis: Axis,
    /// How voxel values become grey.
    pub window: Window,
    /// The values that the window makes black and white.
    pub range: Range,
    /// The voxels; read only when needed, since a prompt on an embedded slice does without.
    pub volume: Option<Volume>,
    /// How 3-D boxes became masks.
    pub propagation: Option<Propagation>,
    /// The 3-D boxes of the profile that made this revision.
    pub boxes: Vec<Span>,
    /// Files beside the scan that prompts came from.
    pub sources: Vec<PromptSource>,
    /// Slices that a person has segmented.
    pub edited: BTreeSet<Place>,
    /// Pixels that people have painted.
    pub painted: Hands,
    /// What was done to the masks of the profile's objects.
    pub rules: MaskRules,
    /// Where the time went.
    pub timings: Timings,
}

impl<'a> Job<'a> {
    /// A scan that is segmented by its profile, having just been loaded.
    pub fn on_scan(assignment: Assignment<'a>, scan: LoadedScan, axis: Axis) -> Self {
        let Assignment {
            work,
            profile,
            started,
        } = assignment;
        Job {
            work,
            profile,
            started,
            info: scan.volume.info().clone(),
            axis,
            window: profile.window,
            range: scan.range,
            volume: Some(scan.volume),
            propagation: None,
            boxes: Vec::new(),
            sources: Vec::new(),
            edited: BTreeSet::new(),
            painted: Hands::default(),
            rules: profile.masks,
            timings: Timings {
                load_s: started.elapsed().as_secs_f64(),
                ..Timings::default()
            },
        }
    }

    /// A change to a revision of the case, which was made as `before` says.
    pub fn on_revision(assignment: Assignment<'a>, before: Provenance) -> Self {
        let Assignment {
            work,
            profile,
            started,
        } = assignment;
        Job {
            work,
            profile,
            started,
            info: before.scan.info,
            axis: before.axis,
            window: before.window,
            range: before.range,
            volume: None,
            propagation: before.propagation,
            // A person may have gone beyond them.
            boxes: Vec::new(),
            sources: before.sources,
            edited: before.edited,
            painted: before.painted,
            rules: before.masks,
            timings: Timings::default(),
        }
    }

    /// A change to the revision with this number.
    pub fn on_revision_number(
        registry: &Registry,
        assignment: Assignment<'a>,
        revision: RevisionNumber,
    ) -> Result<Self, Failure> {
        let revision = registry.revision(&assignment.work.lease.case, revision)?;
        Ok(Job::on_revision(assignment, revision.provenance))
    }

    /// Where the embeddings of this case's slices lie in the cache.
    pub fn stack<'s>(&self, encoder: &'s str) -> Stack<'s>
    where
        'a: 's,
    {
        Stack {
            encoder,
            scan: &self.work.sha256,
            axis: self.axis,
            view: self.view(),
            range: self.range,
        }
    }

    /// How its slices are shown to the model.
    pub fn view(&self) -> View {
        view_of(&self.info, self.axis)
    }
}
