//! Where the tokens of a window lie, and which of its queries are answered together.

use crate::gemm::PANEL;
use std::ops::Range;

/// Queries that are answered together: six panels. Reading keys and values once for them costs
/// little.
const QUERIES: usize = 6 * PANEL;

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

/// One head in one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    row: usize,
    column: usize,
    pub(super) head: usize,
}

impl Windows {
    /// Tokens of a window.
    pub fn tokens(&self) -> usize {
        self.size * self.size
    }

    /// Number of groups: one for each head in each window.
    pub fn groups(&self) -> usize {
        self.height.div_ceil(self.size) * self.width.div_ceil(self.size) * self.heads
    }

    /// A group by its number; the heads of a window follow one another.
    pub(super) fn group(&self, number: usize) -> Group {
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

    /// The queries of a part, as tokens of the window: none of the rows that lie beyond the grid.
    pub(super) fn queries(&self, group: Group, part: usize) -> Range<usize> {
        let rows = self.size.min(self.height - group.row);
        let end = rows * self.size;
        (part * QUERIES).min(end)..((part + 1) * QUERIES).min(end)
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

/// What of a token is meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Query,
    Key,
    Value,
}

impl<'a> Projected<'a> {
    /// The query, key or value of a token of a window.
    pub(super) fn vector(
        &self,
        windows: &Windows,
        group: Group,
        part: Part,
        index: usize,
    ) -> &'a [f32] {
        let dim = windows.heads * windows.head;
        let row = match windows.place(group, index) {
            Some(place) => &self.tokens[place * 3 * dim..],
            None => self.padding,
        };
        &row[part as usize * dim + group.head * windows.head..][..windows.head]
    }
}
