//! Segmenting again: what is drawn, and the draft that it changes.

pub mod answers;
mod asking;
pub mod drafting;
pub mod edit;
pub mod known;
mod lost;
pub mod painting;
pub mod prompting;
mod refused;
pub mod spreading;
#[cfg(test)]
mod tests;
pub mod tool;
