//! Runs models: ONNX Runtime, devices, and the slices and prompts that go through the graphs.

pub mod answer;
mod batch;
mod decoder;
pub mod device;
mod encoder;
pub mod error;
mod operators;
pub mod probe;
pub mod provider;
pub mod runtime;
pub mod runtime_error;
pub mod sam;
mod session;
pub mod yardstick;
