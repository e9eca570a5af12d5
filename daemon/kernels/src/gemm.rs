//! Matrix products: the inner loop of everything else.
//!
//! C = A·B is computed in tiles of [`TILE_ROWS`] × [`PANEL`] results, which stay in registers over
//! the whole inner dimension. B comes in panels of [`PANEL`] columns, so that it is read in the
//! order in which it lies in memory; A is read as it is, row by row.

use super::simd::vectorised;

/// Columns of a panel: two registers of eight numbers, or one of sixteen.
pub const PANEL: usize = 16;

/// One row of a panel.
pub type PanelRow = [f32; PANEL];

/// Rows of a tile: six times two registers of sums leave four of sixteen for the factors.
pub const TILE_ROWS: usize = 6;

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

/// Copies numbers into a row of a tile, up to its length. Nearly always they fill it, and then the
/// copy is two instructions instead of a call.
#[inline]
pub fn load(numbers: &[f32], row: &mut PanelRow) {
    match numbers.first_chunk() {
        Some(full) => *row = *full,
        None => row[..numbers.len()].copy_from_slice(numbers),
    }
}

/// Copies a row of a tile, as far as `numbers` go.
#[inline]
pub fn store(row: &PanelRow, numbers: &mut [f32]) {
    match numbers.first_chunk_mut() {
        Some(full) => *full = *row,
        None => numbers.copy_from_slice(&row[..numbers.len()]),
    }
}

/// Some rows of a matrix, to be multiplied together.
#[derive(Debug, Clone, Copy)]
pub struct Tile<'a> {
    /// Index of the first row.
    pub first: usize,
    /// How many rows there are: fewer than [`TILE_ROWS`] at the end of the matrix.
    pub count: usize,
    rows: [&'a [f32]; TILE_ROWS],
}

/// Divides `a` into tiles. It has rows of `stride` numbers, of which the first `inner` count.
pub fn tiles(a: &[f32], stride: usize, inner: usize) -> impl Iterator<Item = Tile<'_>> {
    let rows = a.len().div_ceil(stride);
    (0..rows).step_by(TILE_ROWS).map(move |first| Tile {
        first,
        count: TILE_ROWS.min(rows - first),
        // Where rows are missing, the last one is computed again.
        rows: std::array::from_fn(|i| &a[(first + i).min(rows - 1) * stride..][..inner]),
    })
}

impl Tile<'_> {
    /// Adds the product of the rows and a panel to `sums`.
    pub fn multiply(&self, panel: &[PanelRow], sums: &mut [PanelRow; TILE_ROWS]) {
        multiply(self.rows, panel, sums);
    }
}

vectorised! {
    /// The loop that takes nearly all of the time: the sums are in registers, and each number of
    /// the panel is used for every row.
    fn multiply<S>(
        rows: [&[f32]; TILE_ROWS],
        panel: &[PanelRow],
        sums: &mut [PanelRow; TILE_ROWS],
    ) {
        let [r0, r1, r2, r3, r4, r5] = rows;
        let mut local = *sums;
        // One zip of all: no index is checked in this loop.
        let factors = r0.iter().zip(r1).zip(r2).zip(r3).zip(r4).zip(r5).zip(panel);
        for ((((((&a0, &a1), &a2), &a3), &a4), &a5), b) in factors {
            let b = *b;
            for (sums, a) in local.iter_mut().zip([a0, a1, a2, a3, a4, a5]) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = S::mul_add(a, b, *sum);
                }
            }
        }
        *sums = local;
    }
}
