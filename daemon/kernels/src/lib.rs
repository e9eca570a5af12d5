//! What the CPU does most of its time when it embeds, written for that.
//!
//! ONNX Runtime's graphs of these encoders write every intermediate result to memory and read it
//! back: scores of attention, inputs of activations, wide pictures. The kernels here keep them in the
//! cache of a core, and arrange what they multiply in the order in which it is read. Both together
//! take about a quarter off the time of ViT-B and of LiteMedSAM. `medicosamd bench` shows what it is
//! worth on a machine.
//!
//! Everything is plain Rust over rows of numbers: [`gemm`] is the inner loop, [`simd`] says how it
//! becomes vector instructions. Threads are the caller's: each function computes a part of a result
//! that the others do not touch. The daemon's graphs call them as operators of ONNX Runtime.
//!
//! A crate of its own because these loops need the highest level of optimisation even in a build
//! for tests, and nothing else does.

pub mod attention;
pub mod bottleneck;
pub mod gemm;
pub mod linear;
mod math;
mod scratch;
pub mod simd;
