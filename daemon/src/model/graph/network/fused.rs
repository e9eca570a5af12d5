//! The layers as operators of our own, for the CPU: see `model::run::operators`.

use super::convolution::depthwise;
use super::{
    AttentionBias, Bottleneck, Feature, Grid, Linear, LinearOptions, Network, Norm, WindowAttention,
};
use crate::model::graph::GraphError;
use crate::model::onnx::{Conv, Value};
use medicosam_kernels::attention::pack_pairs;
use medicosam_kernels::gemm::{PANEL, PanelRow, pack};

impl Network<'_> {
    /// A linear layer. The scale and shift of the normalisation before it move into its weights.
    pub(super) fn fused_linear(
        &mut self,
        x: Feature,
        mut linear: Linear,
        options: LinearOptions,
    ) -> Feature {
        let LinearOptions {
            norm,
            gelu,
            residual,
        } = options;
        let x = self.rows(x);
        let residual = residual.map(|residual| self.rows(residual).value);
        let mut bias = linear.bias.unwrap_or_else(|| vec![0.0; linear.outputs]);
        if let Some(norm) = &norm {
            absorb(norm, &mut linear.weight, &mut bias);
        }
        let weight = self.matrix(&linear.weight, linear.inputs, linear.outputs);
        let outputs = linear.outputs;
        let g = &mut self.layers.g;
        let bias = g.constant(&[outputs], bias);
        let epsilon = norm.map_or(0.0, |norm| norm.epsilon);
        let value = g.fused_linear(x.value, [weight, bias], residual, outputs, gelu, epsilon);
        let grid = Grid {
            dim: outputs,
            ..x.grid
        };
        Feature { value, grid, ..x }
    }

    /// Attention within windows.
    pub(super) fn fused_attention(&mut self, qkv: Feature, attention: WindowAttention) -> Feature {
        let WindowAttention {
            window,
            heads,
            padding,
            bias,
            ..
        } = attention;
        let qkv = self.rows(qkv);
        let Grid { side, dim } = qkv.grid;
        let dim = dim / 3;
        let relative = matches!(bias, AttentionBias::RelativePositions { .. });
        let bias = match bias {
            AttentionBias::Pairs(pairs) => {
                let packed = pack_pairs(&pairs, heads, window * window);
                let rows = packed.len() / heads;
                let packed = packed.into_flattened();
                self.layers.g.constant(&[heads, rows, PANEL], packed)
            }
            AttentionBias::RelativePositions { rows, columns } => {
                let shape = [2, 2 * window - 1, dim / heads];
                let tables = [rows, columns].concat();
                self.layers.g.constant(&shape, tables)
            }
        };
        let g = &mut self.layers.g;
        let padding = g.constant(&[3 * dim], padding);
        let lengths = [
            ("height", side),
            ("width", side),
            ("size", window),
            ("heads", heads),
            ("head", dim / heads),
            ("relative", usize::from(relative)),
        ];
        Feature {
            value: g.fused("WindowAttention", &[qkv.value, padding, bias], &lengths),
            grid: Grid { side, dim },
            ..qkv
        }
    }

    /// An inverted bottleneck.
    pub(super) fn fused_bottleneck(
        &mut self,
        x: Feature,
        bottleneck: &Bottleneck,
    ) -> Result<Feature, GraphError> {
        let &Bottleneck {
            ref name,
            hidden,
            outputs,
            stride,
            residual,
        } = bottleneck;
        let x = self.rows(x);
        let Grid { side, dim } = x.grid;
        let layer = |n: usize| format!("{name}.conv{n}");
        let point = Conv::POINTWISE;
        let (widen, bias) = self
            .layers
            .read_conv_batch_norm(&layer(1), dim, hidden, point)?;
        let widen = self.matrix(&widen, dim, hidden);
        let mut inputs = vec![x.value, widen, self.layers.g.constant(&[hidden], bias)];
        inputs.extend(self.depthwise_kernel(&layer(2), hidden, stride)?);
        let (narrow, bias) = self
            .layers
            .read_conv_batch_norm(&layer(3), hidden, outputs, point)?;
        inputs.push(self.matrix(&narrow, hidden, outputs));
        let g = &mut self.layers.g;
        inputs.push(g.constant(&[outputs], bias));
        let lengths = [
            ("height", side),
            ("width", side),
            ("stride", stride),
            ("residual", usize::from(residual)),
        ];
        Ok(Feature {
            value: g.fused("InvertedBottleneck", &inputs, &lengths),
            grid: Grid {
                side: side.div_ceil(stride),
                dim: outputs,
            },
            ..x
        })
    }

    /// A convolution of each channel by itself.
    pub(super) fn fused_depthwise(
        &mut self,
        x: Feature,
        name: &str,
    ) -> Result<Feature, GraphError> {
        let x = self.rows(x);
        let Grid { side, dim } = x.grid;
        let [kernel, bias] = self.depthwise_kernel(name, dim, 1)?;
        let inputs = [x.value, kernel, bias];
        let lengths = [("height", side), ("width", side)];
        let value = self.layers.g.fused("Depthwise", &inputs, &lengths);
        Ok(Feature { value, ..x })
    }

    /// Kernel (3, 3, channels) and bias (channels) of a convolution of each channel by itself.
    fn depthwise_kernel(
        &mut self,
        name: &str,
        channels: usize,
        stride: usize,
    ) -> Result<[Value; 2], GraphError> {
        let conv = depthwise(channels, stride);
        let (kernel, bias) = self
            .layers
            .read_conv_batch_norm(name, channels, channels, conv)?;
        let place = |at: usize| (0..channels).map(move |channel| channel * 9 + at);
        let kernel = (0..9).flat_map(place).map(|at| kernel[at]).collect();
        let g = &mut self.layers.g;
        Ok([
            g.constant(&[3, 3, channels], kernel),
            g.constant(&[channels], bias),
        ])
    }

    /// A matrix (outputs, inputs) as panels of its transpose.
    fn matrix(&mut self, weight: &[f32], inputs: usize, outputs: usize) -> Value {
        let packed = pack(inputs, outputs, |i, o| weight[o * inputs + i]);
        self.panels(packed, inputs)
    }

    fn panels(&mut self, panels: Vec<PanelRow>, inner: usize) -> Value {
        let shape = [panels.len() / inner, inner, PANEL];
        self.layers.g.constant(&shape, panels.into_flattened())
    }
}

/// Makes weights and bias those of a layer whose input is normalised, but not yet scaled and
/// shifted: W·(s∘x + t) + b = (W∘s)·x + (W·t + b).
fn absorb(norm: &Norm, weight: &mut [f32], bias: &mut [f32]) {
    for (row, bias) in weight.chunks_exact_mut(norm.scale.len()).zip(bias) {
        let shift: f64 = row
            .iter()
            .zip(&norm.bias)
            .map(|(&w, &t)| f64::from(w) * f64::from(t))
            .sum();
        *bias = (f64::from(*bias) + shift) as f32;
        for (w, s) in row.iter_mut().zip(&norm.scale) {
            *w *= s;
        }
    }
}
