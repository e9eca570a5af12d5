//! How much there is to compute: multiplications and additions of one run of an encoder, as the
//! authors' implementation does it. Ours leaves out some of them, those of padding tokens.

use super::Encoder;
use super::tiny_vit::{self, PatchEmbedding, TinyVitShape};
use super::vit::{Reach, VitShape};

impl Encoder {
    /// Floating-point operations per slice; a multiplication and an addition are two.
    pub fn operations(&self) -> u64 {
        2 * match self {
            Encoder::Vit(shape) => vit(shape),
            Encoder::TinyVit(shape) => tiny_vit(*shape),
        }
    }
}

/// Multiplications of attention within windows of a grid, with all its linear layers, on padded
/// windows.
fn attention(grid: u64, window: u64, dim: u64) -> u64 {
    let tokens = grid.div_ceil(window).pow(2) * window * window;
    4 * tokens * dim * dim + 2 * tokens * window * window * dim
}

/// Multiplications of the neck.
fn neck(tokens: u64, dim: u64, channels: u64) -> u64 {
    tokens * (dim * channels + 9 * channels * channels)
}

fn vit(shape: &VitShape) -> u64 {
    let [dim, grid, mlp, patch, channels] = [
        shape.dim,
        shape.grid,
        shape.mlp,
        shape.patch,
        shape.channels,
    ]
    .map(|n| n as u64);
    let tokens = grid * grid;
    let blocks = shape.blocks.iter().map(|reach| {
        let window = match *reach {
            Reach::Global => grid,
            Reach::Window(size) => size as u64,
        };
        let positions = 2 * grid.div_ceil(window).pow(2) * window.pow(3) * dim;
        attention(grid, window, dim) + positions + 2 * tokens * dim * mlp
    });
    tokens * 3 * patch * patch * dim + blocks.sum::<u64>() + neck(tokens, dim, channels)
}

fn tiny_vit(shape: TinyVitShape) -> u64 {
    let dims = tiny_vit::DIMS.map(|dim| dim as u64);
    let mut side = tiny_vit::TOKENS as u64;
    let half = dims[0] / 2;
    let mut sum = match shape.embedding {
        PatchEmbedding::FullResolution => side * side * (3 * half + half * dims[0]),
        PatchEmbedding::Quarter => side * side * (4 * 27 * half + 9 * half * dims[0]),
    };
    for (stage, &dim) in dims.iter().enumerate() {
        let (tokens, depth) = (side * side, tiny_vit::DEPTHS[stage] as u64);
        let hidden = dim * tiny_vit::EXPANSION as u64;
        sum += depth
            * match stage {
                0 => tokens * (2 * dim * hidden + 9 * hidden),
                _ => {
                    let window = tiny_vit::WINDOWS[stage] as u64;
                    attention(side, window, dim) + tokens * (9 * dim + 2 * dim * hidden)
                }
            };
        if let Some(&next) = dims.get(stage + 1) {
            side /= tiny_vit::MERGE_STRIDES[stage] as u64;
            sum += tokens * dim * next + side * side * (9 * next + next * next);
        }
    }
    let last = dims[dims.len() - 1];
    sum + neck(side * side, last, tiny_vit::EMBEDDING as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_a_counter_of_operations_counts_upstream() {
        let tiny = |embedding| Encoder::TinyVit(TinyVitShape::of(embedding)).operations();
        assert_eq!(tiny(PatchEmbedding::FullResolution) / 100_000_000, 749);
        let blocks = (0..12).map(|n| match n % 3 {
            2 => Reach::Global,
            _ => Reach::Window(14),
        });
        let vit_b = VitShape {
            dim: 768,
            heads: 12,
            mlp: 3072,
            patch: 16,
            grid: 64,
            channels: 256,
            blocks: blocks.collect(),
        };
        assert_eq!(Encoder::Vit(vit_b).operations() / 1_000_000_000, 972);
    }
}
