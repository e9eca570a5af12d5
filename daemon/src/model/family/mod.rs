//! Model families: how slices and prompts are prepared for a model, and how its answers are read.
//!
//! All SAM-type models share their interface (encoder, prompts, masks), but not how a slice becomes
//! the encoder's input, nor in which pixels prompts are given. With weights trained on one
//! preparation, another gives quietly worse masks; it is part of the model.

mod litemedsam;
mod mask_prompt;
mod medsam;
mod sam;

pub(super) use sam::colours;

use super::image::{SliceImage, Upsampled};
use super::sizes::Sizes;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::understands::Understands;
use serde::{Deserialize, Serialize};

/// A kind of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// SAM, MedicoSAM and MobileSAM, prepared as micro_sam does: boxes, points and masks.
    Sam,
    /// MedSAM: the tensors of SAM ViT-B, another preparation, trained on boxes.
    MedSam,
    /// LiteMedSAM: TinyViT on 256 × 256, trained on boxes.
    LiteMedSam,
}

/// A point, or a corner of a box, as the decoder takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromptToken {
    /// x, y in pixels of the encoder's input.
    pub at: [f32; 2],
    /// Its meaning.
    pub kind: TokenKind,
}

/// The meaning of a [`PromptToken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Nothing: SAM wants one such token after points without a box.
    Padding,
    /// The object is not here.
    Negative,
    /// The object is here.
    Positive,
    /// The upper left corner of a box.
    BoxFirst,
    /// The lower right corner of a box.
    BoxLast,
}

impl TokenKind {
    /// The number that stands for it in the decoder's input
    /// [`LABELS`](super::graph::inputs::LABELS).
    pub fn label(self) -> f32 {
        match self {
            TokenKind::Padding => -1.0,
            TokenKind::Negative => 0.0,
            TokenKind::Positive => 1.0,
            TokenKind::BoxFirst => 2.0,
            TokenKind::BoxLast => 3.0,
        }
    }
}

/// The scores of a mask for each pixel of the slice: the higher, the likelier the pixel belongs to
/// the object.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Row by row.
    pub values: Vec<f32>,
    /// The score above which a pixel may belong to the object: that of a logit of −1.
    pub possible: f32,
    /// The score above which a pixel belongs to the object: that of a logit of 0.
    pub inside: f32,
    /// The score above which that is sure: that of a logit of 1.
    pub sure: f32,
}

impl Scores {
    fn of_logits(logits: &Upsampled<'_>) -> Self {
        Scores {
            values: logits.values().collect(),
            possible: -1.0,
            inside: 0.0,
            sure: 1.0,
        }
    }
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 3] = [Family::Sam, Family::MedSam, Family::LiteMedSam];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Family::Sam => "sam",
            Family::MedSam => "medsam",
            Family::LiteMedSam => "litemedsam",
        }
    }

    /// The kinds of prompt that models of this family are usually trained on.
    pub fn understands(self) -> Understands {
        match self {
            Family::Sam => Understands::ALL,
            Family::MedSam | Family::LiteMedSam => Understands::BOXES,
        }
    }

    /// Whether an encoder of this family may normalise colours itself, as SAM does.
    pub const fn takes_colours(self) -> bool {
        match self {
            Family::Sam => true,
            Family::MedSam | Family::LiteMedSam => false,
        }
    }

    /// Pixels of the encoder's input along each side of an embedding's cell, where nothing else is
    /// known of a model.
    pub const fn usual_stride(self) -> u32 {
        match self {
            Family::Sam | Family::MedSam => 16,
            Family::LiteMedSam => 4,
        }
    }

    /// The encoder's input for a slice: (3, S, S), channels, rows, columns.
    pub fn preprocess(self, image: &SliceImage, sizes: Sizes) -> Vec<f32> {
        let prepare = match self {
            Family::Sam => sam::preprocess,
            Family::MedSam => medsam::preprocess,
            Family::LiteMedSam => litemedsam::preprocess,
        };
        prepare(image, sizes.input)
    }

    /// A prompt on a slice of `shape` in the decoder's terms: points, then the corners of the box,
    /// or a padding point if there is none.
    ///
    /// MedSAM and LiteMedSAM take a box as its first and last pixel, SAM as its two ends, of which
    /// the second is the first pixel beyond. The former were not trained on points.
    pub fn tokens(self, prompt: &SlicePrompt, shape: SliceShape, sizes: Sizes) -> Vec<PromptToken> {
        let point = match self {
            Family::Sam => sam::place,
            Family::MedSam => medsam::place,
            Family::LiteMedSam => litemedsam::point,
        };
        let mut tokens = Vec::with_capacity(prompt.points.len() + 2);
        for place in &prompt.points {
            tokens.push(PromptToken {
                at: point([place.x, place.y], shape, sizes.input),
                kind: if place.positive {
                    TokenKind::Positive
                } else {
                    TokenKind::Negative
                },
            });
        }
        let Some(bbox) = prompt.bbox else {
            let (at, kind) = ([0.0, 0.0], TokenKind::Padding);
            tokens.push(PromptToken { at, kind });
            return tokens;
        };
        let (corner, beyond) = match self {
            Family::Sam => (point, 0),
            Family::MedSam => (point, 1),
            Family::LiteMedSam => (litemedsam::corner as fn(_, _, _) -> _, 1),
        };
        let first = [bbox.x0, bbox.y0];
        let last = [bbox.x1, bbox.y1].map(|end| end.saturating_sub(beyond));
        for (at, kind) in [(first, TokenKind::BoxFirst), (last, TokenKind::BoxLast)] {
            let at = corner(at, shape, sizes.input);
            tokens.push(PromptToken { at, kind });
        }
        tokens
    }

    /// Which of the decoder's masks answers the prompt; `corrects` says whether the prompt came
    /// with the mask of an earlier answer, `iou` are the predicted IoUs of all masks.
    pub fn answer(self, prompt: &SlicePrompt, corrects: bool, iou: &[f32]) -> usize {
        match self {
            Family::Sam => sam::answer(prompt, corrects, iou),
            // Their other masks are untrained, or trained on single points only, where on average
            // they are no better than the first.
            Family::MedSam | Family::LiteMedSam => 0,
        }
    }

    /// Whether a model that has several masks to choose from has them for this prompt.
    pub fn has_several(self, prompt: &SlicePrompt, corrects: bool) -> bool {
        match self {
            Family::Sam => true,
            Family::MedSam | Family::LiteMedSam => sam::is_ambiguous(prompt, corrects),
        }
    }

    /// A mask's logits at the resolution of a slice of `shape`; `None` if they are not as many as
    /// `sizes` says.
    pub fn enlarge(self, logits: &[f32], sizes: Sizes, shape: SliceShape) -> Option<Scores> {
        if logits.len() != sizes.mask() * sizes.mask() {
            return None;
        }
        match self {
            Family::Sam => sam::enlarge(logits, sizes, shape),
            Family::MedSam => medsam::enlarge(logits, sizes, shape),
            Family::LiteMedSam => litemedsam::enlarge(logits, sizes, shape),
        }
    }
}

#[cfg(test)]
mod tests;
