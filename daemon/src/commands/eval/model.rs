//! A model at work on one scan after another, and where the time goes.

use crate::commands::error::CommandError;
use crate::embed::{ContentKey, EmbeddingCache, Purpose, slice_image, view_of};
use crate::model::{
    Device, Embedding, InstalledModel, LowResLogits, Runtime, Sam, Segmented, SessionOptions,
};
use crate::scan::Volume;
use crate::segment::correction::{self, Answered, Present};
use crate::segment::propagation::{self, Question};
use medicosam_shared::geometry::{Affine, Axis, Dims, SliceShape};
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::window::Range;
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Seconds per stage, and how often.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Times {
    /// Reading scans and label maps.
    pub load_s: f64,
    /// Embedding slices.
    pub embed_s: f64,
    /// Slices embedded.
    pub slices_embedded: u32,
    /// Answering prompts.
    pub decode_s: f64,
    /// Prompts answered.
    pub decodes: u32,
}

/// Embeddings that a run may keep, in bytes.
const CACHE_LIMIT: u64 = 20 << 30;

/// The model, with the scan that it works on.
pub struct Stage {
    sam: Sam,
    cache: EmbeddingCache,
    /// Where embeddings lie if they are not kept.
    _temporary: Option<tempfile::TempDir>,
    scan: Option<(Volume, Axis, Range)>,
    /// The slice that was asked about last.
    last: Option<(u32, Embedding)>,
    /// Where the time went so far.
    pub times: Times,
}

impl Stage {
    /// Opens the model.
    pub fn new(
        runtime: &Runtime,
        model: &InstalledModel,
        device: Device,
        cache: Option<&Path>,
    ) -> Result<Self, CommandError> {
        let options = SessionOptions {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            device,
            precision: device.best_precision(),
            ..SessionOptions::default()
        };
        let sam = Sam::open(runtime, model, &options)?;
        let (folder, temporary) = match cache {
            Some(folder) => (folder.to_owned(), None),
            None => {
                let folder = tempfile::tempdir().map_err(|error| {
                    CommandError::new(
                        "no-temporary-folder",
                        format!("cannot make a folder for embeddings: {error}"),
                        "Name a folder with --cache.",
                    )
                })?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        Ok(Stage {
            sam,
            cache: EmbeddingCache::new(folder, CACHE_LIMIT, 1),
            _temporary: temporary,
            scan: None,
            last: None,
            times: Times::default(),
        })
    }

    /// Goes on to another scan.
    pub fn open(&mut self, volume: Volume, axis: Axis, range: Range) {
        self.scan = Some((volume, axis, range));
        self.last = None;
    }

    /// Number of slices and their size.
    pub fn slices(&self) -> (u32, SliceShape) {
        let none = SliceShape {
            width: 0,
            height: 0,
        };
        self.scan.as_ref().map_or((0, none), |(volume, axis, _)| {
            let dims = volume.info().dims;
            (dims.along(*axis), dims.slice_shape(*axis))
        })
    }

    /// Size, slice axis and affine of the scan.
    pub fn geometry(&self) -> Option<(Dims, Axis, Affine)> {
        let (volume, axis, _) = self.scan.as_ref()?;
        Some((volume.info().dims, *axis, volume.info().affine))
    }

    /// The greys of a slice as it is stored, row by row.
    pub fn greys(&self, index: u32) -> Option<Vec<u8>> {
        let (volume, axis, range) = self.scan.as_ref()?;
        Some(range.apply(&volume.slice(*axis, index)?))
    }

    /// Answers a rule's question.
    pub fn ask(&mut self, label: Label, question: &Question) -> Result<Segmented, CommandError> {
        self.on(question.index, |sam, embedding| {
            propagation::answer(sam, embedding, label, question)
        })
    }

    /// Answers a prompt; `first` takes the first mask, not the best of several.
    pub fn answer(
        &mut self,
        prompt: &SlicePrompt,
        mask: Option<&LowResLogits>,
        first: bool,
    ) -> Result<Segmented, CommandError> {
        self.on(prompt.index, |sam, embedding| match first {
            true => sam.decode_first(embedding, prompt, mask),
            false => sam.decode(embedding, prompt, mask),
        })
    }

    /// Answers a prompt of a person where there is a mask already.
    pub fn correct(
        &mut self,
        drawn: &SlicePrompt,
        present: Present<'_>,
    ) -> Result<Answered, CommandError> {
        self.on(drawn.index, |sam, embedding| {
            correction::answer(sam, embedding, drawn, present)
        })
    }

    fn on<T, E>(
        &mut self,
        index: u32,
        decode: impl FnOnce(&mut Sam, &Embedding) -> Result<T, E>,
    ) -> Result<T, CommandError>
    where
        CommandError: From<E>,
    {
        let (_, embedding) = match self.last.take() {
            Some(last) if last.0 == index => self.last.insert(last),
            _ => {
                let embedding = self.embedding(index)?;
                self.last.insert((index, embedding))
            }
        };
        let started = Instant::now();
        let answer = decode(&mut self.sam, embedding)?;
        self.times.decode_s += started.elapsed().as_secs_f64();
        self.times.decodes += 1;
        Ok(answer)
    }

    fn embedding(&mut self, index: u32) -> Result<Embedding, CommandError> {
        let image = self.scan.as_ref().and_then(|(volume, axis, range)| {
            let view = view_of(volume.info(), *axis);
            slice_image(volume, (*axis, view), *range, index)
        });
        let image = image.ok_or_else(|| {
            CommandError::new("no-such-slice", format!("there is no slice {index}"), "")
        })?;
        let key = ContentKey::of(self.sam.encoder_hash(), &image);
        if let Some(embedding) = self.cache.get_content(&key, image.view()) {
            return Ok(embedding);
        }
        let started = Instant::now();
        let mut embedding = self.sam.embed(&image)?;
        self.times.embed_s += started.elapsed().as_secs_f64();
        self.times.slices_embedded += 1;
        self.cache
            .put(&key, &mut embedding, Purpose::Now)
            .map_err(|error| {
                CommandError::new("cache-unwritable", &error, "Name a folder with --cache.")
            })?;
        Ok(embedding)
    }
}
