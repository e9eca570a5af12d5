//! Writes ONNX models: a [`GraphBuilder`] with one method per operator, and the file format. Of
//! files that others wrote, reads their inputs and outputs ([`GraphFile`]).
//!
//! The file is a protobuf `ModelProto`; the field numbers are those of `onnx.proto3` of ONNX 1.15.
//! Only operators of the standard domain are written, so that every execution provider can run
//! the graph; they are arranged as ONNX Runtime's optimizer expects them, so that it finds what it
//! can fuse (`Add` + `Gelu`, `Transpose` + `MatMul`, convolution layouts).
//!
//! Protobuf readers stop at 2 GiB. A model that would pass that keeps its large constants in a file
//! of its own beside it, as ONNX provides for ("external data").

mod builder;
mod file;
mod inspect;
mod ops;
mod protobuf;
#[cfg(test)]
pub(crate) mod reader;
mod types;

pub use builder::{Dim, GraphBuilder, Value};
pub use file::{Model, OnnxError, SavedFile};
pub use inspect::{GraphFile, InspectError, Port};
pub use ops::{Conv, DOMAIN};
pub use types::Float;

/// Version of the operator set: the first with `Gelu` as an operator of its own.
pub const OPSET: i64 = 20;

/// Version of the file format that belongs to [`OPSET`].
const IR_VERSION: i64 = 9;
