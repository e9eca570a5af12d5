//! The neck of all SAM image encoders.

use super::{Feature, Linear, LinearOptions, Network};
use crate::model::graph::GraphError;
use crate::model::onnx::Conv;

/// ε of SAM's `LayerNorm2d`.
const EPSILON: f32 = 1e-6;

impl Network<'_> {
    /// Reduces tokens to `channels` and smooths over neighbours, with a normalisation after each.
    pub fn neck(&mut self, x: Feature, channels: usize) -> Result<Feature, GraphError> {
        self.scope("neck");
        let name = |n: usize| format!("image_encoder.neck.{n}");
        let weight = format!("{}.weight", name(0));
        let inputs = x.grid.dim;
        let reduce = Linear {
            weight: self.read(&weight, &[channels, inputs, 1, 1])?,
            name: weight,
            inputs,
            outputs: channels,
            bias: None,
        };
        let x = self.linear(x, reduce, LinearOptions::default())?;
        let norm = self.read_norm(&name(1), channels, EPSILON)?;
        let x = self.normalise(x, &norm);

        let weight = format!("{}.weight", name(2));
        let kernel = self.read(&weight, &[channels, channels, 3, 3])?;
        let kernel = self.constant(&weight, &[channels, channels, 3, 3], kernel)?;
        let conv = Conv {
            kernel: 3,
            stride: 1,
            pad: 1,
            groups: 1,
        };
        let x = self.narrow(x);
        let x = self.planes(x);
        let x = Feature {
            value: self.layers.g.conv(x.value, kernel, None, conv),
            ..x
        };
        let norm = self.read_norm(&name(3), channels, EPSILON)?;
        Ok(self.normalise(x, &norm))
    }
}
