//! Model families: what a model must be fed with, and how its answer is read.
//!
//! All SAM-type models share their interface (encoder, prompts, masks), but not how a slice becomes
//! the encoder's input, nor in which pixels prompts are given. With weights trained on one
//! preparation, another gives quietly worse masks; it is part of the model.

mod litemedsam;

use super::image::{SliceImage, fit_longest_side};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SlicePrompt;
use serde::{Deserialize, Serialize};

/// A kind of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// LiteMedSAM: TinyViT on 256 × 256, trained on boxes.
    LiteMedSam,
}

/// Sizes of a model's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Width and height of the encoder's input, in pixels.
    pub input: u32,
    /// Channels of the embedding.
    pub channels: u32,
    /// Width and height of the embedding.
    pub grid: u32,
}

impl Sizes {
    /// Shape of the embedding: channels, rows, columns.
    pub fn embedding(self) -> [usize; 3] {
        [self.channels, self.grid, self.grid].map(|n| n as usize)
    }

    /// Width and height of the decoder's masks.
    pub fn mask(self) -> usize {
        4 * self.grid as usize
    }
}

/// A point, or a corner of a box, as the decoder takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromptToken {
    /// x, y in pixels of the encoder's input.
    pub at: [f32; 2],
    /// What is there.
    pub kind: TokenKind,
}

/// What a [`PromptToken`] says about its place.
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

impl Family {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Family::LiteMedSam => "litemedsam",
        }
    }

    /// Sizes of its tensors.
    pub fn sizes(self) -> Sizes {
        match self {
            Family::LiteMedSam => litemedsam::SIZES,
        }
    }

    /// The size of a slice within the encoder's input; it lies in the upper left corner.
    pub fn fitted(self, shape: SliceShape) -> SliceShape {
        match self {
            Family::LiteMedSam => fit_longest_side(shape, self.sizes().input),
        }
    }

    /// The size of a slice within the decoder's masks, likewise.
    pub fn fitted_mask(self, shape: SliceShape) -> SliceShape {
        let (fitted, sizes) = (self.fitted(shape), self.sizes());
        let side = |length: u32| (length * 4 * sizes.grid).div_ceil(sizes.input);
        SliceShape {
            width: side(fitted.width),
            height: side(fitted.height),
        }
    }

    /// The encoder's input for a slice: (3, S, S), channels, rows, columns.
    pub fn preprocess(self, image: &SliceImage) -> Vec<f32> {
        match self {
            Family::LiteMedSam => litemedsam::preprocess(image),
        }
    }

    /// A prompt on a slice of `shape` in the decoder's terms.
    pub fn tokens(self, prompt: &SlicePrompt, shape: SliceShape) -> Vec<PromptToken> {
        match self {
            Family::LiteMedSam => litemedsam::tokens(prompt, shape),
        }
    }

    /// Which of the decoder's masks answers the prompt.
    pub fn answer(self, _prompt: &SlicePrompt) -> usize {
        match self {
            // Its masks 1 to 3 were never trained.
            Family::LiteMedSam => 0,
        }
    }
}
