//! The embeddings of slices in a worker: from the cache, or computed and put there.

use super::failure::{self, Failure};
use super::job::Job;
use super::load::Reading;
use crate::case::FaultClass;
use crate::embed::{CacheError, ContentKey, Purpose, Stack, slice_image};
use crate::model::{Embedding, SliceImage};
use crate::scan::Volume;
use crate::workers::claimed::Pipeline;
use crate::workers::prompt_thread::Hand;
use crate::workers::protocol::Report;
use std::collections::BTreeMap;
use std::time::Instant;

/// Where an embedding came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was computed before, for this slice or one that looks the same.
    Cache,
    /// It was computed now.
    Model,
}

impl Pipeline {
    /// Embeds the next of these slices that are not in the cache at once.
    pub(crate) fn embed_next(
        &mut self,
        job: &mut Job<'_>,
        slices: &[u32],
    ) -> Result<BTreeMap<u32, Embedding>, Failure> {
        let model = &job.profile.model;
        let encoder = self.models.get(model)?.encoder_hash().to_owned();
        let Some(volume) = &job.volume else {
            return Ok(BTreeMap::new());
        };
        let stack = Stack {
            encoder: &encoder,
            scan: &job.work.sha256,
            axis: job.axis,
            range: job.range,
        };
        let started = Instant::now();
        let missing = self.cache.missing(&stack, job.info.dims.along(job.axis));
        let slices = slices.iter().filter(|index| missing.contains(index));
        let embeddings =
            self.embed_together(model, &stack, volume, slices.copied(), Purpose::Now)?;
        job.timings.embed_s += started.elapsed().as_secs_f64();
        job.timings.slices_embedded += embeddings.len() as u32;
        Ok(embeddings)
    }

    /// Embeds the first of the slices at once, as many as the device is set to, and keeps them;
    /// none if that is one. Of those that look the same it embeds one, and none of those that the
    /// cache has.
    pub fn embed_together(
        &mut self,
        model: &str,
        stack: &Stack<'_>,
        volume: &Volume,
        slices: impl Iterator<Item = u32>,
        purpose: Purpose,
    ) -> Result<BTreeMap<u32, Embedding>, Failure> {
        let batch = self.models.get(model)?.batch();
        if batch == 1 {
            return Ok(BTreeMap::new());
        }
        let (mut indices, mut images, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for index in slices {
            if images.len() == batch {
                break;
            }
            let image = image_of(volume, stack, index)?;
            let key = ContentKey::of(stack.encoder, &image);
            if !keys.contains(&key) && self.cache.get_content(&key).is_none() {
                indices.push(index);
                images.push(image);
                keys.push(key);
            }
        }
        let mut embeddings = self.models.get(model)?.embed_batch(&images)?;
        for ((embedding, key), &index) in embeddings.iter_mut().zip(&keys).zip(&indices) {
            let kept = self.cache.put(key, embedding, purpose);
            let kept = kept.and_then(|()| self.cache.note_slice(stack, index, key));
            self.note_cache(kept);
        }
        Ok(indices.into_iter().zip(embeddings).collect())
    }

    /// The embedding of a slice: from the cache, or computed now and put there.
    pub(crate) fn embedding(
        &mut self,
        job: &mut Job<'_>,
        index: u32,
    ) -> Result<Embedding, Failure> {
        let started = Instant::now();
        let sam = self.models.get(&job.profile.model)?;
        let encoder = sam.encoder_hash().to_owned();
        job.timings.model_s += started.elapsed().as_secs_f64();
        let stack = Stack {
            encoder: &encoder,
            scan: &job.work.sha256,
            axis: job.axis,
            range: job.range,
        };
        if let Some(embedding) = self.cache.get(&stack, index) {
            job.timings.slices_cached += 1;
            return Ok(embedding);
        }
        if matches!(self.hand, Hand::Desk { .. }) {
            return Err(Failure::NeedsEncoder);
        }
        let volume = match &mut job.volume {
            Some(volume) => volume,
            missing => {
                self.reporter.tell(&Report::LongStep);
                let started = Instant::now();
                let reading = Reading::new(&job.work.source, &job.work.sha256, job.window)?;
                job.timings.load_s += started.elapsed().as_secs_f64();
                missing.insert(reading.volume)
            }
        };
        let started = Instant::now();
        let (embedding, source) =
            self.embed_slice(&job.profile.model, &stack, volume, index, Purpose::Now)?;
        match source {
            Source::Cache => job.timings.slices_cached += 1,
            Source::Model => {
                job.timings.embed_s += started.elapsed().as_secs_f64();
                job.timings.slices_embedded += 1;
            }
        }
        Ok(embedding)
    }

    /// The embedding of a slice whose place is not in the cache: that of a slice that looks the
    /// same, or computed now. It is kept if that can be done; if not, work goes on without.
    pub fn embed_slice(
        &mut self,
        model: &str,
        stack: &Stack<'_>,
        volume: &Volume,
        index: u32,
        purpose: Purpose,
    ) -> Result<(Embedding, Source), Failure> {
        let image = image_of(volume, stack, index)?;
        let key = ContentKey::of(stack.encoder, &image);
        let (embedding, source, kept) = match self.cache.get_content(&key) {
            Some(embedding) => (embedding, Source::Cache, Ok(())),
            None => {
                let mut embedding = self.models.get(model)?.embed(&image)?;
                let kept = self.cache.put(&key, &mut embedding, purpose);
                (embedding, Source::Model, kept)
            }
        };
        let kept = kept.and_then(|()| self.cache.note_slice(stack, index, &key));
        self.note_cache(kept);
        Ok((embedding, source))
    }

    /// Shows why embeddings are not kept, for as long as they are not.
    fn note_cache(&mut self, kept: Result<(), CacheError>) {
        let fault = kept.err().map(|error| failure::cache_fault(&error));
        if fault == self.cache_fault {
            return;
        }
        if let Some(fault) = &fault {
            tracing::warn!(code = fault.code, "{}", fault.message);
        }
        self.reporter.tell(&Report::Fault(fault.clone()));
        self.cache_fault = fault;
    }
}

/// The picture of a slice, which must exist.
fn image_of(volume: &Volume, stack: &Stack<'_>, index: u32) -> Result<SliceImage, Failure> {
    slice_image(volume, stack.axis, stack.range, index).ok_or_else(|| {
        let count = volume.info().dims.along(stack.axis);
        Failure::new(
            "no-such-slice",
            format!(
                "there is no slice {index}; the scan has {count} along {}",
                stack.axis
            ),
            "Slices count from 0.",
            FaultClass::BadInput,
        )
    })
}
