//! TinyViT as an image encoder: pictures (B, 3, S, S) become embeddings (B, 256, 64, 64).
//!
//! Wu et al., "TinyViT: Fast Pretraining Distillation for Small Vision Transformers", ECCV 2022.
//! MobileSAM (Zhang et al., "Faster Segment Anything", 2023) takes it at 1024 × 1024 and does not
//! halve the grid at the last merging; LiteMedSAM takes that at 256 × 256 with a patch embedding
//! that keeps the full resolution. From there on, both are the same.
//!
//! Stage 0 is convolutional, the others are transformers over windows.

use super::network::{
    AttentionBias, Bottleneck, Feature, Linear, LinearOptions, Network, WindowAttention,
};
use super::{Form, GraphError};
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Conv, Model};
use crate::model::sizes::Sizes;

/// Weights that only a TinyViT has: the first of the two convolutions that make tokens of patches.
pub(super) const TINY_VIT_PATCHES: &str = "image_encoder.patch_embed.seq.0.c.weight";

/// Tokens per side after the patch embedding.
pub(super) const TOKENS: usize = 256;
/// Channels after each stage's merging.
pub(super) const DIMS: [usize; 4] = [64, 128, 160, 320];
/// Blocks per stage.
pub(super) const DEPTHS: [usize; 4] = [2, 2, 6, 2];
/// Attention heads per stage; stage 0 has none.
const HEADS: [usize; 4] = [2, 4, 5, 10];
/// Width and height of the attention windows.
pub(super) const WINDOWS: [usize; 4] = [7, 7, 14, 7];
/// Step of the merging after each stage but the last.
pub(super) const MERGE_STRIDES: [usize; 3] = [2, 2, 1];
/// Hidden units of MLPs and inverted bottlenecks, per channel.
pub(super) const EXPANSION: usize = 4;
/// Channels of the embedding.
pub(super) const EMBEDDING: usize = 256;
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
        form: Form,
    ) -> Result<Model, GraphError> {
        let mut net = TinyVit(Network::new("tiny_vit", checkpoint, form));
        let image = net.0.image(TOKENS * self.embedding.patch());
        let mut x = net.patch_embedding(image, self.embedding.conv())?;
        for stage in 0..DEPTHS.len() {
            for block in 0..DEPTHS[stage] {
                net.0.scope(format!("stage{stage}/block{block}"));
                let name = format!("image_encoder.layers.{stage}.blocks.{block}");
                x = if stage == 0 {
                    net.convolution_block(x, name)?
                } else {
                    net.transformer_block(x, &name, HEADS[stage], WINDOWS[stage])?
                };
            }
            if stage + 1 < DEPTHS.len() {
                x = net.merge(x, stage)?;
            }
        }
        let x = net.0.neck(x, EMBEDDING)?;
        Ok(net.0.finish(x))
    }
}

struct TinyVit<'a>(Network<'a>);

impl TinyVit<'_> {
    fn patch_embedding(&mut self, image: Feature, conv: Conv) -> Result<Feature, GraphError> {
        self.0.scope("patch_embed");
        let name = |n: usize| format!("image_encoder.patch_embed.seq.{n}");
        let x = self.0.convolution(image, &name(0), DIMS[0] / 2, conv)?;
        let x = self.0.gelu(x);
        self.0.convolution(x, &name(2), DIMS[0], conv)
    }

    fn convolution_block(&mut self, x: Feature, name: String) -> Result<Feature, GraphError> {
        let outputs = x.grid.dim;
        let bottleneck = Bottleneck {
            name,
            hidden: outputs * EXPANSION,
            outputs,
            stride: 1,
            residual: true,
        };
        self.0.inverted_bottleneck(x, &bottleneck)
    }

    /// The step to the next stage.
    fn merge(&mut self, x: Feature, stage: usize) -> Result<Feature, GraphError> {
        self.0.scope(format!("stage{stage}/merge"));
        let next = DIMS[stage + 1];
        let bottleneck = Bottleneck {
            name: format!("image_encoder.layers.{stage}.downsample"),
            hidden: next,
            outputs: next,
            stride: MERGE_STRIDES[stage],
            residual: false,
        };
        self.0.inverted_bottleneck(x, &bottleneck)
    }

    /// Attention within windows, a local convolution, an MLP.
    fn transformer_block(
        &mut self,
        x: Feature,
        name: &str,
        heads: usize,
        window: usize,
    ) -> Result<Feature, GraphError> {
        let x = self.attention(x, &format!("{name}.attn"), heads, window)?;
        let x = self.0.depthwise3x3(x, &format!("{name}.local_conv"))?;

        let (dim, hidden) = (x.grid.dim, x.grid.dim * EXPANSION);
        let name = format!("{name}.mlp");
        let up = self.0.read_linear(&format!("{name}.fc1"), dim, hidden)?;
        let norm = self.0.read_norm(&format!("{name}.norm"), dim, EPSILON)?;
        let normalised = LinearOptions {
            norm: Some(norm),
            gelu: true,
            ..LinearOptions::default()
        };
        let y = self.0.linear(x, up, normalised)?;
        let down = self.0.read_linear(&format!("{name}.fc2"), hidden, dim)?;
        let added = LinearOptions {
            residual: Some(x),
            ..LinearOptions::default()
        };
        self.0.linear(y, down, added)
    }

    /// Attention among the tokens of each window, with a bias for each pair of positions.
    fn attention(
        &mut self,
        x: Feature,
        name: &str,
        heads: usize,
        window: usize,
    ) -> Result<Feature, GraphError> {
        let dim = x.grid.dim;
        let norm = self.0.read_norm(&format!("{name}.norm"), dim, EPSILON)?;
        let qkv = self.0.read_linear(&format!("{name}.qkv"), dim, 3 * dim)?;
        let qkv = by_part(qkv, heads);
        let biases = format!("{name}.attention_biases");
        let biases = self.0.read(&biases, &[heads, window * window])?;
        let attention = WindowAttention {
            name: name.to_owned(),
            window,
            heads,
            // Upstream fills windows with zeros before the normalisation, which makes its bias of
            // them.
            padding: applied(&qkv, &norm.bias),
            bias: AttentionBias::Pairs(pairs(&biases, window)),
        };
        let normalised = LinearOptions {
            norm: Some(norm),
            ..LinearOptions::default()
        };
        let y = self.0.linear(x, qkv, normalised)?;
        let y = self.0.window_attention(y, attention)?;
        let proj = self.0.read_linear(&format!("{name}.proj"), dim, dim)?;
        let added = LinearOptions {
            residual: Some(x),
            ..LinearOptions::default()
        };
        self.0.linear(y, proj, added)
    }
}

/// The projection to queries, keys and values, which the checkpoint interleaves by head, with all
/// queries first, then all keys, then all values. The queries are scaled.
fn by_part(qkv: Linear, heads: usize) -> Linear {
    let dim = qkv.inputs;
    let head = dim / heads;
    let bias = qkv.bias.unwrap_or_default();
    let mut sorted = Linear {
        weight: Vec::with_capacity(qkv.weight.len()),
        bias: None,
        ..qkv
    };
    let mut sorted_bias = Vec::with_capacity(bias.len());
    for (part, scale) in [(head as f32).powf(-0.5), 1.0, 1.0].into_iter().enumerate() {
        let rows = |h: usize| (h * 3 + part) * head..(h * 3 + part + 1) * head;
        for from in (0..heads).flat_map(rows) {
            let row = &qkv.weight[from * dim..(from + 1) * dim];
            sorted.weight.extend(row.iter().map(|v| v * scale));
            sorted_bias.push(bias[from] * scale);
        }
    }
    sorted.bias = Some(sorted_bias);
    sorted
}

/// A row after a linear layer.
fn applied(linear: &Linear, row: &[f32]) -> Vec<f32> {
    let weights = linear.weight.chunks_exact(linear.inputs);
    let biases = linear.bias.iter().flatten();
    weights
        .zip(biases)
        .map(|(weights, &bias)| {
            let products = weights.iter().zip(row);
            let products = products.map(|(&w, &x)| f64::from(w) * f64::from(x));
            (products.sum::<f64>() + f64::from(bias)) as f32
        })
        .collect()
}

/// The bias of each pair of positions in a window, (heads, window², window²). The checkpoint has
/// one number per distance (|Δrow|, |Δcolumn|), in the order in which the distances first come up:
/// those from the first position, row by row.
fn pairs(biases: &[f32], window: usize) -> Vec<f32> {
    let count = window * window;
    let mut all = Vec::with_capacity(biases.len() * count);
    for of_head in biases.chunks(count) {
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            let rows = (a / window).abs_diff(b / window);
            let columns = (a % window).abs_diff(b % window);
            all.push(of_head[rows * window + columns]);
        }
    }
    all
}
