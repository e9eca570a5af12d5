//! The types of numbers in a graph.

/// `TensorProto.DataType.FLOAT`.
pub(super) const FLOAT: i64 = 1;
/// `TensorProto.DataType.INT64`.
pub(super) const INT64: i64 = 7;
/// `TensorProto.DataType.BOOL`.
pub(super) const BOOL: i64 = 9;
/// `TensorProto.DataType.FLOAT16`.
const FLOAT16: i64 = 10;

/// Type of floats in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Float {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
}

impl Float {
    /// Its `TensorProto.DataType`.
    pub(super) fn data_type(self) -> i64 {
        match self {
            Float::F32 => FLOAT,
            Float::F16 => FLOAT16,
        }
    }
}
