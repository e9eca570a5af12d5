//! Multi-head attention among the tokens of windows.

use super::{Feature, Grid, Network};
use crate::model::graph::{Form, GraphError};
use crate::model::onnx::Value;

/// An attention: softmax(query · keyᵀ + bias) · value, for each window and head.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowAttention {
    /// The layer in the checkpoint, for messages.
    pub name: String,
    /// Tokens per side of a window. Windows lie side by side from the upper left corner on; one of
    /// the grid's size is attention among all tokens.
    pub window: usize,
    /// Attention heads.
    pub heads: usize,
    /// Queries, keys and values of the tokens that fill the windows that reach beyond the grid,
    /// (3·channels). They take part like all others.
    pub padding: Vec<f32>,
    /// The bias of the scores.
    pub bias: AttentionBias,
}

/// The bias of the score of a pair of positions in a window.
#[derive(Debug, Clone, PartialEq)]
pub enum AttentionBias {
    /// A number for each head and pair, (heads, window², window²): queries first.
    Pairs(Vec<f32>),
    /// The products of the query with the entries of two tables, (2·window − 1, head), for the
    /// distances of rows and of columns: query − key + window − 1.
    RelativePositions {
        /// For distances of rows.
        rows: Vec<f32>,
        /// For distances of columns.
        columns: Vec<f32>,
    },
}

/// In windows of more tokens than this, one head is computed after the other: the scores of all heads
/// of a ViT-B's whole image would take 805 MB, several times over.
const MANY_TOKENS: usize = 1024;

/// An [`AttentionBias`] in the graph.
#[derive(Clone, Copy)]
enum Bias {
    /// (heads, window², window²)
    Pairs(Value),
    /// For pairs of positions, (query, head, key).
    RelativePositions { rows: Value, columns: Value },
}

/// Lengths of axes, as operators take them.
#[derive(Clone, Copy)]
struct Lengths {
    /// Tokens per side of the grid.
    grid: i64,
    /// Rows and columns of the windows beyond it.
    padding: i64,
    /// Windows per side.
    count: i64,
    /// Tokens per side of a window.
    window: i64,
    heads: i64,
    /// Channels per head.
    head: i64,
}

impl Network<'_> {
    /// Attention among tokens given by their queries, keys and values, (B·side², 3·channels): those
    /// of all heads one after another, queries before keys before values, the queries scaled.
    /// Gives (B·side², channels).
    pub fn window_attention(
        &mut self,
        qkv: Feature,
        attention: WindowAttention,
    ) -> Result<Feature, GraphError> {
        if self.form == Form::Kernels {
            return Ok(self.fused_attention(qkv, attention));
        }
        let qkv = self.rows(qkv);
        let qkv = self.narrow(qkv);
        let Grid { side, dim } = qkv.grid;
        let dim = dim / 3;
        let WindowAttention {
            name,
            window,
            heads,
            padding,
            bias,
        } = attention;
        let count = side.div_ceil(window);
        let lengths = Lengths {
            grid: side as i64,
            padding: (count * window - side) as i64,
            count: count as i64,
            window: window as i64,
            heads: heads as i64,
            head: (dim / heads) as i64,
        };
        let padding = self.constant(&name, &[3 * dim], padding)?;
        let qkv_of_windows = self.windows(qkv.value, padding, lengths);
        let bias = self.bias(&name, bias, window, [heads, dim / heads])?;
        let by_head = window * window > MANY_TOKENS;
        let value = match bias {
            Bias::RelativePositions { .. } if by_head => {
                let of_head = |head: i64| {
                    let qkv =
                        qkv_of_windows.map(|x| self.layers.g.slice(x, &[1], &[head], &[head + 1]));
                    self.attend(
                        qkv,
                        bias,
                        Lengths {
                            heads: 1,
                            ..lengths
                        },
                    )
                };
                let of_heads: Vec<Value> = (0..lengths.heads).map(of_head).collect();
                self.layers.g.concat(&of_heads, 1)
            }
            _ => self.attend(qkv_of_windows, bias, lengths),
        };
        let grid = Grid { side, dim };
        Ok(Feature {
            value: self.join(value, lengths),
            grid,
            ..qkv
        })
    }

    /// The bias as constants of the graph. `heads` is their number and length.
    fn bias(
        &mut self,
        name: &str,
        bias: AttentionBias,
        window: usize,
        [heads, head]: [usize; 2],
    ) -> Result<Bias, GraphError> {
        Ok(match bias {
            AttentionBias::Pairs(pairs) => {
                let shape = [heads, window * window, window * window];
                Bias::Pairs(self.layers.g.constant(&shape, pairs))
            }
            AttentionBias::RelativePositions { rows, columns } => {
                let shape = [window, head, window];
                let mut entries =
                    |table: Vec<f32>| self.constant(name, &shape, positions(&table, window, head));
                Bias::RelativePositions {
                    rows: entries(rows)?,
                    columns: entries(columns)?,
                }
            }
        })
    }

    /// softmax(query · keyᵀ + bias) · value, each (B·count², heads, window², head).
    fn attend(&mut self, [query, key, value]: [Value; 3], bias: Bias, lengths: Lengths) -> Value {
        let g = &mut self.layers.g;
        let key = g.transpose(key, &[0, 1, 3, 2]);
        let scores = g.matmul(query, key);
        let scores = self.widen_value(scores);
        let scores = match bias {
            Bias::Pairs(pairs) => self.layers.g.add(scores, pairs),
            Bias::RelativePositions { rows, columns } => {
                self.add_relative_positions(scores, query, [rows, columns], lengths)
            }
        };
        let weights = self.layers.g.softmax(scores);
        let weights = self.narrow_value(weights);
        self.layers.g.matmul(weights, value)
    }

    /// (B·grid², 3·channels) → three times (B·count², heads, window², head).
    fn windows(&mut self, qkv: Value, padding: Value, lengths: Lengths) -> [Value; 3] {
        let Lengths {
            grid: n,
            padding: p,
            count: m,
            window: w,
            heads: h,
            head: d,
        } = lengths;
        let g = &mut self.layers.g;
        let x = if p > 0 {
            let x = g.reshape(qkv, &[-1, n, n, 3 * h * d]);
            let x = g.pad_end(x, &[0, p, p, 0]);
            let inside = |at: i64| if at < n { 1.0 } else { 0.0 };
            let of_row = |y| (0..n + p).map(move |x| inside(x) * inside(y));
            let within = g.constant(
                &[(n + p) as usize, (n + p) as usize, 1],
                (0..n + p).flat_map(of_row).collect(),
            );
            g.choose(within, x, padding)
        } else {
            qkv
        };
        let x = g.reshape(x, &[-1, m, w, m, w, 3, h, d]);
        let x = g.transpose(x, &[5, 0, 1, 3, 6, 2, 4, 7]);
        // The first axis is all queries, then all keys, then all values.
        let x = g.reshape(x, &[-1, h, w * w, d]);
        g.split(x, 0)
    }

    /// The way back: (B·count², heads, window², head) → (B·grid², channels).
    fn join(&mut self, x: Value, lengths: Lengths) -> Value {
        let Lengths {
            grid: n,
            padding: p,
            count: m,
            window: w,
            heads: h,
            head: d,
        } = lengths;
        let g = &mut self.layers.g;
        let x = g.reshape(x, &[-1, m, m, h, w, w, d]);
        let x = g.transpose(x, &[0, 1, 4, 2, 5, 3, 6]);
        let x = if p > 0 {
            let x = g.reshape(x, &[-1, n + p, n + p, h * d]);
            g.slice(x, &[1, 2], &[0, 0], &[n, n])
        } else {
            x
        };
        g.reshape(x, &[-1, h * d])
    }

    /// Adds to the score of query (i, j) and key (k, l) the products of the query with the entries
    /// for the pairs (i, k) and (j, l), each (window, head, window).
    fn add_relative_positions(
        &mut self,
        scores: Value,
        query: Value,
        [rows, columns]: [Value; 2],
        lengths: Lengths,
    ) -> Value {
        let Lengths {
            window: w,
            heads: h,
            head: d,
            ..
        } = lengths;
        let g = &mut self.layers.g;
        // (B·count², heads, i, j, head)
        let query = g.reshape(query, &[-1, h, w, w, d]);
        let of_rows = g.matmul(query, rows);
        let by_columns = g.transpose(query, &[0, 1, 3, 2, 4]);
        let of_columns = g.matmul(by_columns, columns);
        let of_columns = g.transpose(of_columns, &[0, 1, 3, 2, 4]);
        let [of_rows, of_columns] = [of_rows, of_columns].map(|x| self.widen_value(x));
        let g = &mut self.layers.g;
        let of_rows = g.reshape(of_rows, &[-1, h, w * w, w, 1]);
        let of_columns = g.reshape(of_columns, &[-1, h, w * w, 1, w]);
        let scores = g.reshape(scores, &[-1, h, w * w, w, w]);
        let scores = g.add(scores, of_rows);
        let scores = g.add(scores, of_columns);
        g.reshape(scores, &[-1, h, w * w, w * w])
    }
}

/// The entries of a table of distances, (2·window − 1, head), for all pairs of positions,
/// (query, head, key).
fn positions(table: &[f32], window: usize, head: usize) -> Vec<f32> {
    let mut pairs = Vec::with_capacity(window * head * window);
    for query in 0..window {
        for channel in 0..head {
            let entry = |key: usize| table[(query + window - 1 - key) * head + channel];
            pairs.extend((0..window).map(entry));
        }
    }
    pairs
}
