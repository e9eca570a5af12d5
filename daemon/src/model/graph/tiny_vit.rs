//! TinyViT as an image encoder: pictures (B, 3, S, S) become embeddings (B, 256, 64, 64).
//!
//! Wu et al., "TinyViT: Fast Pretraining Distillation for Small Vision Transformers", ECCV 2022.
//! MobileSAM (Zhang et al., "Faster Segment Anything", 2023) takes it at 1024 × 1024 and does not
//! halve the grid at the last merging; LiteMedSAM takes that at 256 × 256 with a patch embedding
//! that keeps the full resolution. From there on, both are the same.
//!
//! Stage 0 is convolutional, on (B, C, H, W). The others are transformers over windows; their
//! tokens are the rows of a matrix (B·H·W, C), for which linear layers are plain matrix products.

use super::encoder::{BATCH, IMAGE};
use super::grid::{Grid, Windows};
use super::layers::Layers;
use super::neck::neck;
use super::prompt_decoder::inputs;
use super::{GraphError, Precision};
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Conv, Dim, Model, Value};
use crate::model::sizes::Sizes;

/// Tokens per side after the patch embedding.
const TOKENS: usize = 256;
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
/// Tokens per side of the embedding.
const GRID: usize = 64;
/// ε of the layer normalisations within the stages.
const EPSILON: f32 = 1e-5;

/// The architecture of a TinyViT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TinyVitShape {
    /// How pixels become tokens.
    pub embedding: PatchEmbedding,
}

/// How pixels become tokens: two convolutions with a GELU between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchEmbedding {
    /// Each pixel is a token: LiteMedSAM.
    FullResolution,
    /// 4 × 4 pixels per token, halved by each convolution: MobileSAM.
    Quarter,
}

impl PatchEmbedding {
    fn conv(self) -> Conv {
        match self {
            PatchEmbedding::FullResolution => Conv::POINTWISE,
            PatchEmbedding::Quarter => Conv {
                kernel: 3,
                stride: 2,
                pad: 1,
                groups: 1,
            },
        }
    }

    /// Pixels per token and side.
    fn patch(self) -> usize {
        match self {
            PatchEmbedding::FullResolution => 1,
            PatchEmbedding::Quarter => 4,
        }
    }
}

impl TinyVitShape {
    /// The published architecture with this patch embedding.
    pub(super) fn of(embedding: PatchEmbedding) -> Self {
        TinyVitShape { embedding }
    }

    /// Sizes of its tensors.
    pub fn sizes(self) -> Sizes {
        Sizes {
            input: (TOKENS * self.embedding.patch()) as u32,
            channels: EMBEDDING as u32,
            grid: GRID as u32,
        }
    }

    pub(super) fn build(
        self,
        checkpoint: &mut Checkpoint,
        precision: Precision,
    ) -> Result<Model, GraphError> {
        let mut net = TinyVit(Layers::new("tiny_vit", checkpoint, precision));
        let (batch, fixed) = (Dim::Named(BATCH), Dim::Fixed);
        let input = fixed(TOKENS * self.embedding.patch());
        let image = net.0.g.input(IMAGE, &[batch, fixed(3), input, input]);
        let image = net.0.narrow(image);
        let x = net.patch_embedding(image, self.embedding.conv())?;
        let x = net.convolution_stage(x)?;
        let (mut x, mut grid) = net.merge(x, 0, TOKENS)?;
        for stage in 1..DEPTHS.len() {
            for block in 0..DEPTHS[stage] {
                x = net.transformer_block(x, stage, block, grid)?;
            }
            if stage + 1 < DEPTHS.len() {
                let narrow = net.0.narrow(x);
                let channels_first = grid.channels_first(&mut net.0.g, narrow);
                (x, grid) = net.merge(channels_first, stage, grid.side)?;
            }
        }
        let x = net.0.narrow(x);
        let x = neck(&mut net.0, x, grid, EMBEDDING)?;
        let side = fixed(GRID);
        let shape = [batch, fixed(EMBEDDING), side, side];
        net.0.g.output(x, inputs::EMBEDDINGS, &shape);
        Ok(net.0.g.finish())
    }
}

struct TinyVit<'a>(Layers<'a>);

impl TinyVit<'_> {
    fn patch_embedding(&mut self, image: Value, conv: Conv) -> Result<Value, GraphError> {
        self.0.g.scope("patch_embed");
        let name = |n| format!("image_encoder.patch_embed.seq.{n}");
        let [half, full] = [DIMS[0] / 2, DIMS[0]];
        let x = self.0.conv_batch_norm(image, &name(0), 3, half, conv)?;
        let x = self.0.g.gelu(x);
        self.0.conv_batch_norm(x, &name(2), half, full, conv)
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

    /// The step to the next stage: from (B, C, side, side) to the tokens of the next one, wide, and
    /// their grid.
    fn merge(&mut self, x: Value, stage: usize, side: usize) -> Result<(Value, Grid), GraphError> {
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
        let grid = Grid {
            side: side / stride,
            dim: next,
        };
        let x = grid.tokens(&mut self.0.g, x);
        Ok((self.0.widen(x), grid))
    }

    /// Attention within windows, a local convolution, an MLP; wide tokens to wide tokens.
    fn transformer_block(
        &mut self,
        x: Value,
        stage: usize,
        block: usize,
        grid: Grid,
    ) -> Result<Value, GraphError> {
        self.0.g.scope(format!("stage{stage}/block{block}"));
        let name = format!("image_encoder.layers.{stage}.blocks.{block}");
        let dim = grid.dim;
        let windows = Windows::new(grid.side, WINDOWS[stage]);
        let attended = self.attention(x, &format!("{name}.attn"), dim, HEADS[stage], windows)?;
        let x = self.0.g.add(x, attended);

        let x = self.0.narrow(x);
        let x = grid.channels_first(&mut self.0.g, x);
        let conv = depthwise(dim, 1);
        let x = self
            .0
            .conv_batch_norm(x, &format!("{name}.local_conv"), dim, dim, conv)?;
        let x = grid.tokens(&mut self.0.g, x);
        let x = self.0.widen(x);

        let hidden = dim * EXPANSION;
        let norm = format!("{name}.mlp.norm");
        let y = self.0.layer_norm(x, &norm, dim, EPSILON)?;
        let y = self.0.narrow(y);
        let y = self.0.linear(y, &format!("{name}.mlp.fc1"), dim, hidden)?;
        let y = self.0.g.gelu(y);
        let y = self.0.linear(y, &format!("{name}.mlp.fc2"), hidden, dim)?;
        let y = self.0.widen(y);
        Ok(self.0.g.add(x, y))
    }

    /// Multi-head attention among the tokens of each window, with a bias for each pair of
    /// positions; wide tokens to wide tokens.
    ///
    /// Windows that reach beyond the grid are filled with tokens of zeros, which take part in the
    /// attention. The normalisation makes its bias of them. With that bias moved on into the bias
    /// of the projections, they stay zeros until that is added, and the projections leave them out.
    fn attention(
        &mut self,
        x: Value,
        name: &str,
        dim: usize,
        heads: usize,
        windows: Windows,
    ) -> Result<Value, GraphError> {
        let head = dim / heads;
        let scale = self.0.read(&format!("{name}.norm.weight"), &[dim])?;
        let scale = self.0.g.constant(&[dim], scale);
        let none = self.0.g.constant(&[dim], vec![0.0; dim]);
        let y = self.0.g.layer_norm(x, scale, none, EPSILON);
        let y = self.0.narrow(y);
        let mut split = [y; 3];
        for (part, projection) in self.projections(name, dim, heads)?.into_iter().enumerate() {
            let weight = self.0.constant(name, &[dim, dim], projection.weight)?;
            let bias = self.0.constant(name, &[dim], projection.bias)?;
            let y = self.0.g.linear(y, weight, None);
            split[part] = windows.split(&mut self.0.g, y, heads, head, bias);
        }
        let [query, key, value] = split;

        let key = self.0.g.transpose(key, &[0, 1, 3, 2]);
        let scores = self.0.g.matmul(query, key);
        let scores = self.0.widen(scores);
        let bias = self.attention_bias(name, heads, windows.size)?;
        let scores = self.0.g.add(scores, bias);
        let weights = self.0.g.softmax(scores);
        let weights = self.0.narrow(weights);
        let y = self.0.g.matmul(weights, value);
        let y = windows.join(&mut self.0.g, y, heads, head);
        let y = self.0.linear(y, &format!("{name}.proj"), dim, dim)?;
        Ok(self.0.widen(y))
    }

    /// The projections to queries, keys and values, which the checkpoint interleaves by head. The
    /// queries are scaled, and the bias of the normalisation before is in the biases.
    fn projections(
        &mut self,
        name: &str,
        dim: usize,
        heads: usize,
    ) -> Result<[Projection; 3], GraphError> {
        let head = dim / heads;
        let weight = self
            .0
            .read(&format!("{name}.qkv.weight"), &[3 * dim, dim])?;
        let bias = self.0.read(&format!("{name}.qkv.bias"), &[3 * dim])?;
        let norm_bias = self.0.read(&format!("{name}.norm.bias"), &[dim])?;
        let scales = [(head as f32).powf(-0.5), 1.0, 1.0];
        Ok(std::array::from_fn(|part| {
            let mut projection = Projection {
                weight: Vec::with_capacity(dim * dim),
                bias: Vec::with_capacity(dim),
            };
            let rows = |h: usize| (h * 3 + part) * head..(h * 3 + part + 1) * head;
            for from in (0..heads).flat_map(rows) {
                let row = &weight[from * dim..(from + 1) * dim];
                projection
                    .weight
                    .extend(row.iter().map(|v| v * scales[part]));
                let products = row
                    .iter()
                    .zip(&norm_bias)
                    .map(|(&w, &b)| f64::from(w) * f64::from(b));
                let value = products.sum::<f64>() + f64::from(bias[from]);
                projection.bias.push(value as f32 * scales[part]);
            }
            projection
        }))
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

/// The weights of a linear layer.
struct Projection {
    /// (dim, dim)
    weight: Vec<f32>,
    /// (dim)
    bias: Vec<f32>,
}
