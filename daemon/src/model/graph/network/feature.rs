//! What flows between layers.

use super::{BATCH, IMAGE, Network};
use crate::model::graph::prompt_decoder::inputs;
use crate::model::onnx::{Dim, Float, Value};

/// A square grid of tokens or pixels, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// How many per side.
    pub side: usize,
    /// Channels of each.
    pub dim: usize,
}

/// Numbers on a grid, for each image of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The grid.
    pub grid: Grid,
    pub(super) value: Value,
    pub(super) layout: Layout,
    pub(super) float: Float,
}

/// In which order the numbers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// (B·side², dim): what linear layers want.
    Rows,
    /// (B, dim, side, side): what convolutions want.
    Planes,
}

impl Network<'_> {
    /// The encoder's input, (B, 3, side, side).
    pub fn image(&mut self, side: usize) -> Feature {
        let grid = Grid { side, dim: 3 };
        Feature {
            grid,
            value: self.layers.g.input(IMAGE, &planes(grid)),
            layout: Layout::Planes,
            float: Float::F32,
        }
    }

    pub(super) fn output(&mut self, x: Feature) {
        let x = self.widen(x);
        let x = self.planes(x);
        let shape = planes(x.grid);
        self.layers.g.output(x.value, inputs::EMBEDDINGS, &shape);
    }

    pub(super) fn rows(&mut self, x: Feature) -> Feature {
        let value = match x.layout {
            Layout::Rows => return x,
            Layout::Planes => {
                let g = &mut self.layers.g;
                let value = g.transpose(x.value, &[0, 2, 3, 1]);
                g.reshape(value, &[-1, x.grid.dim as i64])
            }
        };
        Feature {
            value,
            layout: Layout::Rows,
            ..x
        }
    }

    pub(super) fn planes(&mut self, x: Feature) -> Feature {
        let value = match x.layout {
            Layout::Planes => return x,
            Layout::Rows => {
                let [side, dim] = [x.grid.side, x.grid.dim].map(|n| n as i64);
                let g = &mut self.layers.g;
                let value = g.reshape(x.value, &[-1, side, side, dim]);
                g.transpose(value, &[0, 3, 1, 2])
            }
        };
        Feature {
            value,
            layout: Layout::Planes,
            ..x
        }
    }

    /// As floats of the type of weights.
    pub(super) fn narrow(&mut self, x: Feature) -> Feature {
        self.cast(x, self.float())
    }

    /// As 32-bit floats.
    pub(super) fn widen(&mut self, x: Feature) -> Feature {
        self.cast(x, Float::F32)
    }

    /// A value of 32-bit floats, as floats of the type of weights.
    pub(super) fn narrow_value(&mut self, x: Value) -> Value {
        match self.float() {
            Float::F32 => x,
            Float::F16 => self.layers.g.cast(x, Float::F16),
        }
    }

    /// A value of floats of the type of weights, as 32-bit floats.
    pub(super) fn widen_value(&mut self, x: Value) -> Value {
        match self.float() {
            Float::F32 => x,
            Float::F16 => self.layers.g.cast(x, Float::F32),
        }
    }

    fn cast(&mut self, x: Feature, float: Float) -> Feature {
        if x.float == float {
            return x;
        }
        let value = self.layers.g.cast(x.value, float);
        Feature { value, float, ..x }
    }
}

fn planes(grid: Grid) -> [Dim; 4] {
    let side = Dim::Fixed(grid.side);
    [Dim::Named(BATCH), Dim::Fixed(grid.dim), side, side]
}
