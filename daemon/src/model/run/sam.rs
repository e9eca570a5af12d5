//! A promptable model at work: slices become embeddings, embeddings and prompts become masks.

use super::answer::Candidates;
use super::batch::{BatchSize, run_in_batches};
use super::device::{Device, Precision};
use super::provider::DeviceError;
use super::runtime::{Runtime, SessionOptions};
use super::session::{GraphSession, Input, Part};
use crate::model::embedding::{Embedding, LowResLogits};
use crate::model::family::{PromptToken, Scores, colours};
use crate::model::image::SliceImage;
use crate::model::installed::installed_model::InstalledModel;
use crate::model::interface::ImageForm;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{PromptError, SlicePrompt};
use std::path::PathBuf;

/// The answer to a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmented {
    /// The mask, in pixels of the slice.
    pub mask: SliceMask,
    /// The overlap (intersection over union) with the truth that the model expects of its mask;
    /// not limited to 0..1.
    pub predicted_iou: f32,
    /// How little the mask depends on the threshold: pixels with a logit above 1 per pixel with a
    /// logit above −1. 0 if there are none.
    pub stability: f32,
    /// Logits of the mask, as a mask prompt for the next round.
    pub low_res: LowResLogits,
}

/// Why a model cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SamError {
    /// A graph cannot be loaded.
    #[error(
        "cannot load the {part} of model {model} from {}: {reason}; if this lasts, install the \
         model again with `medicosamd model import`", path.display()
    )]
    Load {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// The graph.
        path: PathBuf,
        /// What the runtime says.
        reason: String,
    },
    /// The device cannot be used, or not any more.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A graph cannot be run.
    #[error("the {part} of model {model} failed: {reason}")]
    Run {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// What the runtime says.
        reason: String,
    },
    /// A graph's result cannot be used.
    #[error("the {part} of model {model} gave {what}, which should not happen")]
    BadResult {
        /// Encoder or decoder.
        part: Part,
        /// The model.
        model: String,
        /// What it gave.
        what: String,
    },
    /// An embedding or a mask prompt is not one of this model.
    #[error(
        "the {what} has {found} numbers, which do not make up the shape {expected:?} of model {model}"
    )]
    OtherModel {
        /// Which of the inputs.
        what: &'static str,
        /// The model.
        model: String,
        /// The shape that it should have.
        expected: Vec<usize>,
        /// How many numbers it has.
        found: usize,
    },
    /// The prompt does not fit the slice.
    #[error(transparent)]
    Prompt(#[from] PromptError),
}

impl SamError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            SamError::Load { .. } => "model-not-loaded",
            SamError::Device(error) => error.code(),
            SamError::Run { .. } => "model-run-failed",
            SamError::BadResult { .. } => "model-bad-result",
            SamError::OtherModel { .. } => "model-other-embedding",
            SamError::Prompt(_) => "prompt-unusable",
        }
    }
}

/// All masks that the decoder offers for a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Masks {
    /// Logits, row-major: one mask after another, each [`Sizes::mask`](crate::model::Sizes::mask) squared.
    pub logits: Vec<f32>,
    /// The predicted IoU of each mask.
    pub iou: Vec<f32>,
}

/// A model ready to segment. Its graphs are loaded when first needed: prompting a slice that is
/// embedded already costs only the decoder.
#[derive(Debug)]
pub struct Sam {
    model: InstalledModel,
    options: SessionOptions,
    encoder_hash: String,
    /// For one slice.
    encoder: GraphSession,
    /// For batches of slices.
    batches: Option<GraphSession>,
    batch: BatchSize,
    decoder: GraphSession,
}

impl Sam {
    /// Prepares a model to run; fails if its graphs cannot be read.
    pub fn open(
        runtime: &Runtime,
        model: &InstalledModel,
        options: &SessionOptions,
    ) -> Result<Self, SamError> {
        let half = (options.precision == Precision::F16)
            .then(|| model.encoder_f16())
            .flatten();
        let used = SessionOptions {
            batch: 1,
            precision: half.as_ref().map_or(Precision::F32, |_| Precision::F16),
            ..*options
        };
        // TensorRT would compile an engine for every number of points.
        let on_decoder = SessionOptions {
            device: match options.device {
                Device::TensorRt(number) => Device::Cuda(number),
                device => device,
            },
            precision: Precision::F32,
            ..used
        };
        let session = |part, path, options: &SessionOptions| {
            GraphSession::open(part, model.name(), path, runtime, options)
        };
        let on_processor = (options.device == Device::Cpu && options.kernels)
            .then(|| model.encoder_cpu())
            .flatten();
        let names = &model.interface().encoder;
        let takes_batches = names.batch && names.form == ImageForm::Prepared;
        let batch = if takes_batches { options.batch } else { 1 };
        let encoder = half.or(on_processor).unwrap_or_else(|| model.encoder());
        Ok(Sam {
            model: model.clone(),
            encoder: session(Part::Encoder, encoder, &used)?,
            batches: None,
            batch: BatchSize::new(batch),
            encoder_hash: encoder_hash(model.hash(), used.precision),
            decoder: session(Part::Decoder, model.decoder(), &on_decoder)?,
            options: used,
        })
    }

    /// What runs it.
    pub fn runtime(&self) -> &Runtime {
        self.encoder.runtime()
    }

    /// The model.
    pub fn model(&self) -> &InstalledModel {
        &self.model
    }

    /// The device that its graphs run on; `None` before anything ran.
    pub fn device(&self) -> Option<Device> {
        let encoders = std::iter::once(&self.encoder).chain(&self.batches);
        let mut loaded = encoders.chain([&self.decoder]).filter_map(|g| g.device());
        loaded.next().map(|_| self.options.device)
    }

    /// Why the device cannot be used any more, if it cannot. A batch that was too large is no
    /// reason.
    pub fn lost_device(&self) -> Option<&DeviceError> {
        let graphs = [&self.encoder, &self.decoder]
            .into_iter()
            .chain(&self.batches);
        graphs.filter_map(GraphSession::lost_device).next()
    }

    /// Whether the processor runs parts of the encoder that the device cannot.
    pub fn is_mixed(&self) -> bool {
        self.encoder.is_mixed() || self.batches.as_ref().is_some_and(GraphSession::is_mixed)
    }

    /// Identifies what its embeddings are computed by: the model, and how exactly its encoder
    /// computes. Where it runs makes no difference that counts. Fit for file names.
    pub fn encoder_hash(&self) -> &str {
        &self.encoder_hash
    }

    /// How exactly the encoder computes.
    pub fn precision(&self) -> Precision {
        self.options.precision
    }

    /// How many slices [`Self::embed_batch`] embeds at once: what was asked for, or what the
    /// device's memory has been found to hold.
    pub fn batch(&self) -> usize {
        self.batch.get()
    }

    /// Gives back the memory of the encoder until the next [`Self::embed`].
    pub fn unload_encoder(&mut self) {
        self.encoder.unload();
        self.batches = None;
    }

    /// Embeds a slice.
    pub fn embed(&mut self, image: &SliceImage) -> Result<Embedding, SamError> {
        let input = self.model.family().preprocess(image, self.model.sizes());
        let values = self.encode(&input)?;
        Ok(self.embedding(values, image))
    }

    /// Embeds slices, [`Self::batch`] at once. A batch that does not fit the device's memory is
    /// tried again at half the size, which is kept; an error means that not even one slice fits.
    pub fn embed_batch(&mut self, images: &[SliceImage]) -> Result<Vec<Embedding>, SamError> {
        run_in_batches(
            self,
            |sam| &mut sam.batch,
            images,
            Sam::embed_at_once,
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
            _ => self.encoder.with_batch(size),
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
            original: image.shape(),
        }
    }

    /// Answers a prompt on an embedded slice; `mask`, the logits of an earlier answer on the same
    /// slice, makes it a correction of that answer.
    pub fn decode(
        &mut self,
        embedding: &Embedding,
        prompt: &SlicePrompt,
        mask: Option<&LowResLogits>,
    ) -> Result<Segmented, SamError> {
        let (masks, best) = self.offer(embedding, prompt, mask)?;
        self.enlarged(&masks, best, embedding.original)
    }

    /// Like [`Self::decode`], but always with the first of the masks: SAM's
    /// `multimask_output=False`.
    pub fn decode_first(
        &mut self,
        embedding: &Embedding,
        prompt: &SlicePrompt,
        mask: Option<&LowResLogits>,
    ) -> Result<Segmented, SamError> {
        let (masks, _) = self.offer(embedding, prompt, mask)?;
        self.enlarged(&masks, 0, embedding.original)
    }

    /// Like [`Self::decode`], with all masks that the model offers.
    pub fn candidates(
        &mut self,
        embedding: &Embedding,
        prompt: &SlicePrompt,
        mask: Option<&LowResLogits>,
    ) -> Result<Candidates, SamError> {
        let (offered, best) = self.offer(embedding, prompt, mask)?;
        let masks = (0..offered.iou.len())
            .map(|number| self.enlarged(&offered, number, embedding.original))
            .collect::<Result<_, _>>()?;
        Ok(Candidates { masks, best })
    }

    /// All masks for a prompt, and the number of the best one.
    fn offer(
        &mut self,
        embedding: &Embedding,
        prompt: &SlicePrompt,
        mask: Option<&LowResLogits>,
    ) -> Result<(Masks, usize), SamError> {
        let (family, sizes) = (self.model.family(), self.model.sizes());
        let shape = embedding.original;
        check_prompt(prompt, shape)?;
        let tokens = family.tokens(prompt, shape, sizes);
        let masks = self.decode_tokens(embedding, &tokens, mask)?;
        let best = family.answer(prompt, mask.is_some(), &masks.iou);
        Ok((masks, best))
    }

    /// One of the masks in the pixels of the slice.
    fn enlarged(
        &self,
        masks: &Masks,
        number: usize,
        shape: SliceShape,
    ) -> Result<Segmented, SamError> {
        let (family, sizes) = (self.model.family(), self.model.sizes());
        let side = sizes.mask();
        let logits = masks.logits.chunks_exact(side * side).nth(number);
        let (Some(logits), Some(&predicted_iou)) = (logits, masks.iou.get(number)) else {
            return Err(self
                .decoder
                .bad_result(format!("{} masks", masks.iou.len())));
        };
        let Some(scores) = family.enlarge(logits, sizes, shape) else {
            return Err(self
                .decoder
                .bad_result(format!("masks of {} numbers", logits.len())));
        };
        let (mask, stability) = threshold(&scores, shape);
        Ok(Segmented {
            mask,
            predicted_iou,
            stability,
            low_res: LowResLogits {
                values: logits.to_vec(),
                side,
            },
        })
    }

    /// Runs the encoder on a prepared slice, (3, S, S), and returns the embedding's numbers.
    pub fn encode(&mut self, input: &[f32]) -> Result<Vec<f32>, SamError> {
        let sizes = self.model.sizes();
        let side = sizes.input as usize;
        self.check_size("prepared slice", &[3, side, side], input)?;
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
        let [values] = self.encoder.run(&[image], [&names.embeddings])?;
        let expected: usize = sizes.embedding().iter().product();
        if values.len() != expected {
            let what = format!("{} numbers instead of {expected}", values.len());
            return Err(self.encoder.bad_result(what));
        }
        Ok(values)
    }

    /// Runs the decoder on prompts in the model's own terms, and returns all masks.
    pub fn decode_tokens(
        &mut self,
        embedding: &Embedding,
        prompt: &[PromptToken],
        mask: Option<&LowResLogits>,
    ) -> Result<Masks, SamError> {
        let sizes = self.model.sizes();
        let (shape, side) = (sizes.embedding(), sizes.mask());
        self.check_size("embedding", &shape, &embedding.values)?;
        if embedding.shape != shape {
            return Err(self.other_model("embedding", &shape, embedding.values.len()));
        }
        let no_mask;
        let (mask, has_mask) = match mask {
            Some(mask) => (mask.values.as_slice(), 1.0),
            None => {
                no_mask = vec![0.0; side * side];
                (no_mask.as_slice(), 0.0)
            }
        };
        self.check_size("mask prompt", &[side, side], mask)?;
        let coords: Vec<f32> = prompt.iter().flat_map(|token| token.at).collect();
        let labels: Vec<f32> = prompt.iter().map(|token| token.kind.label()).collect();
        let [channels, rows, columns] = shape;
        let embedded = [1, channels, rows, columns];
        let (places, kinds) = ([1, prompt.len(), 2], [1, prompt.len()]);
        let (masked, flag) = ([1, 1, side, side], [has_mask]);
        // Shapes only outputs that are not asked for: those in the pixels of the slice.
        let square = [sizes.input as f32; 2];
        let names = &self.model.interface().decoder;
        let mut inputs: Vec<Input<'_>> = vec![
            (&names.embeddings, &embedded, &embedding.values),
            (&names.coords, &places, &coords),
            (&names.labels, &kinds, &labels),
            (&names.mask, &masked, mask),
            (&names.has_mask, &[1], &flag),
        ];
        if let Some(name) = &names.original_size {
            inputs.push((name, &[2], &square));
        }
        let [logits, iou] = self.decoder.run(&inputs, [&names.masks, &names.iou])?;
        Ok(Masks { logits, iou })
    }

    fn check_size(
        &self,
        what: &'static str,
        expected: &[usize],
        values: &[f32],
    ) -> Result<(), SamError> {
        if values.len() == expected.iter().product::<usize>() {
            return Ok(());
        }
        Err(self.other_model(what, expected, values.len()))
    }

    fn other_model(&self, what: &'static str, expected: &[usize], found: usize) -> SamError {
        SamError::OtherModel {
            what,
            model: self.model.name().to_owned(),
            expected: expected.to_vec(),
            found,
        }
    }
}

/// See [`Sam::encoder_hash`]. In 32 bits it is the model's own hash.
fn encoder_hash(model: &str, precision: Precision) -> String {
    match precision {
        Precision::F32 => model.to_owned(),
        Precision::F16 => format!("{model}-{}", precision.name()),
    }
}

/// Whether a smaller batch may do.
fn is_too_large(error: &SamError) -> bool {
    matches!(error, SamError::Device(DeviceError::OutOfMemory { .. }))
}

/// Checks that a prompt says something about pixels of the slice.
fn check_prompt(prompt: &SlicePrompt, shape: SliceShape) -> Result<(), PromptError> {
    let (label, index) = (prompt.label, prompt.index);
    if let Some(bbox) = prompt.bbox.filter(|bbox| !bbox.fits(shape)) {
        return Err(PromptError::BoxOutside {
            label,
            index,
            bbox,
            shape,
        });
    }
    let mut points = prompt.points.iter();
    if let Some(&point) = points.find(|p| p.x >= shape.width || p.y >= shape.height) {
        return Err(PromptError::PointOutside {
            label,
            index,
            point,
            shape,
        });
    }
    if prompt.bbox.is_none() && prompt.points.is_empty() {
        return Err(PromptError::Empty { label, index });
    }
    Ok(())
}

/// The pixels inside, and how many are surely so for each that may be so (SAM's stability score
/// with an offset of 1).
fn threshold(scores: &Scores, shape: SliceShape) -> (SliceMask, f32) {
    let (mut sure, mut possible) = (0u32, 0u32);
    let mut values = scores.values.iter();
    let mask = SliceMask::from_fn(shape, |_, _| {
        let score = values.next().copied().unwrap_or(f32::NEG_INFINITY);
        sure += u32::from(score > scores.sure);
        possible += u32::from(score > scores.possible);
        score > scores.inside
    });
    let stability = if possible == 0 {
        0.0
    } else {
        sure as f32 / possible as f32
    };
    (mask, stability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

    const SHAPE: SliceShape = SliceShape {
        width: 4,
        height: 3,
    };

    #[test]
    fn stability_is_the_share_of_sure_pixels_among_possible_ones() {
        let scores = |values: &[f32]| Scores {
            values: values.to_vec(),
            possible: -1.0,
            inside: 0.0,
            sure: 1.0,
        };
        let values = [
            9.0, 1.5, 0.5, -0.5, -0.9, -1.5, -9.0, -9.0, -9.0, -9.0, -9.0, -9.0,
        ];
        let (mask, stability) = threshold(&scores(&values), SHAPE);
        assert_eq!(
            (mask.area(), mask.get(2, 0), mask.get(3, 0)),
            (3, true, false)
        );
        assert_eq!(stability, 2.0 / 5.0);
        assert_eq!(threshold(&scores(&[-9.0; 12]), SHAPE).1, 0.0);
    }

    #[test]
    fn encoders_that_compute_differently_have_different_hashes() {
        // Those of 32 bits keep the name that all had at first, and with it what is in the cache.
        assert_eq!(encoder_hash("sam-12-1", Precision::F32), "sam-12-1");
        assert_eq!(encoder_hash("sam-12-1", Precision::F16), "sam-12-1-f16");
    }

    #[test]
    fn prompts_outside_the_slice_or_about_nothing_are_refused() {
        let label = Label::new(1).unwrap();
        let prompt = |bbox, points| SlicePrompt {
            label,
            index: 0,
            bbox,
            points,
        };
        let inside = SliceBox {
            x0: 0,
            y0: 0,
            x1: 4,
            y1: 3,
        };
        let outside = SliceBox { x1: 5, ..inside };
        let point = |x, y| SlicePoint {
            x,
            y,
            positive: true,
        };
        assert_eq!(
            check_prompt(&prompt(Some(inside), vec![point(3, 2)]), SHAPE),
            Ok(())
        );
        let refused = |p| check_prompt(&p, SHAPE).unwrap_err();
        assert!(matches!(
            refused(prompt(None, vec![])),
            PromptError::Empty { .. }
        ));
        assert!(matches!(
            refused(prompt(Some(outside), vec![])),
            PromptError::BoxOutside { .. }
        ));
        let beyond = prompt(Some(inside), vec![point(0, 3)]);
        assert!(matches!(refused(beyond), PromptError::PointOutside { .. }));
    }
}
