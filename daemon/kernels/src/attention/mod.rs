//! Attention within windows of a grid of tokens, with a bias for each pair of positions.
//!
//! For each head of each window, softmax(Q·Kᵀ + bias)·V. The scores of some keys for some queries
//! are computed, turned into weights and multiplied with the values while they are in the cache of
//! a core, keeping the running maximum and sum of each query's softmax (Dao et al.,
//! "FlashAttention", 2022): the full matrix of scores, 805 MB in a global block of ViT-B, never
//! exists. The biases are what the sums start from, so that adding them costs nothing.
//!
//! Scores are computed transposed, K·Qᵀ, so that sixteen queries lie side by side in a panel: the
//! softmax of each runs down its column.

mod bias;
mod windows;

pub use bias::{Bias, Relative, pack_pairs};
pub use windows::{Projected, Windows};

use super::gemm::{
    Onto, PANEL, PanelRow, TILE, TileColumn, Tiles, add_transposed_product, gather, pack_panel,
    pack_tile, product, spread,
};
use super::math::exp;
use super::simd::vectorised;
use windows::Part;

/// Panels of queries whose scores are computed together.
const PANELS: usize = 2;

/// Keys whose scores are computed together, if the window has more: 21 tiles. For two panels of
/// queries their scores are 16 kB.
const KEYS: usize = 21 * TILE;

/// A score that weighs nothing, for keys that do not exist.
const NOTHING: f32 = -1e30;

/// Keys and values of a group, arranged for products.
#[derive(Debug, Default)]
pub struct KeysAndValues {
    /// K (tokens, head) in tiles.
    keys: Vec<TileColumn>,
    /// V (tokens, head) in panels, with zeros for the tokens that fill the last tile of keys.
    values: Vec<PanelRow>,
}

impl KeysAndValues {
    /// Gathers them.
    pub fn gather(projected: Projected<'_>, windows: &Windows, number: usize) -> Self {
        let (group, tokens, head) = (windows.group(number), windows.tokens(), windows.head);
        let rows = tokens.next_multiple_of(TILE);
        let nothing = vec![0.0; head];
        let vector = |part: Part, token: usize| match token < tokens {
            true => projected.vector(windows, group, part, token),
            false => &nothing,
        };
        let mut keys = vec![[0.0; TILE]; rows / TILE * head];
        for (tile, first) in keys.chunks_exact_mut(head).zip((0..).step_by(TILE)) {
            pack_tile(
                std::array::from_fn(|at| vector(Part::Key, first + at)),
                tile,
            );
        }
        let mut values = vec![[0.0; PANEL]; rows * head.div_ceil(PANEL)];
        for token in 0..tokens {
            let value = vector(Part::Value, token);
            let mut places = values[token..].iter_mut().step_by(rows);
            spread(value).for_each(|row| {
                if let Some(place) = places.next() {
                    *place = row;
                }
            });
        }
        KeysAndValues { keys, values }
    }
}

/// Answers one part of the queries of a group: rows of [`Windows::head`] numbers, one per token of
/// the window. What belongs to rows of the window beyond the grid is left as it is.
pub fn attend(
    projected: Projected<'_>,
    windows: &Windows,
    bias: &Bias<'_>,
    number: usize,
    part: usize,
    keys_and_values: &KeysAndValues,
    out: &mut [f32],
) {
    let (group, tokens, head) = (windows.group(number), windows.tokens(), windows.head);
    let asked = windows.queries(group, part);
    let panels = asked.len().div_ceil(PANEL);
    let mut queries = vec![[0.0; PANEL]; panels * head];
    for (panel, first) in queries
        .chunks_exact_mut(head)
        .zip(asked.clone().step_by(PANEL))
    {
        // Where queries are missing, the last one is answered again.
        let token = |lane: usize| (first + lane).min(asked.end - 1);
        let query = |lane| projected.vector(windows, group, Part::Query, token(lane));
        pack_panel(std::array::from_fn(query), panel);
    }
    let bias = bias.of(group.head, tokens, asked.clone(), &queries);
    let KeysAndValues { keys, values } = keys_and_values;
    let rows = tokens.next_multiple_of(TILE);
    // For each panel of queries: for each panel of values sixteen rows.
    let per_panel = head.div_ceil(PANEL) * PANEL;
    let mut answers = vec![[0.0; PANEL]; panels * per_panel];
    let mut softmax = vec![Softmax::default(); panels];
    let mut scores = vec![[0.0; PANEL]; PANELS * KEYS.min(rows)];
    for start in (0..rows).step_by(KEYS) {
        let step = start..(start + KEYS).min(rows);
        let keys = &keys[start / TILE * head..step.end / TILE * head];
        for first in (0..panels).step_by(PANELS) {
            let some = first..(first + PANELS).min(panels);
            let scores = &mut scores[..some.len() * step.len()];
            let queries = &queries[some.start * head..some.end * head];
            product(Tiles::new(keys, head), queries, Onto::Zero, scores);
            for (panel, scores) in some.zip(scores.chunks_exact_mut(step.len())) {
                let answers = &mut answers[panel * per_panel..][..per_panel];
                let softmax = &mut softmax[panel];
                let mut maximum = softmax.maximum;
                bias.add(panel, step.clone(), scores, &mut maximum);
                softmax.weigh(maximum, scores, answers);
                add_transposed_product(scores, values, rows, start, answers);
            }
        }
    }
    let rows = out[..asked.len() * head].chunks_exact_mut(head);
    for (at, row) in rows.enumerate() {
        let (panel, lane) = (at / PANEL, at % PANEL);
        let answer = answers[panel * per_panel + lane..].iter().step_by(PANEL);
        let factor = 1.0 / softmax[panel].sum[lane];
        gather(answer.map(|answer| answer.map(|v| v * factor)), row);
    }
}

/// The softmax of a panel of queries, as far as it has got.
#[derive(Debug, Clone, Copy)]
struct Softmax {
    maximum: PanelRow,
    sum: PanelRow,
}

impl Default for Softmax {
    fn default() -> Self {
        Softmax {
            maximum: [NOTHING; PANEL],
            sum: [0.0; PANEL],
        }
    }
}

impl Softmax {
    /// Turns further scores, whose maximum is known, into weights, and brings what was summed up
    /// before to their scale.
    fn weigh(&mut self, maximum: PanelRow, scores: &mut [PanelRow], answers: &mut [PanelRow]) {
        let mut scale = [0.0; PANEL];
        weigh(self, maximum, scores, &mut scale);
        for answers in answers.as_chunks_mut::<PANEL>().0 {
            for (answer, scale) in answers.iter_mut().zip(scale) {
                answer.iter_mut().for_each(|v| *v *= scale);
            }
        }
    }
}

vectorised! {
    fn weigh<S>(
        softmax: &mut Softmax,
        maximum: PanelRow,
        scores: &mut [PanelRow],
        scale: &mut PanelRow,
    ) {
        let mut sum = softmax.sum;
        for lane in 0..PANEL {
            scale[lane] = exp::<S>(softmax.maximum[lane] - maximum[lane]);
            sum[lane] *= scale[lane];
        }
        for scores in scores {
            for lane in 0..PANEL {
                let weight = exp::<S>(scores[lane] - maximum[lane]);
                scores[lane] = weight;
                sum[lane] += weight;
            }
        }
        *softmax = Softmax { maximum, sum };
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::testing::at_each_level;
    use super::*;

    /// Numbers between −1 and 1 that repeat for nobody.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Everything, as the operator does it.
    fn attend_all(projected: Projected<'_>, windows: &Windows, bias: &Bias<'_>) -> Vec<f32> {
        let length = windows.part_length();
        let mut answers = vec![f32::NAN; windows.groups() * windows.parts() * length];
        for (index, answers) in answers.chunks_mut(length).enumerate() {
            let (group, part) = (index / windows.parts(), index % windows.parts());
            let gathered = KeysAndValues::gather(projected, windows, group);
            attend(projected, windows, bias, group, part, &gathered, answers);
        }
        let row = windows.width * windows.heads * windows.head;
        let mut all = vec![f32::NAN; windows.height * row];
        for (row, out) in all.chunks_mut(row).enumerate() {
            windows.collect_row(&answers, row, out);
        }
        all
    }

    /// The definition, in double precision. `bias` takes head, query and key (row, column).
    fn definition(
        projected: Projected<'_>,
        windows: &Windows,
        bias: impl Fn(usize, &[f32], [usize; 2], [usize; 2]) -> f64,
    ) -> Vec<f32> {
        let Windows {
            height,
            width,
            size,
            heads,
            head,
        } = *windows;
        let dim = heads * head;
        let row = |y: usize, x: usize| match (y < height && x < width, y * width + x) {
            (true, at) => &projected.tokens[at * 3 * dim..][..3 * dim],
            (false, _) => projected.padding,
        };
        let mut all = Vec::new();
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let (y0, x0) = (y / size * size, x / size * size);
            for h in 0..heads {
                let query = &row(y, x)[h * head..][..head];
                let mut sum = 0.0;
                let mut answer = vec![0.0; head];
                for (ky, kx) in (0..size).flat_map(|y| (0..size).map(move |x| (y, x))) {
                    let key = &row(y0 + ky, x0 + kx)[dim + h * head..][..head];
                    let value = &row(y0 + ky, x0 + kx)[2 * dim + h * head..][..head];
                    let dot: f64 = query
                        .iter()
                        .zip(key)
                        .map(|(&q, &k)| f64::from(q) * f64::from(k))
                        .sum();
                    let weight = (dot + bias(h, query, [y - y0, x - x0], [ky, kx])).exp();
                    sum += weight;
                    for (a, &v) in answer.iter_mut().zip(value) {
                        *a += weight * f64::from(v);
                    }
                }
                all.extend(answer.iter().map(|a| (a / sum) as f32));
            }
        }
        all
    }

    fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m })
    }

    #[test]
    fn windows_that_reach_beyond_the_grid_with_a_table_of_biases() {
        let windows = Windows {
            height: 10,
            width: 9,
            size: 4,
            heads: 3,
            head: 20,
        };
        let dim = 60;
        let tokens = numbers(90 * 3 * dim, 1);
        let padding = numbers(3 * dim, 2);
        let projected = Projected {
            tokens: &tokens,
            padding: &padding,
        };
        let table = numbers(3 * 16 * 16, 3);
        let packed = pack_pairs(&table, 3, 16);
        let expected = definition(projected, &windows, |h, _, [qy, qx], [ky, kx]| {
            f64::from(table[(h * 16 + qy * 4 + qx) * 16 + ky * 4 + kx])
        });
        at_each_level(|level| {
            let ours = attend_all(projected, &windows, &Bias::Pairs(&packed));
            let difference = largest_difference(&ours, &expected);
            assert!(difference < 1e-6, "{level:?}: {difference}");
        });
    }

    #[test]
    fn relative_positions_in_windows_of_one_step_and_of_several() {
        for (height, width, size) in [(14, 20, 14), (5, 7, 3), (24, 24, 24), (40, 40, 40)] {
            let windows = Windows {
                height,
                width,
                size,
                heads: 2,
                head: 16,
            };
            let tokens = numbers(height * width * 96, 1);
            let padding = numbers(96, 2);
            let projected = Projected {
                tokens: &tokens,
                padding: &padding,
            };
            let (rows, columns) = (
                numbers((2 * size - 1) * 16, 3),
                numbers((2 * size - 1) * 16, 4),
            );
            let tables = [rows.clone(), columns.clone()].concat();
            let relative = Relative::new(&tables, size, 16);
            let bias = Bias::Relative(relative);
            let expected = definition(projected, &windows, |_, query, [qy, qx], [ky, kx]| {
                let dot = |table: &[f32], distance: usize| -> f64 {
                    let vector = &table[distance * 16..][..16];
                    query
                        .iter()
                        .zip(vector)
                        .map(|(&q, &r)| f64::from(q) * f64::from(r))
                        .sum()
                };
                dot(&rows, qy + size - 1 - ky) + dot(&columns, qx + size - 1 - kx)
            });
            at_each_level(|level| {
                let ours = attend_all(projected, &windows, &bias);
                let difference = largest_difference(&ours, &expected);
                assert!(difference < 4e-6, "{level:?}, size {size}: {difference}");
            });
        }
    }
}
