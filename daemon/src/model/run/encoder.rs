//! The encoder at work: slices become embeddings, one at a time or in batches.

use super::batch::{BatchSize, run_in_batches};
use super::device::SessionOptions;
use super::error::{Part, SamError, check_size};
use super::provider::DeviceError;
use super::runtime::Runtime;
use super::session::GraphSession;
use crate::model::embedding::Embedding;
use crate::model::family::colours;
use crate::model::image::SliceImage;
use crate::model::installed::installed_model::InstalledModel;
use crate::model::interface::ImageForm;
use std::path::PathBuf;

/// The encoder of a model, loaded when it is first needed.
#[derive(Debug)]
pub struct SliceEncoder {
    model: InstalledModel,
    /// For one slice.
    single: GraphSession,
    /// For batches of slices.
    batches: Option<GraphSession>,
    batch: BatchSize,
}

impl SliceEncoder {
    /// Prepares the graph at `path`; fails if it cannot be read. `batch` slices are embedded at
    /// once, if the graph takes several.
    pub fn open(
        model: &InstalledModel,
        path: PathBuf,
        runtime: &Runtime,
        options: &SessionOptions,
        batch: usize,
    ) -> Result<Self, SamError> {
        let names = &model.interface().encoder;
        let takes_batches = names.batch && names.form == ImageForm::Prepared;
        let one = SessionOptions {
            batch: 1,
            ..*options
        };
        Ok(SliceEncoder {
            single: GraphSession::open(Part::Encoder, model.name(), path, runtime, &one)?,
            batches: None,
            batch: BatchSize::new(if takes_batches { batch } else { 1 }),
            model: model.clone(),
        })
    }

    /// The model.
    pub fn model(&self) -> &InstalledModel {
        &self.model
    }

    /// What runs it.
    pub fn runtime(&self) -> &Runtime {
        self.single.runtime()
    }

    /// Its sessions, loaded or not.
    pub fn sessions(&self) -> impl Iterator<Item = &GraphSession> {
        std::iter::once(&self.single).chain(&self.batches)
    }

    /// How many slices are embedded at once.
    pub fn batch(&self) -> usize {
        self.batch.get()
    }

    /// Gives back its memory until it runs again.
    pub fn unload(&mut self) {
        self.single.unload();
        self.batches = None;
    }

    /// Embeds a slice.
    pub fn embed(&mut self, image: &SliceImage) -> Result<Embedding, SamError> {
        let input = self.model.family().preprocess(image, self.model.sizes());
        let values = self.encode(&input)?;
        Ok(self.embedding(values, image))
    }

    /// Embeds slices, [`Self::batch`] at once; halves the batch as long as it does not fit the
    /// device's memory.
    pub fn embed_all(&mut self, images: &[SliceImage]) -> Result<Vec<Embedding>, SamError> {
        run_in_batches(
            self,
            |encoder| &mut encoder.batch,
            images,
            Self::embed_at_once,
            is_too_large,
        )
    }

    fn embed_at_once(&mut self, images: &[SliceImage]) -> Result<Vec<Embedding>, SamError> {
        let size = self.batch.get();
        if images.len() == 1 || size == 1 {
            return images.iter().map(|image| self.embed(image)).collect();
        }
        let mut session = match self.batches.take() {
            Some(session) if session.batch() == size => session,
            _ => self.single.with_batch(size),
        };
        let results = self.run_batch(&mut session, images);
        let of_no_use = matches!(&results, Err(error) if is_too_large(error));
        if !of_no_use && self.batch.get() == size {
            self.batches = Some(session);
        }
        results
    }

    fn run_batch(
        &mut self,
        session: &mut GraphSession,
        images: &[SliceImage],
    ) -> Result<Vec<Embedding>, SamError> {
        let size = session.batch();
        let sizes = self.model.sizes();
        let side = sizes.input as usize;
        let mut input = Vec::with_capacity(size * 3 * side * side);
        for image in images {
            input.extend(self.model.family().preprocess(image, sizes));
        }
        // The last batch is filled up: another length would be another session.
        input.resize(size * 3 * side * side, 0.0);
        let names = &self.model.interface().encoder;
        let shape = [size, 3, side, side];
        let image = (names.image.as_str(), &shape[..], input.as_slice());
        let [values] = session.run(&[image], [&names.embeddings])?;
        let one: usize = sizes.embedding().iter().product();
        if values.len() != size * one {
            let what = format!("{} numbers instead of {}", values.len(), size * one);
            return Err(session.bad_result(what));
        }
        let pairs = values.chunks_exact(one).zip(images);
        Ok(pairs
            .map(|(values, image)| self.embedding(values.to_vec(), image))
            .collect())
    }

    fn embedding(&self, values: Vec<f32>, image: &SliceImage) -> Embedding {
        Embedding {
            values,
            shape: self.model.sizes().embedding(),
            view: image.view(),
        }
    }

    /// Runs the encoder on a prepared slice, (3, S, S), and returns the embedding's numbers.
    pub fn encode(&mut self, input: &[f32]) -> Result<Vec<f32>, SamError> {
        let sizes = self.model.sizes();
        let side = sizes.input as usize;
        check_size(self.model.name(), "prepared slice", &[3, side, side], input)?;
        let names = &self.model.interface().encoder;
        let shaped;
        let (shape, input): (&[usize], &[f32]) = match names.form {
            ImageForm::Prepared => (&[1, 3, side, side], input),
            ImageForm::Colours => {
                shaped = colours(input);
                (&[side, side, 3], &shaped)
            }
        };
        let image = (names.image.as_str(), shape, input);
        let [values] = self.single.run(&[image], [&names.embeddings])?;
        let expected: usize = sizes.embedding().iter().product();
        if values.len() != expected {
            let what = format!("{} numbers instead of {expected}", values.len());
            return Err(self.single.bad_result(what));
        }
        Ok(values)
    }
}

/// Whether a smaller batch may do.
fn is_too_large(error: &SamError) -> bool {
    matches!(error, SamError::Device(DeviceError::OutOfMemory { .. }))
}
