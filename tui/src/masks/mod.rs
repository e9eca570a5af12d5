//! Masks as a reviewer needs them: cut in any plane, measured, compared.
//!
//! A mask set is kept as runs in slices across one axis. Nothing here makes a volume of it: runs
//! are cut, counted and joined as they are.

mod bars;
mod compare;
mod cut;
mod measure;
mod parts;

pub use compare::{changes, dice};
pub use cut::{bounds, cut};
pub use measure::Measures;

#[cfg(test)]
mod testing;
