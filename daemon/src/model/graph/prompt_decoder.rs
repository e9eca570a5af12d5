//! SAM's prompt encoder and mask decoder, as one graph: an embedding and prompts become four masks.
//!
//! Kirillov et al., "Segment Anything", ICCV 2023. The sizes are read from the checkpoint, so that
//! LiteMedSAM and all SAM ViT share this graph.
//!
//! Everything is kept as matrices with one row per token: prompts and output tokens (T, D), the
//! image (G², D) with G² positions row by row. Where upstream convolves with a stride as large as
//! the kernel (mask prompts, upscaling), each patch is a row, and the convolution a matrix product.

use super::GraphError;
use super::layers::Layers;
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Dim, Model, Value};
use std::f32::consts::TAU;

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
    /// What the model expects of each mask's overlap with the truth, (1, M).
    pub const IOU: &str = "iou_predictions";
}

/// Attention heads of all SAM mask decoders.
const HEADS: usize = 8;
/// ε of `torch.nn.LayerNorm`.
const EPSILON: f32 = 1e-5;
/// ε of SAM's `LayerNorm2d`.
const EPSILON_2D: f32 = 1e-6;

const PROMPT: &str = "prompt_encoder";
const DECODER: &str = "mask_decoder";
const TRANSFORMER: &str = "mask_decoder.transformer";

/// What the decoder must know that the checkpoint does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptDecoder {
    /// Width and height of the encoder's input in pixels, in which prompts are given.
    pub image_size: usize,
    /// Width and height of the embedding.
    pub grid: usize,
}

impl PromptDecoder {
    /// Builds the graph.
    pub fn build(self, checkpoint: &mut Checkpoint) -> Result<Model, GraphError> {
        let layers = Layers::new("prompt_decoder", checkpoint);
        let sizes = Sizes::read(&layers)?;
        let mut net = Decoder {
            layers,
            sizes,
            shape: self,
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
    shape: PromptDecoder,
}

/// Queries, keys and values of an attention, projected.
struct Projected {
    query: Value,
    key: Value,
    value: Value,
}

impl Decoder<'_> {
    fn build(&mut self) -> Result<(), GraphError> {
        let Sizes { dim, masks, .. } = self.sizes;
        let (grid, fixed) = (self.shape.grid, Dim::Fixed);
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

    /// Points and box corners → (N, D): where they are, as sines and cosines of random
    /// frequencies, plus what they are.
    fn sparse_prompt(
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

        let [half, size, two, tau] =
            [0.5, self.shape.image_size as f32, 2.0, TAU].map(|n| g.scalar(n));
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
    fn dense_prompt(&mut self, mask: Value, has_mask: Value) -> Result<Value, GraphError> {
        self.layers.g.scope("mask");
        let Sizes {
            dim,
            mask_channels: [first, second],
            ..
        } = self.sizes;
        let name = |n| format!("{PROMPT}.mask_downscaling.{n}");
        // 2 × 2 patches of 2 × 2 pixels: rows (i, j, a, b), columns the pixels of the inner patch.
        let n = self.shape.grid as i64;
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

    /// The two-way transformer: tokens look at the image, and the image at the tokens.
    fn transformer(
        &mut self,
        prompt: Value,
        mut image: Value,
        position: Value,
    ) -> Result<(Value, Value), GraphError> {
        let Sizes {
            dim,
            cross,
            mlp,
            depth,
            ..
        } = self.sizes;
        let mut tokens = prompt;
        for layer in 0..depth {
            let name = |part: &str| format!("{TRANSFORMER}.layers.{layer}.{part}");
            self.layers.g.scope(format!("layer{layer}/self"));
            let attention = name("self_attn");
            // The first layer knows no position yet, and replaces its input.
            let place = if layer == 0 {
                tokens
            } else {
                self.layers.g.add(tokens, prompt)
            };
            let projected = Projected {
                query: self.query(place, &attention, dim)?,
                key: self
                    .layers
                    .linear(place, &format!("{attention}.k_proj"), dim, dim)?,
                value: self
                    .layers
                    .linear(tokens, &format!("{attention}.v_proj"), dim, dim)?,
            };
            let attended = self.attend(projected, &attention, dim)?;
            let x = if layer == 0 {
                attended
            } else {
                self.layers.g.add(tokens, attended)
            };
            tokens = self.layers.layer_norm(x, &name("norm1"), dim, EPSILON)?;

            self.layers.g.scope(format!("layer{layer}/token_to_image"));
            let to_image = name("cross_attn_token_to_image");
            let to_token = name("cross_attn_image_to_token");
            let place = self.layers.g.add(tokens, prompt);
            let query = self.query(place, &to_image, cross)?;
            let [key, value, image_query] = self.image_projections(
                image,
                position,
                [
                    (format!("{to_image}.k_proj"), true, 1.0),
                    (format!("{to_image}.v_proj"), false, 1.0),
                    (format!("{to_token}.q_proj"), true, head_scale(cross)),
                ],
            )?;
            let attended = self.attend(Projected { query, key, value }, &to_image, cross)?;
            let x = self.layers.g.add(tokens, attended);
            let x = self.layers.layer_norm(x, &name("norm2"), dim, EPSILON)?;

            self.layers.g.scope(format!("layer{layer}/mlp"));
            let y = self.layers.linear(x, &name("mlp.lin1"), dim, mlp)?;
            let y = self.layers.g.relu(y);
            let y = self.layers.linear(y, &name("mlp.lin2"), mlp, dim)?;
            let x = self.layers.g.add(x, y);
            tokens = self.layers.layer_norm(x, &name("norm3"), dim, EPSILON)?;

            self.layers.g.scope(format!("layer{layer}/image_to_token"));
            let place = self.layers.g.add(tokens, prompt);
            let projected = Projected {
                query: image_query,
                key: self
                    .layers
                    .linear(place, &format!("{to_token}.k_proj"), dim, cross)?,
                value: self
                    .layers
                    .linear(tokens, &format!("{to_token}.v_proj"), dim, cross)?,
            };
            let attended = self.attend(projected, &to_token, cross)?;
            let x = self.layers.g.add(image, attended);
            image = self.layers.layer_norm(x, &name("norm4"), dim, EPSILON)?;
        }
        self.layers.g.scope("final_token_to_image");
        let name = format!("{TRANSFORMER}.final_attn_token_to_image");
        let place = self.layers.g.add(tokens, prompt);
        let query = self.query(place, &name, cross)?;
        let projections = [
            (format!("{name}.k_proj"), true, 1.0),
            (format!("{name}.v_proj"), false, 1.0),
        ];
        let [key, value] = self.image_projections(image, position, projections)?;
        let attended = self.attend(Projected { query, key, value }, &name, cross)?;
        let x = self.layers.g.add(tokens, attended);
        let norm = format!("{TRANSFORMER}.norm_final_attn");
        let tokens = self.layers.layer_norm(x, &norm, dim, EPSILON)?;
        Ok((tokens, image))
    }

    fn query(&mut self, x: Value, attention: &str, inner: usize) -> Result<Value, GraphError> {
        let name = format!("{attention}.q_proj");
        self.layers
            .scaled_linear(x, &name, self.sizes.dim, inner, head_scale(inner))
    }

    /// Several projections (`name`, whether of the image with its positions, scale) of the image
    /// in one product. The positions are constant, and so is their share of the result: the
    /// runtime computes it once, as a bias for each row.
    fn image_projections<const N: usize>(
        &mut self,
        image: Value,
        position: Value,
        projections: [(String, bool, f32); N],
    ) -> Result<[Value; N], GraphError> {
        let Sizes { dim, cross, .. } = self.sizes;
        let (mut weights, mut of_position, mut biases) = (Vec::new(), Vec::new(), Vec::new());
        for (name, positioned, scale) in projections {
            let weight = self.layers.read(&format!("{name}.weight"), &[cross, dim])?;
            let bias = self.layers.read(&format!("{name}.bias"), &[cross])?;
            let weight: Vec<f32> = weight.iter().map(|w| w * scale).collect();
            biases.extend(bias.iter().map(|b| b * scale));
            of_position.extend(weight.iter().map(|&w| if positioned { w } else { 0.0 }));
            weights.extend(weight);
        }
        let g = &mut self.layers.g;
        let of_position = g.constant(&[N * cross, dim], of_position);
        let biases = g.constant(&[N * cross], biases);
        let biases = g.linear(position, of_position, Some(biases));
        let weights = g.constant(&[N * cross, dim], weights);
        let all = g.linear(image, weights, Some(biases));
        Ok(g.split(all, 1))
    }

    /// softmax(query · keyᵀ) · value for each head, and the output projection. The queries are
    /// scaled already.
    fn attend(
        &mut self,
        projected: Projected,
        name: &str,
        inner: usize,
    ) -> Result<Value, GraphError> {
        let g = &mut self.layers.g;
        let heads = [-1, HEADS as i64, (inner / HEADS) as i64];
        let [query, key, value] =
            [projected.query, projected.key, projected.value].map(|x| g.reshape(x, &heads));
        let query = g.transpose(query, &[1, 0, 2]);
        let key = g.transpose(key, &[1, 2, 0]);
        let value = g.transpose(value, &[1, 0, 2]);
        let scores = g.matmul(query, key);
        let weights = g.softmax(scores);
        let x = g.matmul(weights, value);
        let x = g.transpose(x, &[1, 0, 2]);
        let x = g.reshape(x, &[-1, inner as i64]);
        self.layers
            .linear(x, &format!("{name}.out_proj"), inner, self.sizes.dim)
    }

    /// The image's tokens (G², D) → pixels (16·G², C), in the order (i, j, a, b, a′, b′): pixel
    /// row 4i + 2a + a′, column 4j + 2b + b′.
    fn upscale(&mut self, image: Value) -> Result<Value, GraphError> {
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
    fn masks(&mut self, tokens: Value, pixels: Value) -> Result<Value, GraphError> {
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
        let [n, m] = [self.shape.grid, masks].map(|n| n as i64);
        let logits = g.reshape(logits, &[n, n, 2, 2, 2, 2, m]);
        let logits = g.transpose(logits, &[6, 0, 2, 4, 1, 3, 5]);
        Ok(g.reshape(logits, &[1, m, 4 * n, 4 * n]))
    }

    fn iou(&mut self, tokens: Value) -> Result<Value, GraphError> {
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

/// 1/√(length of a head).
fn head_scale(inner: usize) -> f32 {
    ((inner / HEADS) as f32).powf(-0.5)
}

/// The positions of the embedding's grid, (G², D), encoded like points at the cells' centres.
fn dense_position(gaussian: &[f32], grid: usize) -> Vec<f32> {
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
