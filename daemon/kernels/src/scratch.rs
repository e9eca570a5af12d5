//! Memory that a thread uses again and again: fresh memory would be cleared by the system and by
//! us, each time, which takes as long as a tenth of a product.

use super::gemm::{PanelRow, TileColumn};
use std::cell::Cell;

/// What a linear layer needs while it works.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Its input in tiles.
    pub tiles: Vec<TileColumn>,
    /// Sums of some panels.
    pub sums: Vec<PanelRow>,
}

impl Scratch {
    /// Makes room; what is in it is left from before.
    pub fn room(&mut self, tiles: usize, sums: usize) -> (&mut [TileColumn], &mut [PanelRow]) {
        fn at_least<T: Copy>(memory: &mut Vec<T>, length: usize, nothing: T) -> &mut [T] {
            if memory.len() < length {
                memory.resize(length, nothing);
            }
            &mut memory[..length]
        }
        (
            at_least(&mut self.tiles, tiles, [0.0; _]),
            at_least(&mut self.sums, sums, [0.0; _]),
        )
    }
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// Lends the thread's memory to `work`.
pub fn with<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take();
    let result = work(&mut scratch);
    SCRATCH.set(scratch);
    result
}
