//! SAM's image encoder, a vision transformer: pictures (B, 3, S, S) become embeddings
//! (B, C, G, G).
//!
//! Kirillov et al., "Segment Anything", ICCV 2023, after Li et al., "Exploring Plain Vision
//! Transformer Backbones for Object Detection", ECCV 2022: most blocks attend within windows, some
//! to the whole image, all with relative positions.

use super::network::{AttentionBias, Feature, Grid, LinearOptions, Network, WindowAttention};
use super::{Form, GraphError};
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::Model;
use crate::model::sizes::Sizes;

/// Weights that only a SAM ViT has: the kernel that makes tokens of patches.
pub(super) const VIT_PATCHES: &str = "image_encoder.patch_embed.proj.weight";

/// ε of the layer normalisations within the blocks.
const EPSILON: f32 = 1e-6;

/// The architecture of a SAM ViT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VitShape {
    /// Channels of a token.
    pub dim: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden units of the MLPs.
    pub mlp: usize,
    /// Width and height of the patch that becomes a token, in pixels.
    pub patch: usize,
    /// Tokens per side.
    pub grid: usize,
    /// Channels of the embedding.
    pub channels: usize,
    /// The blocks, in order.
    pub blocks: Vec<Reach>,
}

/// Which tokens attend to each other in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All.
    Global,
    /// Those of the same window, of this many tokens per side.
    Window(usize),
}

impl VitShape {
    /// Reads the architecture off the shapes of a checkpoint's tensors.
    pub(super) fn infer(checkpoint: &Checkpoint) -> Result<Self, GraphError> {
        let [dim, patch] = match *checkpoint.shape(VIT_PATCHES)? {
            [dim, 3, patch, width] if patch == width && dim > 0 && patch > 0 => [dim, patch],
            ref other => {
                return unsupported(VIT_PATCHES, format!("patches of shape {other:?}"));
            }
        };
        let positions = "image_encoder.pos_embed";
        let grid = match *checkpoint.shape(positions)? {
            [1, rows, columns, of] if rows == columns && of == dim && rows > 0 => rows,
            ref other => return unsupported(positions, format!("positions of shape {other:?}")),
        };
        let neck = "image_encoder.neck.0.weight";
        let channels = match *checkpoint.shape(neck)? {
            [channels, of, 1, 1] if of == dim && channels > 0 => channels,
            ref other => return unsupported(neck, format!("a neck of shape {other:?}")),
        };
        let hidden = "image_encoder.blocks.0.mlp.lin1.weight";
        let mlp = match *checkpoint.shape(hidden)? {
            [mlp, of] if of == dim && mlp > 0 => mlp,
            ref other => return unsupported(hidden, format!("an MLP of shape {other:?}")),
        };
        let depth = (0..)
            .take_while(|n| checkpoint.shape(&norm_of(*n)).is_ok())
            .count();
        let mut heads = None;
        let mut blocks = Vec::with_capacity(depth);
        for block in 0..depth {
            let table = format!("image_encoder.blocks.{block}.attn.rel_pos_h");
            let [distances, head] = match *checkpoint.shape(&table)? {
                [distances, head] if head > 0 && dim % head == 0 => [distances, head],
                ref other => {
                    return unsupported(&table, format!("relative positions of shape {other:?}"));
                }
            };
            if *heads.get_or_insert(dim / head) != dim / head {
                return unsupported(
                    &table,
                    format!("heads of {head} channels in this block only"),
                );
            }
            blocks.push(reach(&table, distances, grid)?);
        }
        let heads = heads.ok_or_else(|| unsupported_error(hidden, "no blocks".to_owned()))?;
        Ok(VitShape {
            dim,
            heads,
            mlp,
            patch,
            grid,
            channels,
            blocks,
        })
    }

    /// Sizes of its tensors.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            input: (self.grid * self.patch) as u32,
            channels: self.channels as u32,
            grid: self.grid as u32,
        }
    }

    pub(super) fn build(
        &self,
        checkpoint: &mut Checkpoint,
        form: Form,
    ) -> Result<Model, GraphError> {
        let mut net = Vit {
            net: Network::new("sam_vit", checkpoint, form),
            shape: self,
        };
        let mut x = net.patch_embedding()?;
        for (block, &reach) in self.blocks.iter().enumerate() {
            x = net.block(x, block, reach)?;
        }
        let x = net.net.neck(x, self.channels)?;
        Ok(net.net.finish(x))
    }
}

fn norm_of(block: usize) -> String {
    format!("image_encoder.blocks.{block}.norm1.weight")
}

/// A table of relative positions has an entry for each distance, −(K − 1) to K − 1, between K
/// positions.
fn reach(table: &str, distances: usize, grid: usize) -> Result<Reach, GraphError> {
    let positions = distances.div_ceil(2);
    if distances % 2 == 1 && positions == grid {
        Ok(Reach::Global)
    } else if distances % 2 == 1 && positions < grid {
        Ok(Reach::Window(positions))
    } else {
        unsupported(
            table,
            format!(
                "{distances} distances on a grid of {grid} positions, where at most {} odd ones are \
                 expected",
                2 * grid - 1
            ),
        )
    }
}

fn unsupported<T>(tensor: &str, what: String) -> Result<T, GraphError> {
    Err(unsupported_error(tensor, what))
}

fn unsupported_error(tensor: &str, what: String) -> GraphError {
    GraphError::Unsupported {
        tensor: tensor.to_owned(),
        what,
    }
}

struct Vit<'a> {
    net: Network<'a>,
    shape: &'a VitShape,
}

impl Vit<'_> {
    fn patch_embedding(&mut self) -> Result<Feature, GraphError> {
        self.net.scope("patch_embed");
        let &VitShape {
            dim, patch, grid, ..
        } = self.shape;
        let positions = "image_encoder.pos_embed";
        let positions = self.net.read(positions, &[1, grid, grid, dim])?;
        let image = self.net.image(grid * patch);
        let tokens = Grid { side: grid, dim };
        let name = "image_encoder.patch_embed.proj";
        self.net.patches(image, name, patch, tokens, positions)
    }

    /// Attention, then an MLP, each added to what came in.
    fn block(&mut self, x: Feature, block: usize, reach: Reach) -> Result<Feature, GraphError> {
        self.net.scope(format!("block{block}"));
        let &VitShape { dim, mlp, .. } = self.shape;
        let name = |part: &str| format!("image_encoder.blocks.{block}.{part}");
        let x = self.attention(x, &name("attn"), &name("norm1"), reach)?;

        let up = self.net.read_linear(&name("mlp.lin1"), dim, mlp)?;
        let normalised = LinearOptions {
            norm: Some(self.net.read_norm(&name("norm2"), dim, EPSILON)?),
            gelu: true,
            ..LinearOptions::default()
        };
        let y = self.net.linear(x, up, normalised)?;
        let down = self.net.read_linear(&name("mlp.lin2"), mlp, dim)?;
        let added = LinearOptions {
            residual: Some(x),
            ..LinearOptions::default()
        };
        self.net.linear(y, down, added)
    }

    /// Attention among the tokens of each window, with relative positions.
    fn attention(
        &mut self,
        x: Feature,
        name: &str,
        norm: &str,
        reach: Reach,
    ) -> Result<Feature, GraphError> {
        let &VitShape {
            dim, heads, grid, ..
        } = self.shape;
        let head = dim / heads;
        let window = match reach {
            Reach::Global => grid,
            Reach::Window(size) => size,
        };
        let scale = (head as f32).powf(-0.5);
        let mut qkv = self.net.read_linear(&format!("{name}.qkv"), dim, 3 * dim)?;
        qkv.weight[..dim * dim].iter_mut().for_each(|w| *w *= scale);
        for bias in qkv.bias.iter_mut().flat_map(|bias| &mut bias[..dim]) {
            *bias *= scale;
        }
        // Upstream fills windows with zeros after the normalisation: only the bias is left of them.
        let padding = qkv.bias.clone().unwrap_or_default();
        // These products are of the queries as they are before the scale.
        let mut table = |axis: &str| -> Result<Vec<f32>, GraphError> {
            let name = format!("{name}.rel_pos_{axis}");
            let table = self.net.read(&name, &[2 * window - 1, head])?;
            Ok(table.iter().map(|v| v / scale).collect())
        };
        let bias = AttentionBias::RelativePositions {
            rows: table("h")?,
            columns: table("w")?,
        };
        let normalised = LinearOptions {
            norm: Some(self.net.read_norm(norm, dim, EPSILON)?),
            ..LinearOptions::default()
        };
        let y = self.net.linear(x, qkv, normalised)?;
        let attention = WindowAttention {
            name: name.to_owned(),
            window,
            heads,
            padding,
            bias,
        };
        let y = self.net.window_attention(y, attention)?;
        let proj = self.net.read_linear(&format!("{name}.proj"), dim, dim)?;
        let added = LinearOptions {
            residual: Some(x),
            ..LinearOptions::default()
        };
        self.net.linear(y, proj, added)
    }
}
