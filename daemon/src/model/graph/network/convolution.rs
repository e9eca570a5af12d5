//! Convolutional layers, with their batch normalisations folded in.

use super::{Feature, Grid, Layout, Linear, LinearOptions, Network};
use crate::model::graph::{Form, GraphError};
use crate::model::onnx::Conv;

/// An inverted bottleneck: widen each pixel to `hidden` channels, convolve each channel by itself
/// over 3 × 3 pixels, narrow to `outputs` channels, with a GELU after the first two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bottleneck {
    /// In the checkpoint: the layers are `conv1` to `conv3` of that.
    pub name: String,
    /// Channels of the convolution.
    pub hidden: usize,
    /// Channels of the result.
    pub outputs: usize,
    /// Step of the convolution.
    pub stride: usize,
    /// Whether the input is added to the result, and a GELU follows.
    pub residual: bool,
}

impl Network<'_> {
    /// An inverted bottleneck.
    pub fn inverted_bottleneck(
        &mut self,
        x: Feature,
        bottleneck: &Bottleneck,
    ) -> Result<Feature, GraphError> {
        if self.form == Form::Kernels {
            return self.fused_bottleneck(x, bottleneck);
        }
        let &Bottleneck {
            ref name,
            hidden,
            outputs,
            stride,
            residual,
        } = bottleneck;
        let layer = |n: usize| format!("{name}.conv{n}");
        let y = self.convolution(x, &layer(1), hidden, Conv::POINTWISE)?;
        let y = self.gelu(y);
        let y = self.convolution(y, &layer(2), hidden, depthwise(hidden, stride))?;
        let y = self.gelu(y);
        let y = self.convolution(y, &layer(3), outputs, Conv::POINTWISE)?;
        if !residual {
            return Ok(y);
        }
        let x = self.planes(x);
        let x = self.narrow(x);
        let value = self.layers.g.add(y.value, x.value);
        Ok(self.gelu(Feature { value, ..y }))
    }

    /// Each channel by itself, over 3 × 3 pixels.
    pub fn depthwise3x3(&mut self, x: Feature, name: &str) -> Result<Feature, GraphError> {
        if self.form == Form::Kernels {
            return self.fused_depthwise(x, name);
        }
        self.convolution(x, name, x.grid.dim, depthwise(x.grid.dim, 1))
    }

    /// A convolution without bias (`name.c`) and the batch normalisation after it (`name.bn`).
    pub fn convolution(
        &mut self,
        x: Feature,
        name: &str,
        outputs: usize,
        conv: Conv,
    ) -> Result<Feature, GraphError> {
        let (kernel, bias) = self
            .layers
            .read_conv_batch_norm(name, x.grid.dim, outputs, conv)?;
        if self.form == Form::Kernels && conv == Conv::POINTWISE {
            let linear = Linear {
                name: name.to_owned(),
                inputs: x.grid.dim,
                outputs,
                weight: kernel,
                bias: Some(bias),
            };
            return Ok(self.fused_linear(x, linear, LinearOptions::default()));
        }
        let shape = [outputs, x.grid.dim / conv.groups, conv.kernel, conv.kernel];
        let kernel = self.constant(name, &shape, kernel)?;
        let bias = self.constant(name, &[outputs], bias)?;
        let x = self.planes(x);
        let x = self.narrow(x);
        Ok(Feature {
            grid: Grid {
                side: x.grid.side.div_ceil(conv.stride),
                dim: outputs,
            },
            value: self.layers.g.conv(x.value, kernel, Some(bias), conv),
            ..x
        })
    }

    /// A GELU.
    pub fn gelu(&mut self, x: Feature) -> Feature {
        Feature {
            value: self.layers.g.gelu(x.value),
            ..x
        }
    }

    /// Square patches without overlap become tokens, which their places are added to: a
    /// convolution `name` whose stride is its kernel, as a matrix product over patches, and
    /// `positions`, (grid², dim).
    pub fn patches(
        &mut self,
        image: Feature,
        name: &str,
        patch: usize,
        grid: Grid,
        mut positions: Vec<f32>,
    ) -> Result<Feature, GraphError> {
        let Grid { side, dim } = grid;
        let colours = image.grid.dim;
        let weight = format!("{name}.weight");
        let kernel = self.read(&weight, &[dim, colours, patch, patch])?;
        let kernel = self.constant(&weight, &[dim, colours * patch * patch], kernel)?;
        let bias = self.read(&format!("{name}.bias"), &[dim])?;
        for row in positions.chunks_exact_mut(dim) {
            row.iter_mut().zip(&bias).for_each(|(p, b)| *p += b);
        }
        let image = self.planes(image);
        let image = self.narrow(image);
        let g = &mut self.layers.g;
        let [n, p, c] = [side, patch, colours].map(|n| n as i64);
        let x = g.reshape(image.value, &[-1, c, n, p, n, p]);
        let x = g.transpose(x, &[0, 2, 4, 1, 3, 5]);
        let x = g.reshape(x, &[-1, c * p * p]);
        let value = g.linear(x, kernel, None);
        let x = self.widen(Feature {
            grid,
            value,
            layout: Layout::Rows,
            ..image
        });
        let g = &mut self.layers.g;
        let positions = g.constant(&[side * side, dim], positions);
        let y = g.reshape(x.value, &[-1, n * n, dim as i64]);
        let y = g.add(y, positions);
        let value = g.reshape(y, &[-1, dim as i64]);
        Ok(Feature { value, ..x })
    }
}

/// 3 × 3, each channel by itself.
pub(super) fn depthwise(channels: usize, stride: usize) -> Conv {
    Conv {
        kernel: 3,
        stride,
        pad: 1,
        groups: channels,
    }
}
