//! 3-D boxes in a worker: all of their slices are embedded, then the profile's rule asks about them.

use super::failure::Failure;
use super::job::Job;
use crate::model::Embedding;
use crate::segment::propagation::{self, Question, Span};
use crate::segment::{Segmentation, second_look};
use crate::workers::claimed::Pipeline;
use crate::workers::protocol::Report;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::Label;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// How many embeddings are held in memory between embedding and asking: 4 MB each. Those of longer
/// objects are read from the cache again, and computed again where there is none.
const HELD: usize = 32;

/// Some of the embeddings of a scan.
pub(crate) type Embedded = BTreeMap<u32, Embedding>;

impl Pipeline {
    /// Embeds all slices of 3-D boxes.
    pub(crate) fn embed_spans(
        &mut self,
        job: &mut Job<'_>,
        spans: &[Span],
    ) -> Result<Embedded, Failure> {
        let slices: BTreeSet<u32> = spans.iter().flat_map(|s| s.slices.clone()).collect();
        let slices: Vec<u32> = slices.into_iter().collect();
        let total = slices.len() as u32;
        let mut together = BTreeMap::new();
        let mut held = Embedded::new();
        for (done, &index) in slices.iter().enumerate() {
            let progress = Progress {
                done: done as u32,
                total,
            };
            self.between_slices(progress)?;
            self.reporter.tell(&Report::Alive);
            if together.is_empty() {
                together = self.embed_next(job, &slices[done..])?;
            }
            let embedding = match together.remove(&index) {
                Some(embedding) => embedding,
                None => self.embedding(job, index)?,
            };
            if held.len() < HELD {
                held.insert(index, embedding);
            }
        }
        Ok(held)
    }

    /// Segments the objects of 3-D boxes by the profile's rule, and has a second look at each.
    pub(crate) fn answer_spans(
        &mut self,
        job: &mut Job<'_>,
        mut segmentation: Segmentation,
        spans: &[Span],
        embedded: Embedded,
        name: impl Fn(Label, &Segmentation) -> String,
    ) -> Result<Segmentation, Failure> {
        let shape = job.info.dims.slice_shape(job.axis);
        let rule = job.profile.propagation;
        let total = spans.iter().map(|s| s.slices.len() as u32).sum();
        let mut done = 0;
        for span in spans {
            let mut seen = BTreeSet::new();
            let mut last = None;
            // Rules go through the slices one after another: the last embedding is the likeliest.
            let mut read: Option<(u32, Embedding)> = None;
            let mut ask = |question: &Question| {
                let index = question.index;
                if last != Some(index) {
                    let done = done + seen.len() as u32;
                    self.between_slices(Progress { done, total })?;
                    (last, _) = (Some(index), seen.insert(index));
                }
                self.reporter.tell(&Report::Alive);
                let embedding = match embedded.get(&index) {
                    Some(embedding) => embedding,
                    None => {
                        let found = match read.take().filter(|(of, _)| *of == index) {
                            Some((_, embedding)) => embedding,
                            None => {
                                let before = job.timings.slices_cached;
                                let found = self.embedding(job, index)?;
                                // Each slice counts once, as it was when it was embedded.
                                job.timings.slices_cached = before;
                                found
                            }
                        };
                        &read.insert((index, found)).1
                    }
                };
                let started = Instant::now();
                let sam = self.models.get(&job.profile.model)?;
                let answer = propagation::answer(sam, embedding, span.label, question)?;
                job.timings.decode_s += started.elapsed().as_secs_f64();
                job.timings.decodes += 1;
                Ok::<_, Failure>(answer)
            };
            let mut answers = propagation::segment_span(rule, span, shape, &mut ask)?;
            second_look(span, shape, &mut answers, &mut ask)?;
            done += span.slices.len() as u32;
            let name = name(span.label, &segmentation);
            for (index, answer) in answers {
                segmentation.put(span.label, &name, index, answer);
            }
        }
        Ok(segmentation)
    }
}
