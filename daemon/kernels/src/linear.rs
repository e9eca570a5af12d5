//! A linear layer with what usually surrounds it.

use super::gemm::{Onto, PANEL, PanelRow, TILE, Tiles, gather, pack_tiles, product, spread};
use super::math::gelu;
use super::scratch;
use super::simd::vectorised;

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
    /// little, so few that they stay in the cache of a core. Sixteen tiles.
    pub const BLOCK: usize = 96;

    /// Panels of weights that are multiplied before their sums go to y: as these stay in the cache
    /// of a core, and y is written in longer pieces.
    const PANELS: usize = 8;

    /// Computes the rows of `y` from those of `x`, and adds those of `residual`.
    pub fn rows(&self, x: &[f32], residual: Option<&[f32]>, y: &mut [f32]) {
        let Linear {
            inputs, outputs, ..
        } = *self;
        let rows = x.len() / inputs;
        if rows == 0 {
            return;
        }
        let height = rows.next_multiple_of(TILE);
        scratch::with(|scratch| {
            let (tiles, sums) = scratch.room(height / TILE * inputs, Self::PANELS * height);
            pack_tiles(x, inputs, self.norm, tiles);
            let weights = self.weight.chunks(Self::PANELS * inputs);
            for (weights, first) in weights.zip((0..outputs).step_by(Self::PANELS * PANEL)) {
                let columns = first..(first + Self::PANELS * PANEL).min(outputs);
                let sums = &mut sums[..weights.len() / inputs * height];
                begin(&self.bias[columns], residual, outputs, first, height, sums);
                product(Tiles::new(tiles, inputs), weights, Onto::Sums, sums);
                if self.gelu {
                    gelu_all(sums.as_flattened_mut());
                }
                finish(sums, height, outputs, first, y);
            }
        });
    }
}

vectorised! {
    /// Sets sums of some columns, from `first` on, to their bias and, if there is one, the residual.
    fn begin<S>(
        bias: &[f32],
        residual: Option<&[f32]>,
        outputs: usize,
        first: usize,
        height: usize,
        sums: &mut [PanelRow],
    ) {
        for (bias, sums) in spread(bias).zip(sums.chunks_exact_mut(height)) {
            sums.fill(bias);
        }
        let Some(residual) = residual else { return };
        for (at, row) in residual.chunks_exact(outputs).enumerate() {
            let row = &row[first..first + bias.len()];
            let mut sums = sums[at..].iter_mut().step_by(height);
            spread(row).for_each(|values| {
                if let Some(sums) = sums.next() {
                    for (sum, v) in sums.iter_mut().zip(values) {
                        *sum += v;
                    }
                }
            });
        }
    }
}

vectorised! {
    /// Moves sums of some columns, from `first` on, to the rows of `y`: a row at a time, so that
    /// each is written in one piece.
    fn finish<S>(
        sums: &[PanelRow],
        height: usize,
        outputs: usize,
        first: usize,
        y: &mut [f32],
    ) {
        let end = (first + sums.len() / height * PANEL).min(outputs);
        for (at, row) in y.chunks_exact_mut(outputs).enumerate() {
            let sums = sums[at..].iter().step_by(height);
            gather(sums.copied(), &mut row[first..end]);
        }
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

#[cfg(test)]
mod tests {
    use super::super::gemm::pack;
    use super::super::math::gelu;
    use super::super::simd::{Fused, testing::at_each_level};
    use super::*;

    #[test]
    fn a_layer_with_all_that_surrounds_it_is_what_it_is_by_definition() {
        let numbers = |count: usize, seed: usize| -> Vec<f32> {
            let number = |n: usize| ((n * 37 + seed * 101) % 113) as f32 / 56.5 - 1.0;
            (0..count).map(number).collect()
        };
        let (rows, inputs, outputs) = (20, 40, 150);
        let (x, w) = (numbers(rows * inputs, 1), numbers(inputs * outputs, 2));
        let (bias, residual) = (numbers(outputs, 3), numbers(rows * outputs, 4));
        let weight = pack(inputs, outputs, |i, o| w[i * outputs + o]);
        at_each_level(|level| {
            for (norm, activation, with_residual) in [
                (None, false, false),
                (Some(1e-6), true, false),
                (None, true, true),
            ] {
                let layer = Linear {
                    weight: &weight,
                    bias: &bias,
                    inputs,
                    outputs,
                    norm,
                    gelu: activation,
                };
                let residual = with_residual.then_some(residual.as_slice());
                let mut y = vec![f32::NAN; rows * outputs];
                layer.rows(&x, residual, &mut y);
                for (row, column) in (0..rows).flat_map(|r| (0..outputs).map(move |c| (r, c))) {
                    let x = &x[row * inputs..][..inputs];
                    let mean = x.iter().sum::<f32>() / inputs as f32;
                    let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>();
                    let scale = 1.0 / (variance / inputs as f32 + 1e-6).sqrt();
                    let normal = |v: f32| norm.map_or(v, |_| (v - mean) * scale);
                    let terms = (0..inputs).map(|i| normal(x[i]) * w[i * outputs + column]);
                    let added = residual.map_or(0.0, |r| r[row * outputs + column]);
                    let sum = terms.sum::<f32>() + bias[column] + added;
                    let expected = if activation { gelu::<Fused>(sum) } else { sum };
                    let ours = y[row * outputs + column];
                    assert!(
                        (ours - expected).abs() < 3e-5,
                        "{level:?}: {ours} {expected}"
                    );
                }
            }
        });
    }
}
