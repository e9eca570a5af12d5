//! Running models: ONNX Runtime, devices, and the slices and prompts that go through the graphs.

pub mod answer;
mod batch;
pub mod device;
mod operators;
pub mod probe;
pub mod provider;
pub mod runtime;
pub mod sam;
pub mod session;
pub mod yardstick;
