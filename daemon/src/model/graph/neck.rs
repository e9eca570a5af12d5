//! The neck of all SAM image encoders.

use super::GraphError;
use super::grid::Grid;
use super::layers::Layers;
use crate::model::onnx::{Conv, Value};

/// ε of SAM's `LayerNorm2d`.
const EPSILON: f32 = 1e-6;

/// Reduces tokens to the embedding's channels and smooths over neighbours: tokens
/// (B·side², dim), narrow → (B, channels, side, side), wide.
pub fn neck(
    layers: &mut Layers<'_>,
    tokens: Value,
    grid: Grid,
    channels: usize,
) -> Result<Value, GraphError> {
    layers.g.scope("neck");
    let name = |n| format!("image_encoder.neck.{n}");
    let weight = format!("{}.weight", name(0));
    let data = layers.read(&weight, &[channels, grid.dim, 1, 1])?;
    let weight = layers.constant(&weight, &[channels, grid.dim], data)?;
    let x = layers.g.linear(tokens, weight, None);
    let x = layers.widen(x);
    let x = layers.layer_norm(x, &name(1), channels, EPSILON)?;
    let x = layers.narrow(x);
    let embedding = Grid {
        dim: channels,
        ..grid
    };
    let x = embedding.channels_first(&mut layers.g, x);
    let weight = format!("{}.weight", name(2));
    let weight = layers.weight(&weight, &[channels, channels, 3, 3])?;
    let conv = Conv {
        kernel: 3,
        stride: 1,
        pad: 1,
        groups: 1,
    };
    let x = layers.g.conv(x, weight, None, conv);
    let x = layers.g.transpose(x, &[0, 2, 3, 1]);
    let x = layers.widen(x);
    let x = layers.layer_norm(x, &name(3), channels, EPSILON)?;
    Ok(layers.g.transpose(x, &[0, 3, 1, 2]))
}
