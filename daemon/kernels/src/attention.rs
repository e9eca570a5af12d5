//! Attention within windows of a grid of tokens, with a bias for each pair of positions.
//!
//! For each head of each window, softmax(Q·Kᵀ + bias)·V. The scores of some queries against some
//! keys are computed, turned into weights and multiplied with the values while they are in the
//! cache of a core, keeping the running maximum and sum of each query's softmax (Dao et al.,
//! "FlashAttention", 2022): the full matrix of scores, 805 MB in a global block of ViT-B, never
//! exists. The biases are what the sums start from, so that adding them costs nothing.

use super::gemm::{PANEL, PanelRow, TILE_ROWS, load, pack, store, tiles};
use super::math::exp;
use super::simd::vectorised;
use std::ops::Range;

/// Queries that are answered together: eleven tiles.
const QUERIES: usize = 66;

/// Keys whose scores are computed together, if the window has more: 66 × 512 scores are 135 kB.
const KEYS: usize = 512;

/// A score that weighs nothing, for keys that do not exist.
const NOTHING: f32 = -1e30;

/// The grid of tokens, and how it is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Tokens per column of the grid.
    pub height: usize,
    /// Tokens per row of the grid.
    pub width: usize,
    /// Width and height of a window, in tokens. Windows at the lower and right edges may reach
    /// beyond the grid.
    pub size: usize,
    /// Heads.
    pub heads: usize,
    /// Length of a query, a key and a value of one head.
    pub head: usize,
}

/// What is added to the score of a query and a key.
#[derive(Debug, Clone, Copy)]
pub enum Bias<'a> {
    /// Given for each pair: (heads, tokens of a window, tokens of a window).
    Table(&'a [f32]),
    /// SAM's decomposed relative positions: the query times a vector for the distance in rows plus
    /// the query times one for the distance in columns. See [`pack_relative`].
    Relative(&'a [PanelRow]),
}

/// Arranges SAM's tables of relative positions, (2·size − 1, head) each, whose row r is for a query
/// r − size + 1 steps below or right of the key. In the panels, columns run against that order, so
/// that the biases of a query and successive keys lie in successive columns.
pub fn pack_relative(rows: &[f32], columns: &[f32], size: usize, head: usize) -> Vec<PanelRow> {
    let distances = 2 * size - 1;
    let element = |table: &[f32], k: usize, n: usize| table[(distances - 1 - n) * head + k];
    let mut packed = pack(head, distances, |k, n| element(rows, k, n));
    packed.extend(pack(head, distances, |k, n| element(columns, k, n)));
    packed
}

/// One head in one window.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    row: usize,
    column: usize,
    head: usize,
}

impl Windows {
    /// Tokens of a window.
    pub fn tokens(&self) -> usize {
        self.size * self.size
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.height.div_ceil(self.size) * self.width.div_ceil(self.size) * self.heads
    }

    /// A group by its number; the heads of a window follow one another.
    pub fn group(&self, number: usize) -> Group {
        let (window, head) = (number / self.heads, number % self.heads);
        let per_row = self.width.div_ceil(self.size);
        Group {
            row: window / per_row * self.size,
            column: window % per_row * self.size,
            head,
        }
    }

    /// How many parts the queries of a window are answered in.
    pub fn parts(&self) -> usize {
        self.tokens().div_ceil(QUERIES)
    }

    /// Length of the answers to the part's queries.
    pub fn part_length(&self) -> usize {
        QUERIES.min(self.tokens()) * self.head
    }

    /// Gathers one row of the grid from the answers of all groups and parts, which lie one after
    /// another, to all heads of a token side by side.
    pub fn collect_row(&self, answers: &[f32], row: usize, out: &mut [f32]) {
        let Windows {
            size, heads, head, ..
        } = *self;
        let (per_group, length) = (self.parts() * self.part_length(), self.part_length());
        let per_row = self.width.div_ceil(size);
        for (column, out) in out.chunks_exact_mut(heads * head).enumerate() {
            let window = row / size * per_row + column / size;
            let token = row % size * size + column % size;
            let within = token / QUERIES * length + token % QUERIES * head;
            for (of_head, out) in out.chunks_exact_mut(head).enumerate() {
                let group = window * heads + of_head;
                out.copy_from_slice(&answers[group * per_group + within..][..head]);
            }
        }
    }

    /// Where token `index` of a window lies in the grid, if it does.
    fn place(&self, group: Group, index: usize) -> Option<usize> {
        let (row, column) = (
            group.row + index / self.size,
            group.column + index % self.size,
        );
        (row < self.height && column < self.width).then(|| row * self.width + column)
    }

    /// Keys per step: all of them, or a number that divides into rows of the window and panels.
    fn keys_per_step(&self) -> usize {
        if self.tokens() <= KEYS {
            return self.tokens();
        }
        let step = least_common_multiple(self.size, PANEL);
        (KEYS / step).max(1) * step
    }
}

fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

/// Queries, keys and values of all tokens: rows of 3·heads·head numbers, first the queries of all
/// heads, then the keys, then the values. Queries are scaled.
#[derive(Debug, Clone, Copy)]
pub struct Projected<'a> {
    /// One row per token of the grid.
    pub tokens: &'a [f32],
    /// The row that stands for tokens beyond the grid.
    pub padding: &'a [f32],
}

impl Projected<'_> {
    /// The query (part 0), key (1) or value (2) of a token of a window.
    fn vector(&self, windows: &Windows, group: Group, part: usize, index: usize) -> &[f32] {
        let dim = windows.heads * windows.head;
        let row = match windows.place(group, index) {
            Some(place) => &self.tokens[place * 3 * dim..],
            None => self.padding,
        };
        &row[part * dim + group.head * windows.head..][..windows.head]
    }
}

/// Keys and values of a group, arranged for products.
#[derive(Debug, Default)]
pub struct KeysAndValues {
    /// Kᵀ (head, tokens) in panels.
    keys: Vec<PanelRow>,
    /// V (tokens, head) in panels.
    values: Vec<PanelRow>,
}

impl KeysAndValues {
    /// Gathers them.
    pub fn gather(projected: Projected<'_>, windows: &Windows, number: usize) -> Self {
        let (group, tokens, head) = (windows.group(number), windows.tokens(), windows.head);
        let mut keys = vec![[0.0; PANEL]; tokens.div_ceil(PANEL) * head];
        let mut values = vec![[0.0; PANEL]; head.div_ceil(PANEL) * tokens];
        for token in 0..tokens {
            let key = projected.vector(windows, group, 1, token);
            let panel = &mut keys[token / PANEL * head..][..head];
            for (row, &k) in panel.iter_mut().zip(key) {
                row[token % PANEL] = k;
            }
            let value = projected.vector(windows, group, 2, token);
            for (panel, value) in values.chunks_exact_mut(tokens).zip(value.chunks(PANEL)) {
                panel[token][..value.len()].copy_from_slice(value);
            }
        }
        KeysAndValues { keys, values }
    }
}

/// Answers one part of the queries of a group: rows of [`Windows::head`] numbers, one per token of
/// the window from `part`·66 on.
pub fn attend(
    projected: Projected<'_>,
    windows: &Windows,
    bias: Bias<'_>,
    number: usize,
    part: usize,
    keys_and_values: &KeysAndValues,
    out: &mut [f32],
) {
    let Windows { head, size, .. } = *windows;
    let (group, tokens) = (windows.group(number), windows.tokens());
    let first = part * QUERIES;
    let mut queries = Vec::with_capacity(QUERIES * head);
    for token in first..(first + QUERIES).min(tokens) {
        queries.extend_from_slice(projected.vector(windows, group, 0, token));
    }
    let count = queries.len() / head;
    let relative = match bias {
        Bias::Table(_) => Vec::new(),
        Bias::Relative(panels) => product(&queries, head, panels),
    };
    let step = windows.keys_per_step();
    let width = step.next_multiple_of(PANEL);
    let mut scores = vec![0.0; count * width];
    let mut softmax = vec![Running::default(); count];
    let out = &mut out[..count * head];
    out.fill(0.0);
    for start in (0..tokens).step_by(step) {
        let keys = start..(start + step).min(tokens);
        for (query, row) in scores.chunks_exact_mut(width).enumerate() {
            let token = first + query;
            let (biases, rest) = row.split_at_mut(keys.len());
            rest.fill(NOTHING);
            match bias {
                Bias::Table(table) => {
                    let of_query = (group.head * tokens + token) * tokens;
                    biases.copy_from_slice(&table[of_query..][keys.clone()]);
                }
                Bias::Relative(panels) => {
                    let both = panels.len() / head * PANEL;
                    let (by_row, by_column) = relative[query * both..][..both].split_at(both / 2);
                    let by_column = &by_column[size - 1 - token % size..][..size];
                    let mut rows = by_row[size - 1 - token / size + keys.start / size..].iter();
                    for (biases, &row) in biases.chunks_mut(size).zip(&mut rows) {
                        for (bias, column) in biases.iter_mut().zip(by_column) {
                            *bias = row + column;
                        }
                    }
                }
            }
        }
        let key_panels = &keys_and_values.keys[keys.start / PANEL * head..];
        let panels = key_panels.chunks_exact(head).zip((0..width).step_by(PANEL));
        for (panel, column) in panels {
            let columns = column..column + PANEL;
            add_product(&queries, head, panel, &mut scores, width, columns);
        }
        for ((scores, running), out) in scores
            .chunks_exact_mut(width)
            .zip(&mut softmax)
            .zip(out.chunks_exact_mut(head))
        {
            running.weigh(scores, out);
        }
        let value_panels = keys_and_values.values.chunks_exact(tokens);
        for (panel, column) in value_panels.zip((0..head).step_by(PANEL)) {
            let panel = &panel[keys.clone()];
            let columns = column..(column + PANEL).min(head);
            add_product(&scores, width, panel, out, head, columns);
        }
    }
    for (out, running) in out.chunks_exact_mut(head).zip(&softmax) {
        out.iter_mut().for_each(|v| *v /= running.sum);
    }
}

/// a·panels, as rows as wide as all panels together.
fn product(a: &[f32], inner: usize, panels: &[PanelRow]) -> Vec<f32> {
    let width = panels.len() / inner * PANEL;
    let mut all = vec![0.0; a.len() / inner * width];
    for (panel, column) in panels.chunks_exact(inner).zip((0..width).step_by(PANEL)) {
        add_product(a, inner, panel, &mut all, width, column..column + PANEL);
    }
    all
}

/// Adds a·panel to `columns` columns of `sums` from `column` on.
fn add_product(
    a: &[f32],
    stride: usize,
    panel: &[PanelRow],
    sums: &mut [f32],
    width: usize,
    columns: Range<usize>,
) {
    for tile in tiles(a, stride, panel.len()) {
        let mut local = [[0.0; PANEL]; TILE_ROWS];
        let rows = &mut sums[tile.first * width..];
        for (local, row) in local[..tile.count].iter_mut().zip(rows.chunks_exact(width)) {
            load(&row[columns.clone()], local);
        }
        tile.multiply(panel, &mut local);
        for (local, row) in local[..tile.count].iter().zip(rows.chunks_exact_mut(width)) {
            store(local, &mut row[columns.clone()]);
        }
    }
}

/// The softmax of a query, as far as it has got.
#[derive(Debug, Clone, Copy)]
struct Running {
    maximum: f32,
    sum: f32,
}

impl Default for Running {
    fn default() -> Self {
        Running {
            maximum: NOTHING,
            sum: 0.0,
        }
    }
}

impl Running {
    /// Turns further scores into weights, and brings what was summed up before to their scale.
    fn weigh(&mut self, scores: &mut [f32], answer: &mut [f32]) {
        weigh(self, scores, answer);
    }
}

vectorised! {
    fn weigh<S>(running: &mut Running, scores: &mut [f32], answer: &mut [f32]) {
        let scores = scores.as_chunks_mut::<PANEL>().0;
        let mut largest = [running.maximum; PANEL];
        for chunk in scores.iter() {
            for (largest, &score) in largest.iter_mut().zip(chunk) {
                *largest = if score > *largest { score } else { *largest };
            }
        }
        let maximum = largest.into_iter().fold(running.maximum, f32::max);
        let mut sums = [0.0; PANEL];
        for chunk in scores {
            for (sum, score) in sums.iter_mut().zip(chunk) {
                *score = exp::<S>(*score - maximum);
                *sum += *score;
            }
        }
        let scale = exp::<S>(running.maximum - maximum);
        running.sum = running.sum * scale + sums.iter().sum::<f32>();
        running.maximum = maximum;
        for v in answer {
            *v *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn attend_all(projected: Projected<'_>, windows: &Windows, bias: Bias<'_>) -> Vec<f32> {
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

    /// The definition, in double precision. `bias` is told head, query and key (row, column).
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
        let ours = attend_all(projected, &windows, Bias::Table(&table));
        let expected = definition(projected, &windows, |h, _, [qy, qx], [ky, kx]| {
            f64::from(table[(h * 16 + qy * 4 + qx) * 16 + ky * 4 + kx])
        });
        let difference = largest_difference(&ours, &expected);
        assert!(difference < 1e-6, "{difference}");
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
            let panels = pack_relative(&rows, &columns, size, 16);
            let ours = attend_all(projected, &windows, Bias::Relative(&panels));
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
            let difference = largest_difference(&ours, &expected);
            assert!(difference < 4e-6, "size {size}: {difference}");
        }
    }
}
