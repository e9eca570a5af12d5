//! What image encoders are made of: a few composite layers, each with one meaning, from [`Feature`]
//! to [`Feature`].
//!
//! The architectures ([`super::vit`], [`super::tiny_vit`]) say which layers follow one another, and
//! with which weights. How a layer becomes operators, in which layout and with which floats, is
//! decided here alone.

mod attention;
mod convolution;
mod feature;
mod fused;
mod neck;

pub use attention::{AttentionBias, WindowAttention};
pub use convolution::Bottleneck;
pub use feature::{Feature, Grid};

use super::layers::Layers;
use super::{Form, GraphError};
use crate::model::checkpoint::Checkpoint;
use crate::model::half::{f16_to_f32, f32_to_f16};
use crate::model::onnx::{Float, Model, Value};
use feature::Layout;

/// The encoder's input, (B, 3, S, S), prepared as the model's family wants it.
pub const IMAGE: &str = "image";

/// Name of the encoder's first axis, the number of images.
pub const BATCH: &str = "batch";

/// An encoder under construction.
///
/// At [`Form::F16`] weights, products and convolutions have 16 bits; what normalises or sums
/// up over many layers has 32, and casts stand between them.
pub struct Network<'a> {
    layers: Layers<'a>,
    form: Form,
}

/// A linear layer: y = x · weightᵀ + bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// The layer in the checkpoint, for messages.
    pub name: String,
    /// Channels of x.
    pub inputs: usize,
    /// Channels of y.
    pub outputs: usize,
    /// (outputs, inputs)
    pub weight: Vec<f32>,
    /// (outputs)
    pub bias: Option<Vec<f32>>,
}

/// A layer normalisation over the channels: (x − mean) / √(variance + ε) · scale + bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// (channels)
    pub scale: Vec<f32>,
    /// (channels)
    pub bias: Vec<f32>,
    /// ε
    pub epsilon: f32,
}

/// What precedes and follows a linear layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinearOptions {
    /// A normalisation of the input.
    pub norm: Option<Norm>,
    /// Whether a GELU follows.
    pub gelu: bool,
    /// A feature that is added to the result, at the end.
    pub residual: Option<Feature>,
}

impl<'a> Network<'a> {
    pub fn new(name: &'static str, checkpoint: &'a mut Checkpoint, form: Form) -> Self {
        Network {
            layers: Layers::new(name, checkpoint),
            form,
        }
    }

    /// Names the part of the network that follows.
    pub fn scope(&mut self, scope: impl Into<String>) {
        self.layers.g.scope(scope);
    }

    /// The numbers of a tensor, which must have this shape.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, GraphError> {
        self.layers.read(name, shape)
    }

    /// The linear layer `name` of the checkpoint.
    pub fn read_linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, GraphError> {
        Ok(Linear {
            name: name.to_owned(),
            inputs,
            outputs,
            weight: self.read(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: Some(self.read(&format!("{name}.bias"), &[outputs])?),
        })
    }

    /// The layer normalisation `name` of the checkpoint.
    pub fn read_norm(
        &mut self,
        name: &str,
        channels: usize,
        epsilon: f32,
    ) -> Result<Norm, GraphError> {
        Ok(Norm {
            scale: self.read(&format!("{name}.weight"), &[channels])?,
            bias: self.read(&format!("{name}.bias"), &[channels])?,
            epsilon,
        })
    }

    /// The finished model; its output is `embedding`, (B, channels, side, side).
    pub fn finish(mut self, embedding: Feature) -> Model {
        self.output(embedding);
        self.layers.g.finish()
    }

    /// A linear layer over the channels.
    pub fn linear(
        &mut self,
        x: Feature,
        linear: Linear,
        options: LinearOptions,
    ) -> Result<Feature, GraphError> {
        if self.form == Form::Kernels {
            return Ok(self.fused_linear(x, linear, options));
        }
        let x = match &options.norm {
            Some(norm) => self.normalise(x, norm),
            None => self.rows(x),
        };
        let x = self.narrow(x);
        let Linear {
            name,
            inputs,
            outputs,
            weight,
            bias,
        } = linear;
        let weight = self.constant(&name, &[outputs, inputs], weight)?;
        let bias = bias
            .map(|bias| self.constant(&name, &[outputs], bias))
            .transpose()?;
        let g = &mut self.layers.g;
        let mut value = g.linear(x.value, weight, bias);
        if options.gelu {
            value = g.gelu(value);
        }
        let grid = Grid {
            dim: outputs,
            ..x.grid
        };
        let y = Feature { value, grid, ..x };
        Ok(match options.residual {
            None => y,
            Some(residual) => {
                let [y, residual] = [y, residual].map(|x| {
                    let x = self.rows(x);
                    self.widen(x)
                });
                Feature {
                    value: self.layers.g.add(residual.value, y.value),
                    ..y
                }
            }
        })
    }

    /// A layer normalisation, wide, in rows.
    fn normalise(&mut self, x: Feature, norm: &Norm) -> Feature {
        let x = self.rows(x);
        let x = self.widen(x);
        let g = &mut self.layers.g;
        let [scale, bias] = [&norm.scale, &norm.bias].map(|v| g.constant(&[x.grid.dim], v.clone()));
        Feature {
            value: g.layer_norm(x.value, scale, bias, norm.epsilon),
            ..x
        }
    }

    /// The type of weights, products and convolutions.
    fn float(&self) -> Float {
        match self.form {
            Form::F32 | Form::Kernels => Float::F32,
            Form::F16 => Float::F16,
        }
    }

    /// A constant of the type of weights, made of the tensor or layer `name`.
    fn constant(
        &mut self,
        name: &str,
        shape: &[usize],
        data: Vec<f32>,
    ) -> Result<Value, GraphError> {
        match self.float() {
            Float::F32 => Ok(self.layers.g.constant(shape, data)),
            Float::F16 => {
                let bits: Vec<u16> = data.iter().map(|&v| f32_to_f16(v)).collect();
                let mut pairs = bits.iter().zip(&data);
                let lost = pairs.find(|(bits, v)| v.is_finite() && !f16_to_f32(**bits).is_finite());
                match lost {
                    Some((_, value)) => Err(GraphError::Unsupported {
                        tensor: name.to_owned(),
                        what: format!("a weight of {value}, beyond 16-bit floats"),
                    }),
                    None => Ok(self.layers.g.half_constant(shape, bits)),
                }
            }
        }
    }
}
