//! What is added to the score of a key and a query.

use super::NOTHING;
use crate::gemm::{Onto, PANEL, PanelRow, TILE, TileColumn, Tiles, pack_tiles, product};
use crate::simd::vectorised;
use std::ops::Range;

/// What is added to the scores of a window.
#[derive(Debug, Clone)]
pub enum Bias<'a> {
    /// Given for each pair, see [`pack_pairs`].
    Pairs(&'a [PanelRow]),
    /// Follows from the query, and how far the key is from it.
    Relative(Relative),
}

/// Arranges numbers for pairs, (heads, query, key) with `tokens` of each: for each head, and each
/// panel of queries, a row for each key. Keys that fill the last tile weigh nothing.
pub fn pack_pairs(pairs: &[f32], heads: usize, tokens: usize) -> Vec<PanelRow> {
    let mut packed = Vec::new();
    for of_head in pairs.chunks_exact(tokens * tokens).take(heads) {
        for first in (0..tokens).step_by(PANEL) {
            let pair = |query: usize, key: usize| match query < tokens && key < tokens {
                true => of_head[query * tokens + key],
                false if key < tokens => 0.0,
                false => NOTHING,
            };
            let row = |key: usize| std::array::from_fn(|lane| pair(first + lane, key));
            packed.extend((0..tokens.next_multiple_of(TILE)).map(row));
        }
    }
    packed
}

/// SAM's decomposed relative positions: the query times a vector for the distance in rows plus
/// the query times one for the distance in columns.
#[derive(Debug, Clone)]
pub struct Relative {
    /// The vectors for distances in rows, then those for distances in columns.
    tiles: Vec<TileColumn>,
    size: usize,
    head: usize,
}

impl Relative {
    /// From two tables, one after another, (2·size − 1, head) each, whose row r is for a query
    /// r − size + 1 steps below or right of the key.
    pub fn new(tables: &[f32], size: usize, head: usize) -> Self {
        let distances = 2 * size - 1;
        let per_table = distances.div_ceil(TILE) * head;
        let mut tiles = vec![[0.0; TILE]; 2 * per_table];
        let tables = tables.chunks_exact(distances * head);
        for (table, tiles) in tables.zip(tiles.chunks_exact_mut(per_table)) {
            pack_tiles(table, head, None, tiles);
        }
        Relative { tiles, size, head }
    }
}

/// What is added to the scores of the queries of one part.
pub(super) enum OfQueries<'a> {
    /// For each panel of queries a row for each key.
    Pairs { panels: &'a [PanelRow], keys: usize },
    /// For each panel of queries a row for each row of the window, and one for each column.
    Relative {
        rows: Vec<PanelRow>,
        columns: Vec<PanelRow>,
        size: usize,
    },
}

impl Bias<'_> {
    /// For these tokens as queries of a head, given in panels of `head` rows.
    pub(super) fn of(
        &self,
        head: usize,
        window: usize,
        tokens: Range<usize>,
        queries: &[PanelRow],
    ) -> OfQueries<'_> {
        match self {
            Bias::Pairs(panels) => {
                let keys = window.next_multiple_of(TILE);
                let per_head = window.div_ceil(PANEL) * keys;
                let first = head * per_head + tokens.start / PANEL * keys;
                OfQueries::Pairs {
                    panels: &panels[first..],
                    keys,
                }
            }
            Bias::Relative(relative) => relative.of(tokens.start, queries),
        }
    }
}

impl Relative {
    fn of(&self, first: usize, queries: &[PanelRow]) -> OfQueries<'static> {
        let Relative { size, head, .. } = *self;
        let panels = queries.len() / head;
        let rows = self.tiles.len() / head * TILE;
        let mut products = vec![[0.0; PANEL]; panels * rows];
        product(
            Tiles::new(&self.tiles, head),
            queries,
            Onto::Zero,
            &mut products,
        );
        let mut by_row = vec![[0.0; PANEL]; panels * size];
        let mut by_column = by_row.clone();
        let panels = by_row
            .chunks_exact_mut(size)
            .zip(by_column.chunks_exact_mut(size));
        for ((panel, (by_row, by_column)), products) in
            panels.enumerate().zip(products.chunks_exact(rows))
        {
            let (row_products, column_products) = products.split_at(rows / 2);
            for lane in 0..PANEL {
                // Queries that only fill a panel may lie beyond the window.
                let token = (first + panel * PANEL + lane).min(size * size - 1);
                let (row, column) = (token / size, token % size);
                for key in 0..size {
                    by_row[key][lane] = row_products[row + size - 1 - key][lane];
                    by_column[key][lane] = column_products[column + size - 1 - key][lane];
                }
            }
        }
        OfQueries::Relative {
            rows: by_row,
            columns: by_column,
            size,
        }
    }
}

impl OfQueries<'_> {
    /// Adds to the scores of a panel of queries, a row for each of the keys, what belongs to them,
    /// and raises the maximum of each query so far.
    pub(super) fn add(
        &self,
        panel: usize,
        keys: Range<usize>,
        scores: &mut [PanelRow],
        maximum: &mut PanelRow,
    ) {
        match self {
            OfQueries::Pairs {
                panels,
                keys: all_keys,
            } => add_pairs(&panels[panel * all_keys..][keys], scores, maximum),
            OfQueries::Relative {
                rows,
                columns,
                size,
            } => {
                let of_panel = panel * size..(panel + 1) * size;
                let (rows, columns) = (&rows[of_panel.clone()], &columns[of_panel]);
                add_relative(rows, columns, keys.start, scores, maximum);
            }
        }
    }
}

vectorised! {
    fn add_pairs<S>(pairs: &[PanelRow], scores: &mut [PanelRow], maximum: &mut PanelRow) {
        let mut highest = *maximum;
        for (scores, pairs) in scores.iter_mut().zip(pairs) {
            for ((score, pair), highest) in scores.iter_mut().zip(pairs).zip(&mut highest) {
                *score += pair;
                *highest = if *score > *highest { *score } else { *highest };
            }
        }
        *maximum = highest;
    }
}

vectorised! {
    /// For the keys from `first` on. Keys beyond the window weigh nothing.
    fn add_relative<S>(
        rows: &[PanelRow],
        columns: &[PanelRow],
        first: usize,
        scores: &mut [PanelRow],
        maximum: &mut PanelRow,
    ) {
        let size = columns.len();
        let (mut row, mut start) = (first / size, first % size);
        let mut scores = scores;
        let mut highest = *maximum;
        while !scores.is_empty() && row < size {
            let count = (size - start).min(scores.len());
            let (now, rest) = scores.split_at_mut(count);
            let of_row = rows[row];
            for (scores, column) in now.iter_mut().zip(&columns[start..]) {
                for lane in 0..PANEL {
                    let score = scores[lane] + (of_row[lane] + column[lane]);
                    scores[lane] = score;
                    highest[lane] = if score > highest[lane] { score } else { highest[lane] };
                }
            }
            (scores, row, start) = (rest, row + 1, 0);
        }
        scores.fill([NOTHING; PANEL]);
        *maximum = highest;
    }
}
