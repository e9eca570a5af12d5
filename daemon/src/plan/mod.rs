//! What is done with a file: which profile it has, which scans it holds, what is asked about them.

mod choice;
#[cfg(test)]
mod documentation;

pub use choice::{Choice, PassedOver, choose, values};
