//! Segment: prompts on single slices.

use super::embed::InTurn;
use super::failure::Failure;
use super::job::Job;
use super::models::Models;
use super::tools::{BetweenSlices, Tools};
use crate::model::Embedding;
use crate::segment::Segmentation;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::collections::BTreeMap;
use std::time::Instant;

/// Prompts, and what else their answers need.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The prompts.
    pub prompts: &'a [SlicePrompt],
    /// Masks that the model starts from.
    pub starts: &'a BTreeMap<Place, SliceMask>,
    /// Names of objects; others keep the names that they have.
    pub names: &'a BTreeMap<Label, String>,
}

impl<'a> Asked<'a> {
    fn by_slice(&self) -> BTreeMap<u32, Vec<&'a SlicePrompt>> {
        let mut by_slice: BTreeMap<u32, Vec<&SlicePrompt>> = BTreeMap::new();
        for prompt in self.prompts {
            by_slice.entry(prompt.index).or_default().push(prompt);
        }
        by_slice
    }
}

/// The name that an object gets: the one that is written for it, or the one that it has.
pub fn name_of(
    label: Label,
    names: &BTreeMap<Label, String>,
    segmentation: &Segmentation,
) -> String {
    let written = names.get(&label).cloned();
    written.unwrap_or_else(|| segmentation.name(label))
}

/// Answers the prompts of a profile: slices are embedded in batches, and `between` is called
/// between them.
pub fn answer_in_bulk(
    tools: &mut Tools,
    job: &mut Job<'_>,
    segmentation: &mut Segmentation,
    asked: Asked<'_>,
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let mut by_slice = asked.by_slice();
    let mut embedded = InTurn::new(by_slice.keys().copied().collect());
    while let Some((index, embedding)) = embedded.next(tools, job, between)? {
        let prompts = by_slice.remove(&index).unwrap_or_default();
        answer_slice(
            &mut tools.models,
            job,
            segmentation,
            asked,
            (&prompts, &embedding),
        )?;
    }
    Ok(())
}

/// Answers the prompts on one slice.
fn answer_slice(
    models: &mut Models,
    job: &mut Job<'_>,
    segmentation: &mut Segmentation,
    asked: Asked<'_>,
    (prompts, embedding): (&[&SlicePrompt], &Embedding),
) -> Result<(), Failure> {
    let started = Instant::now();
    let sam = models.get(&job.profile.model)?;
    for prompt in prompts {
        let (label, index) = (prompt.label, prompt.index);
        let start = asked.starts.get(&prompt.place());
        let start = start.map(|mask| sam.start_from(embedding, mask));
        let answer = sam.decode(embedding, prompt, start.as_ref())?;
        let name = name_of(label, asked.names, segmentation);
        segmentation.put(label, &name, index, &answer);
        job.timings.decodes += 1;
    }
    job.timings.decode_s += started.elapsed().as_secs_f64();
    Ok(())
}
