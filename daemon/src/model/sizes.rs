//! Sizes of a model's tensors.

use serde::{Deserialize, Serialize};

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
