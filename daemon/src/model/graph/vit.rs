//! SAM's image encoder, a vision transformer: pictures (B, 3, S, S) become embeddings
//! (B, C, G, G).
//!
//! Kirillov et al., "Segment Anything", ICCV 2023, after Li et al., "Exploring Plain Vision
//! Transformer Backbones for Object Detection", ECCV 2022: most blocks attend within windows, some
//! to the whole image, all with relative positions.
//!
//! Tokens are the rows of a matrix (B·G², D), for which linear layers are plain matrix products.
//! The sum of all blocks' results stays wide (see [`Layers`]).

use super::encoder::{BATCH, IMAGE, VIT_PATCHES};
use super::grid::{Grid, Windows};
use super::layers::Layers;
use super::neck::neck;
use super::prompt_decoder::inputs;
use super::{GraphError, Precision};
use crate::model::checkpoint::Checkpoint;
use crate::model::onnx::{Dim, Model, Value};
use crate::model::sizes::Sizes;

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
    /// Those of the same window of so many tokens per side.
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
        precision: Precision,
    ) -> Result<Model, GraphError> {
        let mut net = Vit {
            layers: Layers::new("sam_vit", checkpoint, precision),
            shape: self,
        };
        let (batch, fixed) = (Dim::Named(BATCH), Dim::Fixed);
        let side = fixed(self.grid * self.patch);
        let image = net.layers.g.input(IMAGE, &[batch, fixed(3), side, side]);
        let mut x = net.patch_embedding(image)?;
        for (block, &reach) in self.blocks.iter().enumerate() {
            x = net.block(x, block, reach)?;
        }
        let x = net.layers.narrow(x);
        let grid = Grid {
            side: self.grid,
            dim: self.dim,
        };
        let x = neck(&mut net.layers, x, grid, self.channels)?;
        let (channels, side) = (fixed(self.channels), fixed(self.grid));
        let shape = [batch, channels, side, side];
        net.layers.g.output(x, inputs::EMBEDDINGS, &shape);
        Ok(net.layers.g.finish())
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
    layers: Layers<'a>,
    shape: &'a VitShape,
}

impl Vit<'_> {
    /// Each patch is a row, and the convolution over patches a matrix product: (B, 3, S, S) →
    /// (B·G², D), wide.
    fn patch_embedding(&mut self, image: Value) -> Result<Value, GraphError> {
        self.layers.g.scope("patch_embed");
        let &VitShape {
            dim, patch, grid, ..
        } = self.shape;
        let [n, p] = [grid, patch].map(|n| n as i64);
        let x = self.layers.narrow(image);
        let x = self.layers.g.reshape(x, &[-1, 3, n, p, n, p]);
        let x = self.layers.g.transpose(x, &[0, 2, 4, 1, 3, 5]);
        let x = self.layers.g.reshape(x, &[-1, 3 * p * p]);
        let kernel = self.layers.read(VIT_PATCHES, &[dim, 3, patch, patch])?;
        let kernel = self
            .layers
            .constant(VIT_PATCHES, &[dim, 3 * patch * patch], kernel)?;
        let x = self.layers.g.linear(x, kernel, None);
        let x = self.layers.widen(x);

        let positions = "image_encoder.pos_embed";
        let mut positions = self.layers.read(positions, &[1, grid, grid, dim])?;
        let bias = self
            .layers
            .read("image_encoder.patch_embed.proj.bias", &[dim])?;
        for row in positions.chunks_exact_mut(dim) {
            row.iter_mut().zip(&bias).for_each(|(p, b)| *p += b);
        }
        let g = &mut self.layers.g;
        let positions = g.constant(&[grid * grid, dim], positions);
        let x = g.reshape(x, &[-1, n * n, dim as i64]);
        let x = g.add(x, positions);
        Ok(g.reshape(x, &[-1, dim as i64]))
    }

    /// Attention, then an MLP, each added to what came in.
    fn block(&mut self, x: Value, block: usize, reach: Reach) -> Result<Value, GraphError> {
        self.layers.g.scope(format!("block{block}"));
        let &VitShape { dim, mlp, .. } = self.shape;
        let name = |part: &str| format!("image_encoder.blocks.{block}.{part}");
        let y = self.layers.layer_norm(x, &name("norm1"), dim, EPSILON)?;
        let y = self.layers.narrow(y);
        let y = self.attention(y, &name("attn"), reach)?;
        let y = self.layers.widen(y);
        let x = self.layers.g.add(x, y);

        let y = self.layers.layer_norm(x, &name("norm2"), dim, EPSILON)?;
        let y = self.layers.narrow(y);
        let y = self.layers.linear(y, &name("mlp.lin1"), dim, mlp)?;
        let y = self.layers.g.gelu(y);
        let y = self.layers.linear(y, &name("mlp.lin2"), mlp, dim)?;
        let y = self.layers.widen(y);
        Ok(self.layers.g.add(x, y))
    }

    /// Multi-head attention among the tokens of each window.
    ///
    /// Windows that reach beyond the grid are filled with zeros after the normalisation, which take
    /// part in the attention: their queries, keys and values are the projections' biases. So the
    /// projections leave them out, and the biases are added after.
    fn attention(&mut self, x: Value, name: &str, reach: Reach) -> Result<Value, GraphError> {
        let &VitShape {
            dim, heads, grid, ..
        } = self.shape;
        let head = dim / heads;
        let windows = match reach {
            Reach::Global => Windows::new(grid, grid),
            Reach::Window(size) => Windows::new(grid, size),
        };
        let weights = self
            .layers
            .read(&format!("{name}.qkv.weight"), &[3 * dim, dim])?;
        let biases = self.layers.read(&format!("{name}.qkv.bias"), &[3 * dim])?;
        let scale = (head as f32).powf(-0.5);
        let part = |n: usize| {
            (
                &weights[n * dim * dim..][..dim * dim],
                &biases[n * dim..][..dim],
            )
        };
        let query = self.project(x, name, part(0), scale, windows)?;
        let key = self.project(x, name, part(1), 1.0, windows)?;
        let value = self.project(x, name, part(2), 1.0, windows)?;

        let key = self.layers.g.transpose(key, &[0, 1, 3, 2]);
        let scores = self.layers.g.matmul(query, key);
        let scores = self.layers.widen(scores);
        let scores = self.add_relative_positions(scores, query, name, windows)?;
        let weights = self.layers.g.softmax(scores);
        let weights = self.layers.narrow(weights);
        let y = self.layers.g.matmul(weights, value);
        let y = windows.join(&mut self.layers.g, y, heads, head);
        self.layers.linear(y, &format!("{name}.proj"), dim, dim)
    }

    /// Tokens as the queries, keys or values of windows and heads, times `scale`.
    fn project(
        &mut self,
        x: Value,
        name: &str,
        (weight, bias): (&[f32], &[f32]),
        scale: f32,
        windows: Windows,
    ) -> Result<Value, GraphError> {
        let &VitShape { dim, heads, .. } = self.shape;
        let [weight, bias] = [weight, bias].map(|v| v.iter().map(|v| v * scale).collect());
        let weight = self.layers.constant(name, &[dim, dim], weight)?;
        let bias = self.layers.constant(name, &[dim], bias)?;
        let x = self.layers.g.linear(x, weight, None);
        Ok(windows.split(&mut self.layers.g, x, heads, dim / heads, bias))
    }

    /// Adds to the score of query (i, j) and key (k, l) the products of the query with the table's
    /// entries for the distances i − k and j − l. The queries are scaled, and these products are
    /// not: the tables are scaled the other way.
    fn add_relative_positions(
        &mut self,
        scores: Value,
        query: Value,
        name: &str,
        windows: Windows,
    ) -> Result<Value, GraphError> {
        let &VitShape { dim, heads, .. } = self.shape;
        let (size, head) = (windows.size, dim / heads);
        let along = |part: &str| format!("{name}.rel_pos_{part}");
        let [rows, columns] = ["h", "w"].map(along);
        let [s, d, h] = [size, head, heads].map(|n| n as i64);
        let rows = self.relative_positions(&rows, size, head)?;
        let columns = self.relative_positions(&columns, size, head)?;
        let g = &mut self.layers.g;
        // (B·count², heads, i, j, head)
        let query = g.reshape(query, &[-1, h, s, s, d]);
        let of_rows = g.matmul(query, rows);
        let by_columns = g.transpose(query, &[0, 1, 3, 2, 4]);
        let of_columns = g.matmul(by_columns, columns);
        let of_columns = g.transpose(of_columns, &[0, 1, 3, 2, 4]);
        let [of_rows, of_columns] = [of_rows, of_columns].map(|x| self.layers.widen(x));
        let g = &mut self.layers.g;
        let of_rows = g.reshape(of_rows, &[-1, h, s * s, s, 1]);
        let of_columns = g.reshape(of_columns, &[-1, h, s * s, 1, s]);
        let scores = g.reshape(scores, &[-1, h, s * s, s, s]);
        let scores = g.add(scores, of_rows);
        let scores = g.add(scores, of_columns);
        Ok(g.reshape(scores, &[-1, h, s * s, s * s]))
    }

    /// The entries of a table for all pairs of positions, (query, head, key).
    fn relative_positions(
        &mut self,
        name: &str,
        size: usize,
        head: usize,
    ) -> Result<Value, GraphError> {
        let table = self.layers.read(name, &[2 * size - 1, head])?;
        let unscale = (head as f32).sqrt();
        let mut pairs = Vec::with_capacity(size * head * size);
        for query in 0..size {
            for channel in 0..head {
                let entry = |key: usize| table[(query + size - 1 - key) * head + channel];
                pairs.extend((0..size).map(|key| entry(key) * unscale));
            }
        }
        self.layers.constant(name, &[size, head, size], pairs)
    }
}
