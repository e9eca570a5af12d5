//! TinyViT as the image encoder of LiteMedSAM: a picture (1, 3, 256, 256) becomes an embedding
//! (1, 256, 64, 64).
//!
//! Wu et al., "TinyViT: Fast Pretraining Distillation for Small Vision Transformers", ECCV 2022;
//! LiteMedSAM changes the patch embedding, which keeps the full resolution here, and the last
//! merging, which does not halve it.
//!
//! Stage 0 is convolutional, on (1, C, H, W). The others are transformers over windows; their
//! tokens are the rows of a matrix (H·W, C), for which linear layers are plain matrix products.

use super::GraphError;
use super::layers::Layers;
use super::prompt_decoder::inputs;
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Conv, Dim, Model, Value};

/// Width and height of the input.
const INPUT: usize = 256;
/// Channels after each stage's merging.
const DIMS: [usize; 4] = [64, 128, 160, 320];
/// Blocks per stage.
const DEPTHS: [usize; 4] = [2, 2, 6, 2];
/// Attention heads per stage; stage 0 has none.
const HEADS: [usize; 4] = [2, 4, 5, 10];
/// Width and height of the attention windows.
const WINDOWS: [usize; 4] = [7, 7, 14, 7];
/// Step of the merging after each stage but the last.
const MERGE_STRIDES: [usize; 3] = [2, 2, 1];
/// Hidden units of MLPs and inverted bottlenecks, per channel.
const EXPANSION: usize = 4;
/// Channels of the embedding.
const EMBEDDING: usize = 256;
/// ε of the layer normalisations within the stages.
const LAYER_NORM_EPSILON: f32 = 1e-5;
/// ε of the layer normalisations of the neck.
const NECK_EPSILON: f32 = 1e-6;

/// The encoder's input: (1, 3, 256, 256), values 0 to 1.
pub const IMAGE: &str = "image";

/// Builds the encoder; its output bears the name of the decoder's input.
pub fn tiny_vit(checkpoint: &mut Checkpoint) -> Result<Model, GraphError> {
    let mut net = TinyVit(Layers::new("tiny_vit", checkpoint));
    let fixed = Dim::Fixed;
    let image = net
        .0
        .g
        .input(IMAGE, &[fixed(1), fixed(3), fixed(INPUT), fixed(INPUT)]);
    let x = net.patch_embedding(image)?;
    let x = net.convolution_stage(x)?;
    let (mut x, mut side) = net.merge(x, 0, INPUT)?;
    for stage in 1..DEPTHS.len() {
        for block in 0..DEPTHS[stage] {
            x = net.transformer_block(x, stage, block, side)?;
        }
        if stage + 1 < DEPTHS.len() {
            let channels_first = net.channels_first(x, side, DIMS[stage]);
            (x, side) = net.merge(channels_first, stage, side)?;
        }
    }
    let x = net.neck(x, side)?;
    net.0.g.output(
        x,
        inputs::EMBEDDINGS,
        &[fixed(1), fixed(EMBEDDING), fixed(side), fixed(side)],
    );
    Ok(net.0.g.finish())
}

struct TinyVit<'a>(Layers<'a>);

impl TinyVit<'_> {
    fn patch_embedding(&mut self, image: Value) -> Result<Value, GraphError> {
        self.0.g.scope("patch_embed");
        let name = |n| format!("image_encoder.patch_embed.seq.{n}");
        let [half, full] = [DIMS[0] / 2, DIMS[0]];
        let x = self
            .0
            .conv_batch_norm(image, &name(0), 3, half, Conv::POINTWISE)?;
        let x = self.0.g.gelu(x);
        self.0
            .conv_batch_norm(x, &name(2), half, full, Conv::POINTWISE)
    }

    /// Inverted bottlenecks: widen, convolve each channel, narrow, add.
    fn convolution_stage(&mut self, mut x: Value) -> Result<Value, GraphError> {
        let (dim, hidden) = (DIMS[0], DIMS[0] * EXPANSION);
        for block in 0..DEPTHS[0] {
            self.0.g.scope(format!("stage0/block{block}"));
            let name = |n| format!("image_encoder.layers.0.blocks.{block}.conv{n}");
            let y = self
                .0
                .conv_batch_norm(x, &name(1), dim, hidden, Conv::POINTWISE)?;
            let y = self.0.g.gelu(y);
            let y = self
                .0
                .conv_batch_norm(y, &name(2), hidden, hidden, depthwise(hidden, 1))?;
            let y = self.0.g.gelu(y);
            let y = self
                .0
                .conv_batch_norm(y, &name(3), hidden, dim, Conv::POINTWISE)?;
            let y = self.0.g.add(y, x);
            x = self.0.g.gelu(y);
        }
        Ok(x)
    }

    /// The step to the next stage: from (1, C, side, side) to the tokens of the next one, and
    /// their number per side.
    fn merge(&mut self, x: Value, stage: usize, side: usize) -> Result<(Value, usize), GraphError> {
        self.0.g.scope(format!("stage{stage}/merge"));
        let name = |n| format!("image_encoder.layers.{stage}.downsample.conv{n}");
        let (dim, next, stride) = (DIMS[stage], DIMS[stage + 1], MERGE_STRIDES[stage]);
        let x = self
            .0
            .conv_batch_norm(x, &name(1), dim, next, Conv::POINTWISE)?;
        let x = self.0.g.gelu(x);
        let x = self
            .0
            .conv_batch_norm(x, &name(2), next, next, depthwise(next, stride))?;
        let x = self.0.g.gelu(x);
        let x = self
            .0
            .conv_batch_norm(x, &name(3), next, next, Conv::POINTWISE)?;
        Ok((self.tokens(x, next), side / stride))
    }

    /// Attention within windows, a local convolution, an MLP.
    fn transformer_block(
        &mut self,
        x: Value,
        stage: usize,
        block: usize,
        side: usize,
    ) -> Result<Value, GraphError> {
        self.0.g.scope(format!("stage{stage}/block{block}"));
        let name = format!("image_encoder.layers.{stage}.blocks.{block}");
        let dim = DIMS[stage];
        let windows = Windows::new(side, WINDOWS[stage]);
        let attended = self.attention(x, &format!("{name}.attn"), dim, HEADS[stage], windows)?;
        let x = self.0.g.add(x, attended);

        let x = self.channels_first(x, side, dim);
        let conv = depthwise(dim, 1);
        let x = self
            .0
            .conv_batch_norm(x, &format!("{name}.local_conv"), dim, dim, conv)?;
        let x = self.tokens(x, dim);

        let hidden = dim * EXPANSION;
        let norm = format!("{name}.mlp.norm");
        let y = self.0.layer_norm(x, &norm, dim, LAYER_NORM_EPSILON)?;
        let y = self.0.linear(y, &format!("{name}.mlp.fc1"), dim, hidden)?;
        let y = self.0.g.gelu(y);
        let y = self.0.linear(y, &format!("{name}.mlp.fc2"), hidden, dim)?;
        Ok(self.0.g.add(x, y))
    }

    /// Multi-head attention among the tokens of each window, with a bias for each pair of
    /// positions.
    ///
    /// Windows that reach beyond the grid are filled with tokens of zeros, which take part in the
    /// attention. What their queries, keys and values are is known here, and appended only after
    /// the projection, which thus has fewer rows.
    fn attention(
        &mut self,
        x: Value,
        name: &str,
        dim: usize,
        heads: usize,
        windows: Windows,
    ) -> Result<Value, GraphError> {
        let Windows { side, size, count } = windows;
        let head = dim / heads;
        let projection = self.query_key_value(name, dim, heads)?;
        let y = self
            .0
            .layer_norm(x, &format!("{name}.norm"), dim, LAYER_NORM_EPSILON)?;
        let weight = self.0.g.constant(&[3 * dim, dim], projection.weight);
        let bias = self.0.g.constant(&[3 * dim], projection.bias);
        let y = self.0.g.linear(y, weight, Some(bias));

        let [n, c, s, p] = [side, 3 * dim, size, windows.padding()].map(|n| n as i64);
        let mut y = self.0.g.reshape(y, &[n, n, c]);
        if p > 0 {
            let padding = self.0.g.constant(&[1, 1, 3 * dim], projection.of_padding);
            let right = self.0.g.expand(padding, &[n, p, c]);
            y = self.0.g.concat(&[y, right], 1);
            let bottom = self.0.g.expand(padding, &[p, n + p, c]);
            y = self.0.g.concat(&[y, bottom], 0);
        }
        let [m, h, d] = [count, heads, head].map(|n| n as i64);
        let y = self.0.g.reshape(y, &[m, s, m, s, 3, h, d]);
        let y = self.0.g.transpose(y, &[4, 0, 2, 5, 1, 3, 6]);
        let y = self.0.g.reshape(y, &[3 * m * m, h, s * s, d]);
        let [query, key, value] = self.0.g.split(y, 0);

        let key = self.0.g.transpose(key, &[0, 1, 3, 2]);
        let scores = self.0.g.matmul(query, key);
        let bias = self.attention_bias(name, heads, size)?;
        let scores = self.0.g.add(scores, bias);
        let weights = self.0.g.softmax(scores);
        let y = self.0.g.matmul(weights, value);

        let y = self.0.g.reshape(y, &[m, m, h, s, s, d]);
        let y = self.0.g.transpose(y, &[0, 3, 1, 4, 2, 5]);
        let y = self.0.g.reshape(y, &[n + p, n + p, h * d]);
        let y = if p > 0 {
            self.0.g.slice(y, &[0, 1], &[0, 0], &[n, n])
        } else {
            y
        };
        let y = self.0.g.reshape(y, &[n * n, h * d]);
        self.0.linear(y, &format!("{name}.proj"), dim, dim)
    }

    /// The projection to queries, keys and values. The checkpoint interleaves them by head; here
    /// all queries come first, then all keys, then all values. The queries are scaled.
    fn query_key_value(
        &mut self,
        name: &str,
        dim: usize,
        heads: usize,
    ) -> Result<Projection, GraphError> {
        let head = dim / heads;
        let weight = self
            .0
            .read(&format!("{name}.qkv.weight"), &[3 * dim, dim])?;
        let bias = self.0.read(&format!("{name}.qkv.bias"), &[3 * dim])?;
        let norm_bias = self.0.read(&format!("{name}.norm.bias"), &[dim])?;
        let mut projection = Projection {
            weight: Vec::with_capacity(weight.len()),
            bias: Vec::with_capacity(bias.len()),
            of_padding: Vec::with_capacity(bias.len()),
        };
        for part in 0..3 {
            let scale = if part == 0 {
                (head as f32).powf(-0.5)
            } else {
                1.0
            };
            for from in (0..heads).flat_map(|h| (h * 3 + part) * head..(h * 3 + part + 1) * head) {
                let row = &weight[from * dim..(from + 1) * dim];
                projection.weight.extend(row.iter().map(|v| v * scale));
                projection.bias.push(bias[from] * scale);
                // A token of zeros normalises to the bias of the normalisation.
                let products = row
                    .iter()
                    .zip(&norm_bias)
                    .map(|(&w, &b)| f64::from(w) * f64::from(b));
                let value = products.sum::<f64>() + f64::from(bias[from]);
                projection.of_padding.push(value as f32 * scale);
            }
        }
        Ok(projection)
    }

    /// The bias of each pair of positions in a window, (heads, size², size²). The checkpoint has
    /// one number per distance (|Δrow|, |Δcolumn|), in the order in which the distances first come
    /// up: those from the first position, row by row.
    fn attention_bias(
        &mut self,
        name: &str,
        heads: usize,
        size: usize,
    ) -> Result<Value, GraphError> {
        let count = size * size;
        let biases = self
            .0
            .read(&format!("{name}.attention_biases"), &[heads, count])?;
        let mut all = Vec::with_capacity(heads * count * count);
        for of_head in biases.chunks(count) {
            for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
                let rows = (a / size).abs_diff(b / size);
                let columns = (a % size).abs_diff(b % size);
                all.push(of_head[rows * size + columns]);
            }
        }
        Ok(self.0.g.constant(&[heads, count, count], all))
    }

    /// Reduces the tokens to the embedding's channels and smooths over neighbours.
    fn neck(&mut self, tokens: Value, side: usize) -> Result<Value, GraphError> {
        self.0.g.scope("neck");
        let name = |n| format!("image_encoder.neck.{n}");
        let dim = DIMS[DIMS.len() - 1];
        let weight = format!("{}.weight", name(0));
        let weight = self.0.read(&weight, &[EMBEDDING, dim, 1, 1])?;
        let weight = self.0.g.constant(&[EMBEDDING, dim], weight);
        let x = self.0.g.linear(tokens, weight, None);
        let x = self.0.layer_norm(x, &name(1), EMBEDDING, NECK_EPSILON)?;
        let x = self.channels_first(x, side, EMBEDDING);
        let weight = format!("{}.weight", name(2));
        let weight = self.0.weight(&weight, &[EMBEDDING, EMBEDDING, 3, 3])?;
        let conv = Conv {
            kernel: 3,
            stride: 1,
            pad: 1,
            groups: 1,
        };
        let x = self.0.g.conv(x, weight, None, conv);
        let x = self.0.g.transpose(x, &[0, 2, 3, 1]);
        let x = self.0.layer_norm(x, &name(3), EMBEDDING, NECK_EPSILON)?;
        Ok(self.0.g.transpose(x, &[0, 3, 1, 2]))
    }

    /// (H·W, C) → (1, C, H, W), for convolutions.
    fn channels_first(&mut self, tokens: Value, side: usize, dim: usize) -> Value {
        let [side, dim] = [side, dim].map(|n| n as i64);
        let x = self.0.g.reshape(tokens, &[1, side, side, dim]);
        self.0.g.transpose(x, &[0, 3, 1, 2])
    }

    /// (1, C, H, W) → (H·W, C), for linear layers.
    fn tokens(&mut self, x: Value, dim: usize) -> Value {
        let x = self.0.g.transpose(x, &[0, 2, 3, 1]);
        self.0.g.reshape(x, &[-1, dim as i64])
    }
}

/// 3 × 3, each channel by itself.
fn depthwise(channels: usize, stride: usize) -> Conv {
    Conv {
        kernel: 3,
        stride,
        pad: 1,
        groups: channels,
    }
}

/// How a square grid of tokens is cut into square windows.
#[derive(Debug, Clone, Copy)]
struct Windows {
    /// Tokens per side of the grid.
    side: usize,
    /// Tokens per side of a window.
    size: usize,
    /// Windows per side; the last ones may reach beyond the grid.
    count: usize,
}

impl Windows {
    fn new(side: usize, size: usize) -> Self {
        Windows {
            side,
            size,
            count: side.div_ceil(size),
        }
    }

    /// Rows and columns beyond the grid.
    fn padding(self) -> usize {
        self.count * self.size - self.side
    }
}

/// The weights of a projection to queries, keys and values.
struct Projection {
    /// (3·dim, dim)
    weight: Vec<f32>,
    /// (3·dim)
    bias: Vec<f32>,
    /// What a token of zeros is projected to, (3·dim).
    of_padding: Vec<f32>,
}
