//! A linear layer with what usually surrounds it.

use super::gemm::{PANEL, PanelRow, TILE_ROWS, load, store, tiles};
use super::math::gelu;
use super::simd::{Simd, vectorised};

/// y = activation(norm(x)·W + b + residual), for rows of x.
///
/// The scale and shift of a layer normalisation belong into W and b; what is done here is
/// (x − mean)/√(variance + ε) over each row.
#[derive(Debug, Clone, Copy)]
pub struct Linear<'a> {
    /// W (inputs, outputs) in panels.
    pub weight: &'a [PanelRow],
    /// b (outputs).
    pub bias: &'a [f32],
    /// Length of a row of x.
    pub inputs: usize,
    /// Length of a row of y.
    pub outputs: usize,
    /// ε of the normalisation of x, if there is one.
    pub norm: Option<f32>,
    /// Whether GELU is applied to the sums.
    pub gelu: bool,
}

impl Linear<'_> {
    /// Rows that are computed together: so many that reading the weights once for them costs
    /// little, so few that they stay in the cache of a core.
    pub const BLOCK: usize = 96;

    /// Computes the rows of `y` from those of `x`, and adds those of `residual`.
    pub fn rows(&self, x: &[f32], residual: Option<&[f32]>, y: &mut [f32]) {
        match self.norm {
            Some(epsilon) => {
                let mut normal = vec![0.0; x.len()];
                normalise(x, self.inputs, epsilon, &mut normal);
                product(self, &normal, residual, y);
            }
            None => product(self, x, residual, y),
        }
    }
}

vectorised! {
    /// Rows with mean 0 and variance 1.
    fn normalise<S>(x: &[f32], width: usize, epsilon: f32, out: &mut [f32]) {
        for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let count = width as f32;
            let mean = sum::<S>(row, |v| v) / count;
            let variance = sum::<S>(row, |v| (v - mean) * (v - mean)) / count;
            let scale = 1.0 / (variance + epsilon).sqrt();
            for (out, v) in out.iter_mut().zip(row) {
                *out = (v - mean) * scale;
            }
        }
    }
}

/// Σ f(v), in sixteen sums side by side: fast, and more exact than one.
#[inline(always)]
fn sum<S: Simd>(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<PANEL>();
    let mut sums = [0.0; PANEL];
    for chunk in chunks {
        for (sum, &v) in sums.iter_mut().zip(chunk) {
            *sum += f(v);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&v| f(v)).sum::<f32>()
}

fn product(layer: &Linear<'_>, x: &[f32], residual: Option<&[f32]>, y: &mut [f32]) {
    let Linear {
        inputs, outputs, ..
    } = *layer;
    for (panel, first) in layer
        .weight
        .chunks_exact(inputs)
        .zip((0..outputs).step_by(PANEL))
    {
        let columns = first..(first + PANEL).min(outputs);
        let mut bias = [0.0; PANEL];
        load(&layer.bias[columns.clone()], &mut bias);
        for tile in tiles(x, inputs, inputs) {
            let mut sums = [bias; TILE_ROWS];
            let rows = tile.first..tile.first + tile.count;
            if let Some(residual) = residual {
                for (row, sums) in rows.clone().zip(&mut sums) {
                    add(sums, &residual[row * outputs..][columns.clone()]);
                }
            }
            tile.multiply(panel, &mut sums);
            if layer.gelu {
                gelu_all(sums.as_flattened_mut());
            }
            for (row, sums) in rows.zip(&sums) {
                store(sums, &mut y[row * outputs..][columns.clone()]);
            }
        }
    }
}

fn add(sums: &mut PanelRow, values: &[f32]) {
    for (sum, v) in sums.iter_mut().zip(values) {
        *sum += v;
    }
}

vectorised! {
    /// GELU of each number, in place.
    pub fn gelu_all<S>(values: &mut [f32]) {
        for v in values {
            *v = gelu::<S>(*v);
        }
    }
}
