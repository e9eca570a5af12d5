//! Embeddings of slices, and masks as prompts for the decoder.

use super::view::View;

/// The embedding of one picture of a slice: everything that a prompt needs from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Row-major: columns fastest, then rows, then channels.
    pub values: Vec<f32>,
    /// Channels, rows, columns.
    pub shape: [usize; 3],
    /// The picture of the slice that was embedded.
    pub view: View,
}

/// Logits of one mask at the decoder's resolution: a mask prompt for the next round.
#[derive(Debug, Clone, PartialEq)]
pub struct LowResLogits {
    /// Row-major, positive inside the object.
    pub values: Vec<f32>,
    /// Width and height.
    pub side: usize,
    /// The picture of the slice that they belong to.
    pub view: View,
}
