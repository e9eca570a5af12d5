//! Images between layers: as rows of tokens for linear layers, as windows for attention, with the
//! channels first for convolutions.

use crate::model::onnx::{GraphBuilder, Value};

/// A square grid of tokens, row by row. The tokens of all images of a batch follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Tokens per side.
    pub side: usize,
    /// Channels of each.
    pub dim: usize,
}

impl Grid {
    /// Tokens (B·side², dim) → (B, dim, side, side).
    pub fn channels_first(self, g: &mut GraphBuilder, tokens: Value) -> Value {
        let [side, dim] = [self.side, self.dim].map(|n| n as i64);
        let x = g.reshape(tokens, &[-1, side, side, dim]);
        g.transpose(x, &[0, 3, 1, 2])
    }

    /// (B, dim, side, side) → tokens (B·side², dim).
    pub fn tokens(self, g: &mut GraphBuilder, x: Value) -> Value {
        let x = g.transpose(x, &[0, 2, 3, 1]);
        g.reshape(x, &[-1, self.dim as i64])
    }
}

/// How a square grid of tokens is cut into square windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Tokens per side of the grid.
    pub side: usize,
    /// Tokens per side of a window.
    pub size: usize,
    /// Windows per side; the last ones may reach beyond the grid.
    pub count: usize,
}

impl Windows {
    /// Windows of `size`, from the grid's upper left corner on.
    pub fn new(side: usize, size: usize) -> Self {
        Windows {
            side,
            size,
            count: side.div_ceil(size),
        }
    }

    /// Rows and columns beyond the grid.
    fn padding(self) -> usize {
        self.count * self.size - self.side
    }

    /// Tokens (B·side², heads·head) → those of each window and head, (B·count², heads, size²,
    /// head). Tokens beyond the grid are zeros; `bias` (heads·head) is added to all, also to those.
    pub fn split(
        self,
        g: &mut GraphBuilder,
        tokens: Value,
        heads: usize,
        head: usize,
        bias: Value,
    ) -> Value {
        let [n, m, s, p] = [self.side, self.count, self.size, self.padding()].map(|n| n as i64);
        let [h, d] = [heads, head].map(|n| n as i64);
        let x = if p > 0 {
            let x = g.reshape(tokens, &[-1, n, n, h * d]);
            g.pad_end(x, &[0, p, p, 0])
        } else {
            tokens
        };
        let x = g.add(x, bias);
        let x = g.reshape(x, &[-1, m, s, m, s, h, d]);
        let x = g.transpose(x, &[0, 1, 3, 5, 2, 4, 6]);
        g.reshape(x, &[-1, h, s * s, d])
    }

    /// The way back from [`Self::split`]; what is beyond the grid is dropped.
    pub fn join(self, g: &mut GraphBuilder, x: Value, heads: usize, head: usize) -> Value {
        let [n, m, s, h, d] = [self.side, self.count, self.size, heads, head].map(|n| n as i64);
        let x = g.reshape(x, &[-1, m, m, h, s, s, d]);
        let x = g.transpose(x, &[0, 1, 4, 2, 5, 3, 6]);
        let x = if self.padding() > 0 {
            let x = g.reshape(x, &[-1, m * s, m * s, h * d]);
            g.slice(x, &[1, 2], &[0, 0], &[n, n])
        } else {
            x
        };
        g.reshape(x, &[-1, h * d])
    }
}
