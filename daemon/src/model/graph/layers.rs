//! Layers: operators together with their weights from a checkpoint.

use super::GraphError;
use crate::model::checkpoint::{Checkpoint, Tensor};
use crate::model::onnx::{Conv, GraphBuilder, Value};

/// A graph under construction and the checkpoint that its weights come from. All floats have 32
/// bits.
pub struct Layers<'a> {
    /// The graph.
    pub g: GraphBuilder,
    checkpoint: &'a mut Checkpoint,
}

impl<'a> Layers<'a> {
    pub fn new(name: &'static str, checkpoint: &'a mut Checkpoint) -> Self {
        Layers {
            g: GraphBuilder::new(name),
            checkpoint,
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

    /// A tensor as a constant of the graph.
    pub fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Value, GraphError> {
        let data = self.read(name, shape)?;
        Ok(self.g.constant(shape, data))
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
        let weight = self.g.constant(&[outputs, inputs], weight);
        let bias = self.g.constant(&[outputs], bias);
        Ok(self.g.linear(x, weight, Some(bias)))
    }

    /// `torch.nn.LayerNorm` over a last axis of length `size`; also SAM's `LayerNorm2d`, where the
    /// channels are the last axis.
    pub fn layer_norm(
        &mut self,
        x: Value,
        name: &str,
        size: usize,
        epsilon: f32,
    ) -> Result<Value, GraphError> {
        let scale = self.weight(&format!("{name}.weight"), &[size])?;
        let bias = self.weight(&format!("{name}.bias"), &[size])?;
        Ok(self.g.layer_norm(x, scale, bias, epsilon))
    }

    /// A convolution without bias (`name.c`) and the batch normalisation after it (`name.bn`), as
    /// the kernel and bias of one convolution: with γ, β, mean μ, variance σ² of the normalisation, the kernel becomes
    /// w·γ/√(σ²+ε), the bias β − μ·γ/√(σ²+ε).
    pub fn read_conv_batch_norm(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        conv: Conv,
    ) -> Result<(Vec<f32>, Vec<f32>), GraphError> {
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
        Ok((kernel, bias))
    }
}
