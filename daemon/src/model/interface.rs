//! The names of the inputs and outputs of a model's graphs.
//!
//! Ours bear the names of SAM's own ONNX export; a pair that was made elsewhere may differ, and its
//! manifest says how.

use super::graph::{IMAGE, inputs, outputs};
use serde::{Deserialize, Serialize};

/// Names and forms of all inputs and outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Those of the encoder.
    pub encoder: EncoderInterface,
    /// Those of the decoder.
    pub decoder: DecoderInterface,
}

/// Inputs and outputs of an encoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderInterface {
    /// Name of the input.
    pub image: String,
    /// The form of that input.
    pub form: ImageForm,
    /// Whether it takes several slices at once.
    pub batch: bool,
    /// Name of the output, (N, C, G, G).
    pub embeddings: String,
}

/// How an encoder takes a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageForm {
    /// (N, 3, S, S), prepared as the family does.
    Prepared,
    /// (S, S, 3), colours 0 to 255: the graph normalises them itself, with SAM's mean and standard
    /// deviation (`samexporter --use-preprocess`).
    Colours,
}

/// Inputs and outputs of a decoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderInterface {
    /// The embedding, (1, C, G, G).
    pub embeddings: String,
    /// Points, (1, N, 2).
    pub coords: String,
    /// The kinds of the points, (1, N).
    pub labels: String,
    /// Logits of an earlier mask, (1, 1, 4G, 4G).
    pub mask: String,
    /// Whether there is an earlier mask, (1).
    pub has_mask: String,
    /// Height and width of the slice, (2), if the graph wants them; they only shape outputs that
    /// are not used here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_size: Option<String>,
    /// Logits of all masks, (1, M, 4G, 4G).
    pub masks: String,
    /// The predicted IoU of each mask, (1, M).
    pub iou: String,
}

impl Interface {
    /// That of the graphs that are made here.
    pub fn own() -> Self {
        Interface {
            encoder: EncoderInterface {
                image: IMAGE.to_owned(),
                form: ImageForm::Prepared,
                batch: true,
                embeddings: inputs::EMBEDDINGS.to_owned(),
            },
            decoder: DecoderInterface {
                embeddings: inputs::EMBEDDINGS.to_owned(),
                coords: inputs::COORDS.to_owned(),
                labels: inputs::LABELS.to_owned(),
                mask: inputs::MASK.to_owned(),
                has_mask: inputs::HAS_MASK.to_owned(),
                original_size: None,
                masks: outputs::MASKS.to_owned(),
                iou: outputs::IOU.to_owned(),
            },
        }
    }
}
