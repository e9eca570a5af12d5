//! Prompts of a person that change the current revision at once, without a draft.

use super::failure::Failure;
use super::job::Job;
use crate::case::FaultClass;
use crate::config::Profile;
use crate::registry::Work;
use crate::segment::Segmentation;
use crate::workers::claimed::Pipeline;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePrompt;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

impl Pipeline {
    /// Replaces masks of the current revision as a person asks.
    pub(crate) fn prompt(
        &mut self,
        work: &Work,
        profile: &Profile,
        prompts: &[SlicePrompt],
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let current = work.revision.ok_or_else(|| {
            Failure::new(
                "no-revision",
                "there is no revision to change",
                "Wait until the case is up for review.",
                FaultClass::BadInput,
            )
        })?;
        let before = self.store.revision(&work.lease.case, current)?.provenance;
        let masks = self.store.masks(&work.lease.case, current)?;
        let before_objects = Segmentation::continuing(masks, &before.objects);
        let mut job = Job::continuing(work, profile, before, started);
        let none = BTreeMap::new();
        let mut segmentation = self.answer_all(
            &mut job,
            before_objects,
            prompts,
            &none,
            |label, current| current.name(label),
        )?;
        let places: Vec<Place> = prompts.iter().map(SlicePrompt::place).collect();
        // Where the profile says that who comes later takes, nothing of another object is fixed:
        // this is what a person asked for last.
        segmentation.settle_overlaps(profile.masks.overlap, &places, &BTreeSet::new())?;
        job.edited.extend(places);
        let records = self.models.records(&profile.model)?;
        self.commit(job, segmentation, prompts.to_vec(), &work.author, records)
    }
}
