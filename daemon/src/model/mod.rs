//! Models: from a published checkpoint to masks.

pub mod checkpoint;
pub mod graph;
pub mod onnx;
