//! Matrix products: the inner loop of everything else.
//!
//! C = A·B is computed in tiles of [`TILE`] × [`PANEL`] results, one or four of them at once, which
//! stay in registers while [`DEPTH`] products are added to each. Both factors lie in memory in the
//! order in which they are read: B in panels of sixteen columns, A in tiles of six rows. The depth
//! is such that what is read of a panel stays in the first cache while all tiles go by.

use super::simd::{Simd, vectorised};
use std::ops::Range;

/// Columns of a panel: two registers of eight numbers, or one of sixteen.
pub const PANEL: usize = 16;

/// One row of a panel.
pub type PanelRow = [f32; PANEL];

/// Rows of a tile: six times two registers of sums leave four of sixteen for the factors. With 32
/// registers of sixteen numbers, two tiles are multiplied with two panels at once.
pub const TILE: usize = 6;

/// One column of a tile.
pub type TileColumn = [f32; TILE];

/// Products that are added up in registers.
const DEPTH: usize = 256;

/// Arranges a matrix (`inner`, `columns`), given by its elements, in panels: for each panel of
/// columns its `inner` rows one after another. Columns that the last panel has too many are zero.
pub fn pack(inner: usize, columns: usize, element: impl Fn(usize, usize) -> f32) -> Vec<PanelRow> {
    let panels = columns.div_ceil(PANEL);
    let mut packed = Vec::with_capacity(panels * inner);
    for panel in 0..panels {
        let first = panel * PANEL;
        for row in 0..inner {
            packed.push(std::array::from_fn(|at| match first + at {
                column if column < columns => element(row, column),
                _ => 0.0,
            }));
        }
    }
    packed
}

/// Numbers as rows of panels; what does not fill a row is left out.
pub fn panel_rows(numbers: &[f32]) -> &[PanelRow] {
    numbers.as_chunks().0
}

/// Numbers as rows of successive panels; what the last one lacks is zero.
#[inline(always)]
pub fn spread(numbers: &[f32]) -> impl Iterator<Item = PanelRow> {
    // Full rows apart from the rest: their copies are one or two instructions instead of a call.
    let (full, rest) = numbers.as_chunks();
    let mut last = [0.0; PANEL];
    last[..rest.len()].copy_from_slice(rest);
    let last = (!rest.is_empty()).then_some(last);
    full.iter().copied().chain(last)
}

/// Copies rows of successive panels into `numbers`, as far as these go.
#[inline(always)]
pub fn gather(mut rows: impl Iterator<Item = PanelRow>, numbers: &mut [f32]) {
    let (full, rest) = numbers.as_chunks_mut();
    for (place, row) in full.iter_mut().zip(rows.by_ref()) {
        *place = row;
    }
    if let Some(row) = rows.next() {
        rest.copy_from_slice(&row[..rest.len()]);
    }
}

/// A matrix in tiles: for each tile of rows its columns one after another.
#[derive(Debug, Clone, Copy)]
pub struct Tiles<'a> {
    columns: &'a [TileColumn],
    width: usize,
}

impl<'a> Tiles<'a> {
    /// A matrix of `width` columns.
    pub fn new(columns: &'a [TileColumn], width: usize) -> Self {
        Tiles { columns, width }
    }

    /// How many tiles there are.
    fn count(&self) -> usize {
        self.columns.len() / self.width
    }

    /// Some columns of a tile.
    #[inline(always)]
    fn tile(&self, index: usize, depth: &Range<usize>) -> Strip<'a, TILE> {
        Strip {
            columns: &self.columns[index * self.width..][depth.clone()],
            first: 0,
        }
    }
}

vectorised! {
    /// Arranges rows of `width` numbers in tiles; rows that the last tile has too many are the last
    /// row again. With `norm`, an ε, each row becomes (row − mean)/√(variance + ε).
    pub fn pack_tiles<S>(
        rows: &[f32],
        width: usize,
        norm: Option<f32>,
        tiles: &mut [TileColumn],
    ) {
        let rows = Rows { numbers: rows, width };
        for (index, tile) in tiles.chunks_exact_mut(width).enumerate() {
            let rows: [&[f32]; TILE] = std::array::from_fn(|at| rows.get(index * TILE + at));
            match norm {
                None => fill_tile(rows, tile, |_, v| v),
                Some(epsilon) => {
                    let mut moments = [(0.0, 0.0); TILE];
                    for (moments, row) in moments.iter_mut().zip(rows) {
                        *moments = self::moments(row, epsilon);
                    }
                    fill_tile(rows, tile, |at, v| (v - moments[at].0) * moments[at].1);
                }
            }
        }
    }
}

vectorised! {
    /// Arranges six rows, each as long as the tile, in a tile.
    pub fn pack_tile<S>(rows: [&[f32]; TILE], tile: &mut [TileColumn]) {
        fill_tile(rows, tile, |_, v| v);
    }
}

vectorised! {
    /// Arranges sixteen rows, each as long as the panel, side by side.
    pub fn pack_panel<S>(rows: [&[f32]; PANEL], panel: &mut [PanelRow]) {
        let rows = rows.map(|row| &row[..panel.len()]);
        for (k, row) in panel.iter_mut().enumerate() {
            for (at, numbers) in rows.iter().enumerate() {
                row[at] = numbers[k];
            }
        }
    }
}

/// Column k of the tile is made of number k of each row; `f` also gets the row.
#[inline(always)]
fn fill_tile(rows: [&[f32]; TILE], tile: &mut [TileColumn], f: impl Fn(usize, f32) -> f32) {
    let rows = rows.map(|row| &row[..tile.len()]);
    for (k, column) in tile.iter_mut().enumerate() {
        for (at, row) in rows.iter().enumerate() {
            column[at] = f(at, row[k]);
        }
    }
}

/// Rows of a matrix, one after another.
#[derive(Clone, Copy)]
struct Rows<'a> {
    numbers: &'a [f32],
    width: usize,
}

impl<'a> Rows<'a> {
    /// A row, or the last one.
    #[inline(always)]
    fn get(self, index: usize) -> &'a [f32] {
        let last = self.numbers.len() / self.width - 1;
        &self.numbers[index.min(last) * self.width..][..self.width]
    }
}

/// Mean and 1/√(variance + ε) of a row.
#[inline(always)]
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = sum(row, |v| v) / count;
    let variance = sum(row, |v| (v - mean) * (v - mean)) / count;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// Σ f(v), in sixteen sums side by side: fast, and more exact than one.
#[inline(always)]
fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<PANEL>();
    let mut sums = [0.0; PANEL];
    for chunk in chunks {
        for (sum, &v) in sums.iter_mut().zip(chunk) {
            *sum += f(v);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&v| f(v)).sum::<f32>()
}

/// What a product is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// Nothing: what stood in the place of the sums is lost.
    Zero,
    /// The sums.
    Sums,
}

vectorised! {
    /// Computes A·B. B has as many rows as A has columns, in any number of panels; the sums are
    /// arranged likewise: for each panel of columns as many rows as A's tiles have together.
    pub fn product<S, TILES, PANELS>(a: Tiles<'_>, b: &[PanelRow], onto: Onto, sums: &mut [PanelRow]) {
        let rows = a.count() * TILE;
        let panels = b.chunks_exact(PANELS * a.width);
        let rest = panels.remainder().chunks_exact(a.width);
        let mut sums = sums.chunks_exact_mut(PANELS * rows);
        for (b, sums) in panels.zip(&mut sums) {
            product_of_panels::<S, TILES, PANELS>(a, b, onto, sums);
        }
        for (b, sums) in rest.zip(sums.into_remainder().chunks_exact_mut(rows)) {
            product_of_panels::<S, TILES, 1>(a, b, onto, sums);
        }
    }
}

#[inline(always)]
fn product_of_panels<S: Simd, const TILES: usize, const PANELS: usize>(
    a: Tiles<'_>,
    b: &[PanelRow],
    onto: Onto,
    sums: &mut [PanelRow],
) {
    let (inner, count) = (a.width, a.count());
    for start in (0..inner).step_by(DEPTH) {
        let depth = start..(start + DEPTH).min(inner);
        let onto = if start == 0 { onto } else { Onto::Sums };
        let panels: [&[PanelRow]; PANELS] =
            std::array::from_fn(|panel| &b[panel * inner..][depth.clone()]);
        let mut first = 0;
        while first + TILES <= count {
            let tiles: [_; TILES] = std::array::from_fn(|tile| a.tile(first + tile, &depth));
            multiply::<S, TILE, TILE, TILES, PANELS>(tiles, panels, onto, sums, first);
            first += TILES;
        }
        while first < count {
            let tile = [a.tile(first, &depth)];
            multiply::<S, TILE, TILE, 1, PANELS>(tile, panels, onto, sums, first);
            first += 1;
        }
    }
}

vectorised! {
    /// Adds Aᵀ·B to `sums`: of each panel of B, `height` rows long, the rows from `first` on, as
    /// many as A has. A is one panel; so there are sixteen sums for each column of B.
    pub fn add_transposed_product<S, TILES, PANELS>(
        a: &[PanelRow],
        b: &[PanelRow],
        height: usize,
        first: usize,
        sums: &mut [PanelRow],
    ) {
        let panels = b.chunks_exact(PANELS * height);
        let rest = panels.remainder().chunks_exact(height);
        let mut sums = sums.chunks_exact_mut(PANELS * PANEL);
        for (b, sums) in panels.zip(&mut sums) {
            transposed_product_of_panels::<S, TILES, PANELS>(a, b, first, sums);
        }
        for (b, sums) in rest.zip(sums.into_remainder().chunks_exact_mut(PANEL)) {
            transposed_product_of_panels::<S, TILES, 1>(a, b, first, sums);
        }
    }
}

#[inline(always)]
fn transposed_product_of_panels<S: Simd, const TILES: usize, const PANELS: usize>(
    a: &[PanelRow],
    b: &[PanelRow],
    first: usize,
    sums: &mut [PanelRow],
) {
    // A divisor of PANEL, so that no sum is computed for nothing.
    const ROWS: usize = 4;
    let height = b.len() / PANELS;
    let panels: [&[PanelRow]; PANELS] =
        std::array::from_fn(|panel| &b[panel * height + first..][..a.len()]);
    for strip in (0..PANEL / ROWS).step_by(TILES) {
        let strips: [_; TILES] = std::array::from_fn(|at| Strip {
            columns: a,
            first: (strip + at) * ROWS,
        });
        multiply::<S, PANEL, ROWS, TILES, PANELS>(strips, panels, Onto::Sums, sums, strip);
    }
}

/// Some rows of a matrix that lies column by column, from `first` on.
#[derive(Clone, Copy)]
struct Strip<'a, const WIDTH: usize> {
    columns: &'a [[f32; WIDTH]],
    first: usize,
}

/// The loop that takes nearly all of the time: the sums are in registers, and each number of the
/// panels is used for every row of the strips. The sums of strip n are those from (`index` + n)·ROWS on, in each panel.
#[inline(always)]
fn multiply<
    S: Simd,
    const WIDTH: usize,
    const ROWS: usize,
    const STRIPS: usize,
    const PANELS: usize,
>(
    strips: [Strip<'_, WIDTH>; STRIPS],
    panels: [&[PanelRow]; PANELS],
    onto: Onto,
    sums: &mut [PanelRow],
    index: usize,
) {
    let height = sums.len() / PANELS;
    let place = |strip: usize, panel: usize| panel * height + (index + strip) * ROWS;
    let mut local = [[[[0.0; PANEL]; ROWS]; PANELS]; STRIPS];
    if onto == Onto::Sums {
        for (strip, local) in local.iter_mut().enumerate() {
            for (panel, local) in local.iter_mut().enumerate() {
                if let Some(sums) = sums[place(strip, panel)..].first_chunk() {
                    *local = *sums;
                }
            }
        }
    }
    // So that the compiler sees that all rows lie within a column.
    let first = strips.map(|strip| strip.first.min(WIDTH - ROWS));
    // Four steps at a time: looking after the loop costs as much as a sixth of a step.
    let (columns_by_four, columns) = split(strips.map(|strip| strip.columns.as_chunks::<4>()));
    let (panels_by_four, panels) = split(panels.map(|panel| panel.as_chunks::<4>()));
    for k in 0..panels_by_four[0].len() {
        let columns = columns_by_four.map(|column| &column[k]);
        let panels = panels_by_four.map(|panel| &panel[k]);
        for k in 0..4 {
            let (columns, panels) = (columns.map(|c| &c[k]), panels.map(|p| p[k]));
            step::<S, WIDTH, ROWS, STRIPS, PANELS>(columns, first, panels, &mut local);
        }
    }
    for k in 0..panels[0].len() {
        let (columns, panels) = (columns.map(|c| &c[k]), panels.map(|p| p[k]));
        step::<S, WIDTH, ROWS, STRIPS, PANELS>(columns, first, panels, &mut local);
    }
    for (strip, local) in local.iter().enumerate() {
        for (panel, local) in local.iter().enumerate() {
            if let Some(sums) = sums[place(strip, panel)..].first_chunk_mut() {
                *sums = *local;
            }
        }
    }
}

/// The first of each pair, and the second.
#[inline(always)]
fn split<A: Copy, B: Copy, const N: usize>(pairs: [(A, B); N]) -> ([A; N], [B; N]) {
    (pairs.map(|pair| pair.0), pairs.map(|pair| pair.1))
}

/// Adds the products of rows of a column of each strip and a row of each panel.
#[inline(always)]
fn step<
    S: Simd,
    const WIDTH: usize,
    const ROWS: usize,
    const STRIPS: usize,
    const PANELS: usize,
>(
    columns: [&[f32; WIDTH]; STRIPS],
    first: [usize; STRIPS],
    panels: [PanelRow; PANELS],
    sums: &mut [[[PanelRow; ROWS]; PANELS]; STRIPS],
) {
    for ((column, first), sums) in columns.into_iter().zip(first).zip(sums) {
        for row in 0..ROWS {
            let a = column[first + row];
            for (panel, sums) in panels.iter().zip(sums.iter_mut()) {
                for (sum, &b) in sums[row].iter_mut().zip(panel) {
                    *sum = S::mul_add(a, b, *sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::testing::at_each_level;
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |n: usize| ((n * 37 + seed * 101) % 113) as f32 / 56.5 - 1.0;
        (0..count).map(number).collect()
    }

    #[test]
    fn products_of_all_shapes_are_what_they_are_by_definition() {
        let shapes = [
            (1, 1, 1),
            (6, 16, 16),
            (13, 300, 50),
            (29, 515, 33),
            (96, 64, 32),
        ];
        at_each_level(|level| {
            for (rows, inner, columns) in shapes {
                let (a, b) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
                let mut tiles = vec![[0.0; TILE]; rows.div_ceil(TILE) * inner];
                pack_tiles(&a, inner, None, &mut tiles);
                let panels = pack(inner, columns, |k, n| b[k * columns + n]);
                let height = rows.next_multiple_of(TILE);
                let mut sums = vec![[0.5; PANEL]; columns.div_ceil(PANEL) * height];
                product(Tiles::new(&tiles, inner), &panels, Onto::Sums, &mut sums);
                for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                    let exact: f64 = (0..inner)
                        .map(|k| f64::from(a[row * inner + k]) * f64::from(b[k * columns + column]))
                        .sum();
                    let ours = f64::from(sums[column / PANEL * height + row][column % PANEL]);
                    assert!(
                        (ours - 0.5 - exact).abs() < 2e-5 * inner as f64,
                        "{level:?} {rows}×{inner}×{columns}: {ours} {exact}"
                    );
                }
            }
        });
    }

    #[test]
    fn a_transposed_product_takes_some_rows_of_each_panel() {
        at_each_level(|level| {
            for columns in [16, 48, 64] {
                let a: Vec<PanelRow> = numbers(10 * PANEL, 1).as_chunks().0.to_vec();
                let b = numbers(30 * columns, 2);
                let panels = pack(30, columns, |k, n| b[k * columns + n]);
                let mut sums = vec![[1.0; PANEL]; columns];
                add_transposed_product(&a, &panels, 30, 15, &mut sums);
                for (row, column) in (0..PANEL).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                    let terms = (0..10).map(|k| a[k][row] * b[(15 + k) * columns + column]);
                    let exact = 1.0 + terms.sum::<f32>();
                    let ours = sums[column / PANEL * PANEL + row][column % PANEL];
                    assert!((ours - exact).abs() < 1e-5, "{level:?}: {ours} {exact}");
                }
            }
        });
    }

    #[test]
    fn normalised_rows_have_mean_0_and_variance_1() {
        at_each_level(|level| {
            let x = numbers(7 * 50, 3);
            let mut tiles = vec![[0.0; TILE]; 2 * 50];
            pack_tiles(&x, 50, Some(1e-6), &mut tiles);
            for row in 0..7 {
                let values: Vec<f64> = (0..50)
                    .map(|k| f64::from(tiles[row / TILE * 50 + k][row % TILE]))
                    .collect();
                let mean = values.iter().sum::<f64>() / 50.0;
                let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 50.0;
                assert!(mean.abs() < 1e-6, "{level:?}: {mean}");
                assert!((variance - 1.0).abs() < 1e-4, "{level:?}: {variance}");
            }
        });
    }
}
