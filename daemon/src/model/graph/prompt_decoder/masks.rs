//! From the transformer's tokens and image to masks and predicted IoUs.

use super::{DECODER, Decoder, EPSILON_2D, Sizes, swap_axes};
use crate::model::graph::GraphError;
use crate::model::onnx::Value;

impl Decoder<'_> {
    /// The image's tokens (G², D) → pixels (16·G², C), in the order (i, j, a, b, a′, b′): pixel
    /// row 4i + 2a + a′, column 4j + 2b + b′.
    pub(super) fn upscale(&mut self, image: Value) -> Result<Value, GraphError> {
        self.layers.g.scope("upscale");
        let Sizes {
            dim,
            up_channels: [first, second],
            ..
        } = self.sizes;
        let name = |n| format!("{DECODER}.output_upscaling.{n}");
        let x = self.patch_transposed_conv(image, &name(0), dim, first)?;
        let x = self.layers.layer_norm(x, &name(1), first, EPSILON_2D)?;
        let x = self.layers.g.gelu(x);
        let x = self.patch_transposed_conv(x, &name(3), first, second)?;
        Ok(self.layers.g.gelu(x))
    }

    /// A transposed convolution of kernel and stride 2: each row of `inputs` numbers becomes the
    /// four rows of `outputs` numbers of its patch.
    fn patch_transposed_conv(
        &mut self,
        x: Value,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Value, GraphError> {
        let kernel = self
            .layers
            .read(&format!("{name}.weight"), &[inputs, outputs, 2, 2])?;
        // (I, O, 2·2) → (2·2, O, I)
        let weight = swap_axes(
            &swap_axes(&kernel, [1, inputs, outputs * 4, 1]),
            [1, outputs, 4, inputs],
        );
        let weight = self.layers.g.constant(&[4 * outputs, inputs], weight);
        let bias = self.layers.read(&format!("{name}.bias"), &[outputs])?;
        let bias = self.layers.g.constant(&[4 * outputs], bias.repeat(4));
        let x = self.layers.g.linear(x, weight, Some(bias));
        Ok(self.layers.g.reshape(x, &[-1, outputs as i64]))
    }

    /// Each mask is the product of the pixels with a vector that its token is mapped to.
    pub(super) fn masks(&mut self, tokens: Value, pixels: Value) -> Result<Value, GraphError> {
        let Sizes {
            dim,
            masks,
            up_channels: [_, channels],
            ..
        } = self.sizes;
        let mut vectors = Vec::with_capacity(masks);
        for mask in 0..masks {
            self.layers.g.scope(format!("mask{mask}"));
            let at = mask as i64 + 1; // after the token of the IoU
            let token = self.layers.g.slice(tokens, &[0], &[at], &[at + 1]);
            let name = format!("{DECODER}.output_hypernetworks_mlps.{mask}");
            vectors.push(self.mlp(token, &name, &[dim, dim, dim, channels])?);
        }
        self.layers.g.scope("masks");
        let g = &mut self.layers.g;
        let vectors = g.concat(&vectors, 0);
        let vectors = g.transpose(vectors, &[1, 0]);
        let logits = g.matmul(pixels, vectors);
        let [n, m] = [self.grid, masks].map(|n| n as i64);
        let logits = g.reshape(logits, &[n, n, 2, 2, 2, 2, m]);
        let logits = g.transpose(logits, &[6, 0, 2, 4, 1, 3, 5]);
        Ok(g.reshape(logits, &[1, m, 4 * n, 4 * n]))
    }

    pub(super) fn iou(&mut self, tokens: Value) -> Result<Value, GraphError> {
        self.layers.g.scope("iou");
        let Sizes {
            dim,
            masks,
            iou_head: (count, hidden),
            ..
        } = self.sizes;
        let token = self.layers.g.slice(tokens, &[0], &[0], &[1]);
        let mut sizes = vec![hidden; count + 1];
        (sizes[0], sizes[count]) = (dim, masks);
        self.mlp(token, &format!("{DECODER}.iou_prediction_head"), &sizes)
    }

    /// Linear layers from size to size, with a ReLU between them.
    fn mlp(&mut self, mut x: Value, name: &str, sizes: &[usize]) -> Result<Value, GraphError> {
        for (layer, pair) in sizes.windows(2).enumerate() {
            if layer > 0 {
                x = self.layers.g.relu(x);
            }
            x = self
                .layers
                .linear(x, &format!("{name}.layers.{layer}"), pair[0], pair[1])?;
        }
        Ok(x)
    }
}
