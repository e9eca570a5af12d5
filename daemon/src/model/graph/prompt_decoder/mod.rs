//! SAM's prompt encoder and mask decoder, as one graph: an embedding and prompts become four masks.
//!
//! Kirillov et al., "Segment Anything", ICCV 2023. The sizes are read from the checkpoint, so that
//! LiteMedSAM and all SAM ViT share this graph.
//!
//! Everything is kept as matrices with one row per token: prompts and output tokens (T, D), the
//! image (G², D) with G² positions row by row. Where upstream convolves with a stride as large as
//! the kernel (mask prompts, upscaling), each patch is a row, and the convolution a matrix product.

mod masks;
mod prompts;
mod transformer;

use super::GraphError;
use super::layers::Layers;
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Dim, Model};
use crate::model::sizes::Sizes as ModelSizes;
use prompts::dense_position;
use transformer::HEADS;

/// Names of the inputs; those of SAM's own ONNX export.
pub mod inputs {
    /// The embedding, (1, D, G, G).
    pub const EMBEDDINGS: &str = "image_embeddings";
    /// Points and box corners, (1, N, 2): x, y in pixels of the encoder's input.
    pub const COORDS: &str = "point_coords";
    /// (1, N): 1 positive point, 0 negative point, 2 and 3 first and last corner of a box,
    /// −1 the padding point that SAM wants after points without a box.
    pub const LABELS: &str = "point_labels";
    /// Logits of an earlier mask, (1, 1, 4G, 4G); any finite numbers if there is none.
    pub const MASK: &str = "mask_input";
    /// (1): 1 if there is a mask, 0 if not.
    pub const HAS_MASK: &str = "has_mask_input";
}

/// Names of the outputs.
pub mod outputs {
    /// Logits of the masks, (1, M, 4G, 4G): positive inside.
    pub const MASKS: &str = "low_res_masks";
    /// The predicted IoU of each mask, (1, M).
    pub const IOU: &str = "iou_predictions";
}

/// ε of `torch.nn.LayerNorm`.
const EPSILON: f32 = 1e-5;
/// ε of SAM's `LayerNorm2d`.
const EPSILON_2D: f32 = 1e-6;

const PROMPT: &str = "prompt_encoder";
const DECODER: &str = "mask_decoder";
const TRANSFORMER: &str = "mask_decoder.transformer";

/// The decoder of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptDecoder {
    /// Sizes of the encoder that it belongs to: its own weights do not say in which pixels prompts
    /// are given, nor how large the embedding is.
    pub sizes: ModelSizes,
}

impl PromptDecoder {
    /// Builds the graph: one image and one prompt per run, all of 32-bit floats.
    pub fn build(self, checkpoint: &mut Checkpoint) -> Result<Model, GraphError> {
        let layers = Layers::new("prompt_decoder", checkpoint);
        let sizes = Sizes::read(&layers)?;
        if sizes.dim != self.sizes.channels as usize {
            return Err(GraphError::Unsupported {
                tensor: format!("{DECODER}.mask_tokens.weight"),
                what: format!(
                    "a decoder of {} channels behind an encoder of {}",
                    sizes.dim, self.sizes.channels
                ),
            });
        }
        let mut net = Decoder {
            layers,
            sizes,
            image_size: self.sizes.input as usize,
            grid: self.sizes.grid as usize,
        };
        net.build()?;
        Ok(net.layers.g.finish())
    }
}

/// Sizes that the shapes of the weights tell.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// Length of a token.
    dim: usize,
    /// Number of masks.
    masks: usize,
    /// Two-way layers of the transformer.
    depth: usize,
    /// Hidden units of the transformer's MLPs.
    mlp: usize,
    /// Length of queries, keys and values where tokens and image attend to each other.
    cross: usize,
    /// Channels of a mask prompt after the first and the second reduction.
    mask_channels: [usize; 2],
    /// Channels of the image after the first and the second upscaling.
    up_channels: [usize; 2],
    /// Layers and hidden units of the head that predicts the IoU.
    iou_head: (usize, usize),
}

impl Sizes {
    fn read(layers: &Layers<'_>) -> Result<Self, GraphError> {
        let [masks, dim] = layers.shape(&format!("{DECODER}.mask_tokens.weight"))?;
        let [mlp, _] = layers.shape(&format!("{TRANSFORMER}.layers.0.mlp.lin1.weight"))?;
        let cross = format!("{TRANSFORMER}.final_attn_token_to_image.q_proj.weight");
        let [cross_dim, _] = layers.shape(&cross)?;
        let [first, ..] = layers.shape::<4>(&format!("{PROMPT}.mask_downscaling.0.weight"))?;
        let [second, ..] = layers.shape::<4>(&format!("{PROMPT}.mask_downscaling.3.weight"))?;
        let [_, up_first, ..] =
            layers.shape::<4>(&format!("{DECODER}.output_upscaling.0.weight"))?;
        let [_, up_second, ..] =
            layers.shape::<4>(&format!("{DECODER}.output_upscaling.3.weight"))?;
        let iou_layer = |n| format!("{DECODER}.iou_prediction_head.layers.{n}.weight");
        let [iou_hidden, _] = layers.shape(&iou_layer(0))?;
        let count = |name: &dyn Fn(usize) -> String| {
            (0..)
                .take_while(|&n| layers.shape::<2>(&name(n)).is_ok())
                .count()
        };
        let sizes = Sizes {
            dim,
            masks,
            depth: count(&|n| format!("{TRANSFORMER}.layers.{n}.mlp.lin1.weight")),
            mlp,
            cross: cross_dim,
            mask_channels: [first, second],
            up_channels: [up_first, up_second],
            iou_head: (count(&iou_layer), iou_hidden),
        };
        if dim == 0 || dim % HEADS != 0 || cross_dim == 0 || cross_dim % HEADS != 0 {
            return Err(GraphError::Unsupported {
                tensor: cross,
                what: format!("{HEADS} attention heads of {dim} and {cross_dim} channels"),
            });
        }
        Ok(sizes)
    }
}

struct Decoder<'a> {
    layers: Layers<'a>,
    sizes: Sizes,
    /// Width and height of the encoder's input in pixels.
    image_size: usize,
    /// Width and height of the embedding.
    grid: usize,
}

impl Decoder<'_> {
    fn build(&mut self) -> Result<(), GraphError> {
        let Sizes { dim, masks, .. } = self.sizes;
        let (grid, fixed) = (self.grid, Dim::Fixed);
        let (one, side, points) = (fixed(1), fixed(4 * grid), Dim::Named("points"));
        let g = &mut self.layers.g;
        let embedding = g.input(
            inputs::EMBEDDINGS,
            &[one, fixed(dim), fixed(grid), fixed(grid)],
        );
        let coords = g.input(inputs::COORDS, &[one, points, fixed(2)]);
        let labels = g.input(inputs::LABELS, &[one, points]);
        let mask = g.input(inputs::MASK, &[one, one, side, side]);
        let has_mask = g.input(inputs::HAS_MASK, &[one]);

        let gaussian = format!("{PROMPT}.pe_layer.positional_encoding_gaussian_matrix");
        let gaussian = self.layers.read(&gaussian, &[2, dim / 2])?;
        let sparse = self.sparse_prompt(coords, labels, &gaussian)?;
        let dense = self.dense_prompt(mask, has_mask)?;
        let position = self
            .layers
            .g
            .constant(&[grid * grid, dim], dense_position(&gaussian, grid));

        self.layers.g.scope("image");
        let image = self.layers.g.reshape(embedding, &[dim as i64, -1]);
        let image = self.layers.g.transpose(image, &[1, 0]);
        let image = self.layers.g.add(image, dense);

        let iou_token = self
            .layers
            .weight(&format!("{DECODER}.iou_token.weight"), &[1, dim])?;
        let mask_tokens = format!("{DECODER}.mask_tokens.weight");
        let mask_tokens = self.layers.weight(&mask_tokens, &[masks, dim])?;
        let tokens = self.layers.g.concat(&[iou_token, mask_tokens, sparse], 0);

        let (tokens, image) = self.transformer(tokens, image, position)?;
        let pixels = self.upscale(image)?;
        let logits = self.masks(tokens, pixels)?;
        let iou = self.iou(tokens)?;
        self.layers
            .g
            .output(logits, outputs::MASKS, &[one, fixed(masks), side, side]);
        self.layers
            .g
            .output(iou, outputs::IOU, &[one, fixed(masks)]);
        Ok(())
    }
}

/// Swaps the two middle axes of four.
fn swap_axes(data: &[f32], [outer, a, b, inner]: [usize; 4]) -> Vec<f32> {
    let mut swapped = Vec::with_capacity(data.len());
    for (o, y, x) in
        (0..outer).flat_map(|o| (0..b).flat_map(move |y| (0..a).map(move |x| (o, y, x))))
    {
        let start = ((o * a + x) * b + y) * inner;
        swapped.extend(&data[start..start + inner]);
    }
    swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_axes_are_swapped() {
        let data: Vec<f32> = (0..12).map(|v| v as f32).collect();
        // (1, 2, 3, 2) → (1, 3, 2, 2)
        let swapped = swap_axes(&data, [1, 2, 3, 2]);
        assert_eq!(swapped, [0., 1., 6., 7., 2., 3., 8., 9., 4., 5., 10., 11.]);
    }
}
