//! What the CPU does most of its time when it embeds, written for that.
//!
//! ONNX Runtime's matrix products reach about 85 % of what the processor can do, and between them
//! its graphs of these encoders write every intermediate result to memory and read it back: scores
//! of attention, inputs of activations, wide pictures. The kernels here keep them in the cache of a
//! core. `medicosamd bench` shows what that is worth on a machine; `docs/models.md` has figures.
//!
//! Everything is plain, safe Rust over rows of numbers ([`gemm`] is the inner loop, [`simd`] says
//! how it becomes vector instructions), and [`operators`] lets graphs call it.

pub mod attention;
pub mod bottleneck;
pub mod gemm;
pub mod linear;
mod math;
pub mod operators;
mod simd;
