//! Layers: operators together with their weights from a checkpoint.

use super::{GraphError, Precision};
use crate::model::checkpoint::{Checkpoint, Tensor};
use crate::model::half::{f16_to_f32, f32_to_f16};
use crate::model::onnx::{Conv, Float, GraphBuilder, Value};

/// A graph under construction and the checkpoint that its weights come from.
///
/// At [`Precision::F16`] there are two kinds of values: *narrow* ones, which weights and layers
/// compute with, and *wide* ones of 32 bits, for normalisations, softmax and sums over many layers.
/// At [`Precision::F32`] both are the same, and [`Self::narrow`] and [`Self::widen`] do nothing.
pub struct Layers<'a> {
    /// The graph.
    pub g: GraphBuilder,
    checkpoint: &'a mut Checkpoint,
    precision: Precision,
}

impl<'a> Layers<'a> {
    pub fn new(name: &'static str, checkpoint: &'a mut Checkpoint, precision: Precision) -> Self {
        Layers {
            g: GraphBuilder::new(name),
            checkpoint,
            precision,
        }
    }

    /// A wide value made narrow.
    pub fn narrow(&mut self, x: Value) -> Value {
        match self.precision {
            Precision::F32 => x,
            Precision::F16 => self.g.cast(x, Float::F16),
        }
    }

    /// A narrow value made wide.
    pub fn widen(&mut self, x: Value) -> Value {
        match self.precision {
            Precision::F32 => x,
            Precision::F16 => self.g.cast(x, Float::F32),
        }
    }

    /// A narrow constant of the tensor `name` or made of it.
    pub fn constant(
        &mut self,
        name: &str,
        shape: &[usize],
        data: Vec<f32>,
    ) -> Result<Value, GraphError> {
        match self.precision {
            Precision::F32 => Ok(self.g.constant(shape, data)),
            Precision::F16 => {
                let bits: Vec<u16> = data.iter().map(|&v| f32_to_f16(v)).collect();
                let lost = bits
                    .iter()
                    .zip(&data)
                    .find(|(bits, v)| v.is_finite() && !f16_to_f32(**bits).is_finite());
                match lost {
                    Some((_, value)) => Err(GraphError::Unsupported {
                        tensor: name.to_owned(),
                        what: format!("a weight of {value}, beyond 16-bit floats"),
                    }),
                    None => Ok(self.g.half_constant(shape, bits)),
                }
            }
        }
    }

    /// The shape of a tensor, which must have `N` axes.
    pub fn shape<const N: usize>(&self, name: &str) -> Result<[usize; N], GraphError> {
        let shape = self.checkpoint.shape(name)?;
        shape.try_into().map_err(|_| GraphError::Unsupported {
            tensor: name.to_owned(),
            what: format!("{} axes instead of {N}", shape.len()),
        })
    }

    /// The numbers of a tensor, which must have this shape.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, GraphError> {
        Ok(self.checkpoint.read(name, shape).map(Tensor::into_data)?)
    }

    /// A tensor as a narrow constant of the graph.
    pub fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Value, GraphError> {
        let data = self.read(name, shape)?;
        self.constant(name, shape, data)
    }

    /// `torch.nn.Linear`: (M, `inputs`) → (M, `outputs`).
    pub fn linear(
        &mut self,
        x: Value,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Value, GraphError> {
        self.scaled_linear(x, name, inputs, outputs, 1.0)
    }

    /// A linear layer whose result is multiplied by `scale`, at no cost.
    pub fn scaled_linear(
        &mut self,
        x: Value,
        name: &str,
        inputs: usize,
        outputs: usize,
        scale: f32,
    ) -> Result<Value, GraphError> {
        let mut weight = self.read(&format!("{name}.weight"), &[outputs, inputs])?;
        let mut bias = self.read(&format!("{name}.bias"), &[outputs])?;
        if scale != 1.0 {
            weight.iter_mut().chain(&mut bias).for_each(|v| *v *= scale);
        }
        let weight = self.constant(name, &[outputs, inputs], weight)?;
        let bias = self.constant(name, &[outputs], bias)?;
        Ok(self.g.linear(x, weight, Some(bias)))
    }

    /// `torch.nn.LayerNorm` over a last axis of length `size`; also SAM's `LayerNorm2d`, where the
    /// channels are the last axis. Wide, and so is the result.
    pub fn layer_norm(
        &mut self,
        x: Value,
        name: &str,
        size: usize,
        epsilon: f32,
    ) -> Result<Value, GraphError> {
        let scale = self.read(&format!("{name}.weight"), &[size])?;
        let bias = self.read(&format!("{name}.bias"), &[size])?;
        let [scale, bias] = [scale, bias].map(|data| self.g.constant(&[size], data));
        Ok(self.g.layer_norm(x, scale, bias, epsilon))
    }

    /// A convolution without bias (`name.c`) and the batch normalisation after it (`name.bn`), as
    /// one convolution: with γ, β, mean μ, variance σ² of the normalisation, the kernel becomes
    /// w·γ/√(σ²+ε), the bias β − μ·γ/√(σ²+ε).
    pub fn conv_batch_norm(
        &mut self,
        x: Value,
        name: &str,
        inputs: usize,
        outputs: usize,
        conv: Conv,
    ) -> Result<Value, GraphError> {
        const EPSILON: f64 = 1e-5;
        let shape = [outputs, inputs / conv.groups, conv.kernel, conv.kernel];
        let mut kernel = self.read(&format!("{name}.c.weight"), &shape)?;
        let [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.read(&format!("{name}.bn.{part}"), &[outputs]));
        let (gamma, mut bias, mean, variance) = (gamma?, beta?, mean?, variance?);
        let per_output = kernel.len() / outputs;
        for channel in 0..outputs {
            let scale = f64::from(gamma[channel]) / (f64::from(variance[channel]) + EPSILON).sqrt();
            for value in &mut kernel[channel * per_output..(channel + 1) * per_output] {
                *value = (f64::from(*value) * scale) as f32;
            }
            let shift = f64::from(mean[channel]) * scale;
            bias[channel] = (f64::from(bias[channel]) - shift) as f32;
        }
        let kernel = self.constant(name, &shape, kernel)?;
        let bias = self.constant(name, &[outputs], bias)?;
        Ok(self.g.conv(x, kernel, Some(bias), conv))
    }
}
