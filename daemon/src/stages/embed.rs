//! Embed: the embeddings of slices, from the cache, or computed and put there.

use super::failure::Failure;
use super::job::Job;
use super::kept_embeddings::KeptEmbeddings;
use super::load::LoadedScan;
use super::models::Models;
use super::report::StageReport;
use super::tools::{BetweenSlices, Tools};
use crate::case::FaultClass;
use crate::embed::{ContentKey, Purpose, Stack, slice_image};
use crate::model::{Embedding, SliceImage};
use crate::scan::Volume;
use medicosam_shared::progress::Progress;
use std::collections::BTreeMap;
use std::time::Instant;

/// The slices of a volume, to be embedded by a model.
#[derive(Clone, Copy)]
pub struct Slices<'a> {
    /// The name of the model.
    pub model: &'a str,
    /// Where their embeddings lie in the cache.
    pub stack: Stack<'a>,
    /// The voxels.
    pub volume: &'a Volume,
}

/// The embedding of a slice.
pub struct Embedded {
    /// The embedding.
    pub embedding: Embedding,
    /// Whether it was computed now, and not before for a slice that looks the same.
    pub is_new: bool,
}

impl Slices<'_> {
    /// Embeds the first of the slices `indices` at once, as many as the device is set to, and
    /// keeps them; none if that is one. Slices that look the same are embedded once, those in the
    /// cache not at all.
    pub fn embed_batch(
        &self,
        models: &mut Models,
        cache: &mut KeptEmbeddings,
        indices: impl Iterator<Item = u32>,
        purpose: Purpose,
    ) -> Result<BTreeMap<u32, Embedding>, Failure> {
        let batch = models.get(self.model)?.batch();
        if batch == 1 {
            return Ok(BTreeMap::new());
        }
        let (mut embedded, mut images, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for index in indices {
            if images.len() == batch {
                break;
            }
            let image = self.image(index)?;
            let key = ContentKey::of(self.stack.encoder, &image);
            if !keys.contains(&key) && cache.cache().get_content(&key, image.view()).is_none() {
                embedded.push(index);
                images.push(image);
                keys.push(key);
            }
        }
        let mut embeddings = models.get(self.model)?.embed_batch(&images)?;
        for ((embedding, key), &index) in embeddings.iter_mut().zip(&keys).zip(&embedded) {
            cache.keep(&self.stack, index, (key, embedding), purpose);
        }
        Ok(embedded.into_iter().zip(embeddings).collect())
    }

    /// The embedding of a slice whose place is not in the cache: that of a slice that looks the
    /// same, or computed now. It is kept if possible; if not, work goes on without.
    pub fn embed(
        &self,
        models: &mut Models,
        cache: &mut KeptEmbeddings,
        index: u32,
        purpose: Purpose,
    ) -> Result<Embedded, Failure> {
        let image = self.image(index)?;
        let key = ContentKey::of(self.stack.encoder, &image);
        if let Some(embedding) = cache.cache().get_content(&key, image.view()) {
            cache.keep_place(&self.stack, index, &key);
            return Ok(Embedded {
                embedding,
                is_new: false,
            });
        }
        let mut embedding = models.get(self.model)?.embed(&image)?;
        cache.keep(&self.stack, index, (&key, &mut embedding), purpose);
        Ok(Embedded {
            embedding,
            is_new: true,
        })
    }

    fn image(&self, index: u32) -> Result<SliceImage, Failure> {
        let Stack {
            axis, view, range, ..
        } = self.stack;
        slice_image(self.volume, (axis, view), range, index).ok_or_else(|| {
            let count = self.volume.info().dims.along(axis);
            Failure::new(
                "no-such-slice",
                format!("there is no slice {index}; the scan has {count} along {axis}"),
                "Slices count from 0.",
                FaultClass::BadInput,
            )
        })
    }
}

/// The embedding of a slice of a job: from the cache, or computed now and put there.
pub fn embedding(tools: &mut Tools, job: &mut Job<'_>, index: u32) -> Result<Embedding, Failure> {
    let started = Instant::now();
    let model = &job.profile.model;
    let encoder = tools.models.get(model)?.encoder_hash().to_owned();
    job.timings.model_s += started.elapsed().as_secs_f64();
    let stack = job.stack(&encoder);
    if let Some(embedding) = tools.cache.cache().get(&stack, index) {
        job.timings.slices_cached += 1;
        return Ok(embedding);
    }
    if !tools.models.may_embed() {
        return Err(Failure::NeedsEncoder);
    }
    let volume = match &mut job.volume {
        Some(volume) => volume,
        missing => {
            tools.reporter.tell(StageReport::LongStep);
            let started = Instant::now();
            let scan = LoadedScan::read(&job.work.source, &job.work.sha256, job.window)?;
            job.timings.load_s += started.elapsed().as_secs_f64();
            missing.insert(scan.volume)
        }
    };
    let slices = Slices {
        model,
        stack,
        volume,
    };
    let started = Instant::now();
    let Embedded { embedding, is_new } =
        slices.embed(&mut tools.models, &mut tools.cache, index, Purpose::Now)?;
    if is_new {
        job.timings.embed_s += started.elapsed().as_secs_f64();
        job.timings.slices_embedded += 1;
    } else {
        job.timings.slices_cached += 1;
    }
    Ok(embedding)
}

/// Embeds the next of these slices that are not in the cache at once.
fn embed_next(
    models: &mut Models,
    cache: &mut KeptEmbeddings,
    job: &mut Job<'_>,
    indices: &[u32],
) -> Result<BTreeMap<u32, Embedding>, Failure> {
    let model = &job.profile.model;
    let encoder = models.get(model)?.encoder_hash().to_owned();
    let Some(volume) = &job.volume else {
        return Ok(BTreeMap::new());
    };
    let stack = job.stack(&encoder);
    let slices = Slices {
        model,
        stack,
        volume,
    };
    let started = Instant::now();
    let missing = cache.cache().missing(&stack, job.info.dims.along(job.axis));
    let indices = indices.iter().filter(|index| missing.contains(index));
    let embeddings = slices.embed_batch(models, cache, indices.copied(), Purpose::Now)?;
    job.timings.embed_s += started.elapsed().as_secs_f64();
    job.timings.slices_embedded += embeddings.len() as u32;
    Ok(embeddings)
}

/// Many slices of a job, embedded in turn: one by one, or as many at once as the device takes.
pub struct InTurn {
    indices: Vec<u32>,
    done: usize,
    /// Embedded with an earlier one.
    ahead: BTreeMap<u32, Embedding>,
}

impl InTurn {
    /// These slices, in this order.
    pub fn new(indices: Vec<u32>) -> Self {
        InTurn {
            indices,
            done: 0,
            ahead: BTreeMap::new(),
        }
    }

    /// The next slice and its embedding; `between` is called first, and progress reported.
    pub fn next(
        &mut self,
        tools: &mut Tools,
        job: &mut Job<'_>,
        between: &mut BetweenSlices<'_>,
    ) -> Result<Option<(u32, Embedding)>, Failure> {
        let Some((&index, _)) = self.indices[self.done..].split_first() else {
            return Ok(None);
        };
        between(tools)?;
        tools.reporter.tell(StageReport::Progress(Progress {
            done: self.done as u32,
            total: self.indices.len() as u32,
        }));
        tools.reporter.tell(StageReport::Alive);
        if self.ahead.is_empty() {
            let left = &self.indices[self.done..];
            self.ahead = embed_next(&mut tools.models, &mut tools.cache, job, left)?;
        }
        let embedding = match self.ahead.remove(&index) {
            Some(embedding) => embedding,
            None => embedding(tools, job, index)?,
        };
        self.done += 1;
        Ok(Some((index, embedding)))
    }
}
