//! SAM's prompt encoder.

use super::{Decoder, EPSILON_2D, PROMPT, Sizes, swap_axes};
use crate::model::graph::GraphError;
use crate::model::onnx::Value;
use std::f32::consts::TAU;

impl Decoder<'_> {
    /// Points and box corners → (N, D): where they are, as sines and cosines of random
    /// frequencies, plus what they are.
    pub(super) fn sparse_prompt(
        &mut self,
        coords: Value,
        labels: Value,
        gaussian: &[f32],
    ) -> Result<Value, GraphError> {
        self.layers.g.scope("points");
        let dim = self.sizes.dim;
        // One row per label, from −1 on.
        let mut kinds = Vec::with_capacity(5 * dim);
        kinds.extend(
            self.layers
                .read(&format!("{PROMPT}.not_a_point_embed.weight"), &[1, dim])?,
        );
        for kind in 0..4 {
            let name = format!("{PROMPT}.point_embeddings.{kind}.weight");
            kinds.extend(self.layers.read(&name, &[1, dim])?);
        }
        let g = &mut self.layers.g;
        let kinds = g.constant(&[5, dim], kinds);
        let labels = g.reshape(labels, &[-1]);
        let one = g.scalar(1.0);
        let index = g.add(labels, one);
        // The padding point (index 0) is nowhere: its position does not count.
        let somewhere = g.clip(index, 0.0, 1.0);
        let somewhere = g.reshape(somewhere, &[-1, 1]);
        let index = g.to_indices(index);
        let kind = g.gather(kinds, index);

        let [half, size, two, tau] = [0.5, self.image_size as f32, 2.0, TAU].map(|n| g.scalar(n));
        let x = g.reshape(coords, &[-1, 2]);
        let x = g.add(x, half); // centres of pixels
        let x = g.div(x, size);
        let x = g.mul(x, two);
        let x = g.sub(x, one);
        let gaussian = g.constant(&[2, dim / 2], gaussian.to_vec());
        let phase = g.matmul(x, gaussian);
        let phase = g.mul(phase, tau);
        let [sine, cosine] = [g.sin(phase), g.cos(phase)];
        let position = g.concat(&[sine, cosine], -1);
        let position = g.mul(position, somewhere);
        Ok(g.add(position, kind))
    }

    /// The mask prompt → (G², D), or the same row everywhere if there is none.
    pub(super) fn dense_prompt(
        &mut self,
        mask: Value,
        has_mask: Value,
    ) -> Result<Value, GraphError> {
        self.layers.g.scope("mask");
        let Sizes {
            dim,
            mask_channels: [first, second],
            ..
        } = self.sizes;
        let name = |n| format!("{PROMPT}.mask_downscaling.{n}");
        // 2 × 2 patches of 2 × 2 pixels: rows (i, j, a, b), columns the pixels of the inner patch.
        let n = self.grid as i64;
        let x = self.layers.g.reshape(mask, &[n, 2, 2, n, 2, 2]);
        let x = self.layers.g.transpose(x, &[0, 3, 1, 4, 2, 5]);
        let x = self.layers.g.reshape(x, &[-1, 4]);
        let x = self.patch_conv(x, &name(0), 1, first)?;
        let x = self.layers.layer_norm(x, &name(1), first, EPSILON_2D)?;
        let x = self.layers.g.gelu(x);
        let x = self.layers.g.reshape(x, &[n * n, -1]);
        let x = self.patch_conv(x, &name(3), first, second)?;
        let x = self.layers.layer_norm(x, &name(4), second, EPSILON_2D)?;
        let x = self.layers.g.gelu(x);

        // has·(w·x + b) + (1 − has)·none, with the sum of rows as the bias of one product.
        let weight = self
            .layers
            .read(&format!("{}.weight", name(6)), &[dim, second, 1, 1])?;
        let weight = self.layers.g.constant(&[dim, second], weight);
        let bias = self.layers.read(&format!("{}.bias", name(6)), &[dim])?;
        let none = self
            .layers
            .read(&format!("{PROMPT}.no_mask_embed.weight"), &[1, dim])?;
        let change = bias.iter().zip(&none).map(|(b, n)| b - n).collect();
        let g = &mut self.layers.g;
        let change = g.constant(&[1, dim], change);
        let change = g.mul(change, has_mask);
        let none = g.constant(&[1, dim], none);
        let row = g.add(none, change);
        let x = g.mul(x, has_mask);
        Ok(g.linear(x, weight, Some(row)))
    }

    /// A convolution of kernel and stride 2 over patches: rows of 2·2·`inputs` numbers, the
    /// channels last → rows of `outputs` numbers.
    fn patch_conv(
        &mut self,
        x: Value,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Value, GraphError> {
        let kernel = self
            .layers
            .read(&format!("{name}.weight"), &[outputs, inputs, 2, 2])?;
        // (O, I, 2·2) → (O, 2·2, I)
        let weight = swap_axes(&kernel, [outputs, inputs, 4, 1]);
        let weight = self.layers.g.constant(&[outputs, 4 * inputs], weight);
        let bias = self.layers.weight(&format!("{name}.bias"), &[outputs])?;
        Ok(self.layers.g.linear(x, weight, Some(bias)))
    }
}

/// The positions of the embedding's grid, (G², D), encoded like points at the cells' centres.
pub(super) fn dense_position(gaussian: &[f32], grid: usize) -> Vec<f32> {
    let (along_x, along_y) = gaussian.split_at(gaussian.len() / 2);
    let centre = |at: usize| 2.0 * ((at as f32 + 0.5) / grid as f32) - 1.0;
    let mut all = Vec::with_capacity(grid * grid * gaussian.len());
    for (y, x) in (0..grid).flat_map(|y| (0..grid).map(move |x| (centre(y), centre(x)))) {
        let phases = || {
            along_x
                .iter()
                .zip(along_y)
                .map(|(gx, gy)| TAU * (x * gx + y * gy))
        };
        all.extend(phases().map(f32::sin));
        all.extend(phases().map(f32::cos));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_encoded_at_the_centres_of_its_cells() {
        // one frequency: 1 along x, 0 along y; a grid of 2: centres at ∓1/2
        let all = dense_position(&[1.0, 0.0], 2);
        let expected = [(-0.5, 0), (0.5, 1), (-0.5, 2), (0.5, 3)];
        for (x, row) in expected {
            let phase = TAU * x;
            assert!((all[2 * row] - phase.sin()).abs() < 1e-6);
            assert!((all[2 * row + 1] - phase.cos()).abs() < 1e-6);
        }
    }
}
