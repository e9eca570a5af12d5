//! A promptable model at work: slices become embeddings, embeddings and prompts become masks.

use super::answer::{Candidates, Masks, Segmented, threshold};
use super::decoder::MaskDecoder;
use super::device::{Device, Precision, SessionOptions};
use super::encoder::SliceEncoder;
use super::error::SamError;
use super::provider::DeviceError;
use super::runtime::Runtime;
use super::session::GraphSession;
use crate::model::embedding::{Embedding, LowResLogits};
use crate::model::family::{PromptToken, Scores};
use crate::model::image::SliceImage;
use crate::model::installed::installed_model::InstalledModel;
use crate::model::view::View;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::SlicePrompt;

/// A model ready to segment. Its graphs are loaded when first needed: prompting a slice that is
/// embedded already costs only the decoder.
#[derive(Debug)]
pub struct Sam {
    options: SessionOptions,
    encoder_hash: String,
    encoder: SliceEncoder,
    decoder: MaskDecoder,
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
        let on_processor = (options.device == Device::Cpu && options.kernels)
            .then(|| model.encoder_cpu())
            .flatten();
        let encoder = half.or(on_processor).unwrap_or_else(|| model.encoder());
        Ok(Sam {
            encoder: SliceEncoder::open(model, encoder, runtime, &used, options.batch)?,
            encoder_hash: encoder_hash(model.hash(), used.precision),
            decoder: MaskDecoder::open(model, runtime, &on_decoder)?,
            options: used,
        })
    }

    /// What runs it.
    pub fn runtime(&self) -> &Runtime {
        self.encoder.runtime()
    }

    /// The model.
    pub fn model(&self) -> &InstalledModel {
        self.encoder.model()
    }

    /// The device that its graphs run on; `None` before anything ran.
    pub fn device(&self) -> Option<Device> {
        let mut loaded = self.sessions().filter_map(GraphSession::device);
        loaded.next().map(|_| self.options.device)
    }

    /// Why the device cannot be used any more, if it cannot. A batch that was too large is no
    /// reason.
    pub fn lost_device(&self) -> Option<&DeviceError> {
        self.sessions().filter_map(GraphSession::lost_device).next()
    }

    fn sessions(&self) -> impl Iterator<Item = &GraphSession> {
        self.encoder.sessions().chain([self.decoder.session()])
    }

    /// Whether the processor runs parts of the encoder that the device cannot.
    pub fn is_mixed(&self) -> bool {
        self.encoder.sessions().any(GraphSession::is_mixed)
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

    /// How many slices [`Self::embed_batch`] embeds at once: as configured, or as many as the
    /// device's memory has been found to hold.
    pub fn batch(&self) -> usize {
        self.encoder.batch()
    }

    /// Gives back the memory of the encoder until the next [`Self::embed`].
    pub fn unload_encoder(&mut self) {
        self.encoder.unload();
    }

    /// Embeds a slice.
    pub fn embed(&mut self, image: &SliceImage) -> Result<Embedding, SamError> {
        self.encoder.embed(image)
    }

    /// Embeds slices, [`Self::batch`] at once. A batch that does not fit the device's memory is
    /// tried again at half the size, which is kept; an error means that not even one slice fits.
    pub fn embed_batch(&mut self, images: &[SliceImage]) -> Result<Vec<Embedding>, SamError> {
        self.encoder.embed_all(images)
    }

    /// Runs the encoder on a prepared slice, (3, S, S), and returns the embedding's numbers.
    pub fn encode(&mut self, input: &[f32]) -> Result<Vec<f32>, SamError> {
        self.encoder.encode(input)
    }

    /// Runs the decoder on prompts in the model's own terms, and returns all masks.
    pub fn decode_tokens(
        &mut self,
        embedding: &Embedding,
        prompt: &[PromptToken],
        mask: Option<&LowResLogits>,
    ) -> Result<Masks, SamError> {
        self.decoder.decode(embedding, prompt, mask)
    }

    /// A mask of a slice as the logits that answers on this embedding of it can start from.
    pub fn start_from(&self, embedding: &Embedding, mask: &SliceMask) -> LowResLogits {
        let model = self.model();
        let view = embedding.view;
        model.family().start_from(mask, view, model.sizes())
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
        self.enlarged(&masks, best, embedding.view)
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
        self.enlarged(&masks, 0, embedding.view)
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
            .map(|number| self.enlarged(&offered, number, embedding.view))
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
        let (family, sizes) = (self.model().family(), self.model().sizes());
        let view = embedding.view;
        prompt.check_pixels(view.slice())?;
        let shown = view.prompt(prompt).ok_or(SamError::NotShown)?;
        let tokens = family.tokens(&shown, view.picture(), sizes);
        let masks = self.decode_tokens(embedding, &tokens, mask)?;
        let best = family.answer(prompt, mask.is_some(), &masks.iou);
        Ok((masks, best))
    }

    /// One of the masks in the pixels of the slice; outside of the part that was shown there is nothing.
    fn enlarged(&self, masks: &Masks, number: usize, view: View) -> Result<Segmented, SamError> {
        let (family, sizes) = (self.model().family(), self.model().sizes());
        let side = sizes.mask();
        let logits = masks.logits.chunks_exact(side * side).nth(number);
        let (Some(logits), Some(&predicted_iou)) = (logits, masks.iou.get(number)) else {
            return Err(self
                .decoder
                .session()
                .bad_result(format!("{} masks", masks.iou.len())));
        };
        let Some(scores) = family.enlarge(logits, sizes, view.picture()) else {
            return Err(self
                .decoder
                .session()
                .bad_result(format!("masks of {} numbers", logits.len())));
        };
        let scores = Scores {
            values: view.values(scores.values, f32::NEG_INFINITY),
            ..scores
        };
        let (mask, stability) = threshold(&scores, view.slice());
        Ok(Segmented {
            mask,
            predicted_iou,
            stability,
            low_res: LowResLogits {
                values: logits.to_vec(),
                side,
                view,
            },
        })
    }
}

/// See [`Sam::encoder_hash`]. In 32 bits it is the model's own hash.
fn encoder_hash(model: &str, precision: Precision) -> String {
    match precision {
        Precision::F32 => model.to_owned(),
        Precision::F16 => format!("{model}-{}", precision.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::prompt::{Label, PromptError, SliceBox, SlicePoint};

    const SHAPE: SliceShape = SliceShape {
        width: 4,
        height: 3,
    };

    #[test]
    fn encoders_that_compute_differently_have_different_hashes() {
        // Those of 32 bits keep the name that all had at first, and with it their cached embeddings.
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
            prompt(Some(inside), vec![point(3, 2)]).check_pixels(SHAPE),
            Ok(())
        );
        let refused = |p: SlicePrompt| p.check_pixels(SHAPE).unwrap_err();
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
