//! Prompts on single slices in a worker: each slice is embedded, then asked about.

use super::failure::Failure;
use super::job::Job;
use crate::case::Task;
use crate::segment::Segmentation;
use crate::workers::claimed::Pipeline;
use crate::workers::protocol::Report;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::collections::BTreeMap;
use std::time::Instant;

impl Pipeline {
    /// Answers all prompts, slice by slice; `starts` are masks that the model starts from. Between
    /// two slices of bulk work, prompts that wait for the encoder are answered.
    pub(crate) fn answer_all(
        &mut self,
        job: &mut Job<'_>,
        mut segmentation: Segmentation,
        prompts: &[SlicePrompt],
        starts: &BTreeMap<Place, SliceMask>,
        name: impl Fn(Label, &Segmentation) -> String,
    ) -> Result<Segmentation, Failure> {
        let mut by_slice: BTreeMap<u32, Vec<&SlicePrompt>> = BTreeMap::new();
        for prompt in prompts {
            by_slice.entry(prompt.index).or_default().push(prompt);
        }
        let total = by_slice.len() as u32;
        let slices: Vec<u32> = by_slice.keys().copied().collect();
        let mut together = BTreeMap::new();
        for (done, (index, prompts)) in (0u32..).zip(by_slice) {
            if job.work.task == Task::Segment {
                self.between_slices(Progress { done, total })?;
            }
            self.reporter.tell(&Report::Alive);
            if together.is_empty() && job.work.task == Task::Segment {
                together = self.embed_next(job, &slices[done as usize..])?;
            }
            let embedding = match together.remove(&index) {
                Some(embedding) => embedding,
                None => self.embedding(job, index)?,
            };
            let started = Instant::now();
            let sam = self.models.get(&job.profile.model)?;
            for prompt in prompts {
                let start = starts.get(&prompt.place()).map(|mask| {
                    let model = sam.model();
                    model.family().start_from(mask, model.sizes())
                });
                let answer = sam.decode(&embedding, prompt, start.as_ref())?;
                let name = name(prompt.label, &segmentation);
                segmentation.put(prompt.label, &name, index, &answer);
                job.timings.decodes += 1;
            }
            job.timings.decode_s += started.elapsed().as_secs_f64();
        }
        Ok(segmentation)
    }
}
