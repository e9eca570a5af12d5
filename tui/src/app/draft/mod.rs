//! Segmenting again: what is drawn, and the draft that it changes.

pub mod drafting;
pub mod edit;
pub mod prompting;
