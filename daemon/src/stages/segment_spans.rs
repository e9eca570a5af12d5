//! Segment: 3-D boxes. All of their slices are embedded, then the profile's rule asks about them.

use super::embed::{self, InTurn};
use super::failure::Failure;
use super::job::Job;
use super::report::StageReport;
use super::segment_slices::name_of;
use super::tools::{BetweenSlices, Tools};
use crate::model::{Embedding, Segmented};
use crate::segment::propagation::{self, Question, Span};
use crate::segment::{Segmentation, second_look};
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::Label;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// How many embeddings are held in memory between embedding and asking: 4 MB each. Those of longer
/// objects are read from the cache again, and computed again where there is none.
const HELD: usize = 32;

/// Embeddings in memory, by slice.
pub type Held = BTreeMap<u32, Embedding>;

/// Embeds all slices of 3-D boxes.
pub fn embed_spans(
    tools: &mut Tools,
    job: &mut Job<'_>,
    spans: &[Span],
    between: &mut BetweenSlices<'_>,
) -> Result<Held, Failure> {
    let indices: BTreeSet<u32> = spans.iter().flat_map(|s| s.slices.clone()).collect();
    let mut embedded = InTurn::new(indices.into_iter().collect());
    let mut held = Held::new();
    while let Some((index, embedding)) = embedded.next(tools, job, between)? {
        if held.len() < HELD {
            held.insert(index, embedding);
        }
    }
    Ok(held)
}

/// Segments the objects of 3-D boxes by the profile's rule, and has a second look at each.
pub fn answer_spans(
    tools: &mut Tools,
    job: &mut Job<'_>,
    segmentation: &mut Segmentation,
    (spans, embedded): (&[Span], &Held),
    names: &BTreeMap<Label, String>,
    between: &mut BetweenSlices<'_>,
) -> Result<(), Failure> {
    let shape = job.info.dims.slice_shape(job.axis);
    let rule = job.propagation.unwrap_or(job.profile.propagation);
    let mut progress = Progress {
        done: 0,
        total: spans.iter().map(|s| s.slices.len() as u32).sum(),
    };
    for span in spans {
        let mut asking = Asking {
            label: span.label,
            embedded,
            before: progress,
            seen: BTreeSet::new(),
            last: None,
            read: None,
        };
        let mut ask = |question: &Question| asking.ask(tools, job, question, between);
        let mut answers = propagation::segment_span(rule, span, shape, &mut ask)?;
        second_look(span, shape, &mut answers, &mut ask)?;
        progress.done += span.slices.len() as u32;
        let name = name_of(span.label, names, segmentation);
        for (index, answer) in answers {
            segmentation.put(span.label, &name, index, answer);
        }
    }
    Ok(())
}

/// A rule asks about the slices of one object.
struct Asking<'a> {
    label: Label,
    /// What is held in memory.
    embedded: &'a Held,
    /// How far the objects before it are.
    before: Progress,
    /// Slices asked about so far.
    seen: BTreeSet<u32>,
    /// The slice asked about last.
    last: Option<u32>,
    /// Its embedding, if it is not held. Rules go through the slices one after another, so it is
    /// the likeliest to be needed again.
    read: Option<(u32, Embedding)>,
}

impl Asking<'_> {
    fn ask(
        &mut self,
        tools: &mut Tools,
        job: &mut Job<'_>,
        question: &Question,
        between: &mut BetweenSlices<'_>,
    ) -> Result<Segmented, Failure> {
        let index = question.index;
        if self.last != Some(index) {
            between(tools)?;
            tools.reporter.tell(StageReport::Progress(Progress {
                done: self.before.done + self.seen.len() as u32,
                total: self.before.total,
            }));
            self.last = Some(index);
            self.seen.insert(index);
        }
        tools.reporter.tell(StageReport::Alive);
        let label = self.label;
        let embedding = match self.embedded.get(&index) {
            Some(embedding) => embedding,
            None => self.read(tools, job, index)?,
        };
        let started = Instant::now();
        let sam = tools.models.get(&job.profile.model)?;
        let answer = propagation::answer(sam, embedding, label, question)?;
        job.timings.decode_s += started.elapsed().as_secs_f64();
        job.timings.decodes += 1;
        tools.answered += 1;
        Ok(answer)
    }

    /// The embedding of a slice that is not held in memory.
    fn read(
        &mut self,
        tools: &mut Tools,
        job: &mut Job<'_>,
        index: u32,
    ) -> Result<&Embedding, Failure> {
        let embedding = match self.read.take().filter(|(of, _)| *of == index) {
            Some((_, embedding)) => embedding,
            None => {
                let before = job.timings.slices_cached;
                let embedding = embed::embedding(tools, job, index)?;
                // Each slice counts once, as it was when it was embedded.
                job.timings.slices_cached = before;
                embedding
            }
        };
        Ok(&self.read.insert((index, embedding)).1)
    }
}
