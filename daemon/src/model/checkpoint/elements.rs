//! Raw numbers of a storage as 32-bit floats.

use super::error::CheckpointProblem;
use crate::model::half;

/// Type of the elements in a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// IEEE half.
    F16,
    /// bfloat16.
    BF16,
    /// A type that no weight of these models has: integers, truth values, 8-bit floats.
    Other {
        /// Size of an element in bytes.
        bytes: usize,
    },
}

impl DType {
    /// Size of an element in bytes.
    pub fn bytes(self) -> usize {
        match self {
            DType::F64 => 8,
            DType::F32 => 4,
            DType::F16 | DType::BF16 => 2,
            DType::Other { bytes } => bytes,
        }
    }
}

/// Where the elements of a tensor lie in a storage; all numbers count elements. It is what a file
/// claims: nothing is checked yet against the bytes that are really there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Type of the elements.
    pub dtype: DType,
    /// Elements before the first one of the tensor.
    pub offset: usize,
    /// Length of each axis, slowest first.
    pub shape: Vec<usize>,
    /// Elements between neighbours along each axis.
    pub stride: Vec<usize>,
}

impl View {
    /// The elements that the view spans, first to one past the last, or `None` if there can be no
    /// such view in a storage of `available` elements.
    fn span(&self, available: usize) -> Option<(usize, usize)> {
        let count = self
            .shape
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d))?;
        // A view may repeat elements by stride 0; a weight never does, and a lie could claim
        // terabytes that way.
        if count > available {
            return None;
        }
        if count == 0 {
            return Some((0, 0));
        }
        let mut axes = self.shape.iter().zip(&self.stride);
        let last = axes.try_fold(self.offset, |at, (&d, &s)| {
            at.checked_add((d - 1).checked_mul(s)?)
        })?;
        (last < available).then_some((self.offset, last + 1))
    }

    /// The bytes that the view spans in a storage of `available` bytes: the first, and how many.
    pub fn bytes(&self, tensor: &str, available: u64) -> Result<(u64, usize), CheckpointProblem> {
        let size = self.dtype.bytes();
        let elements = usize::try_from(available).unwrap_or(usize::MAX) / size;
        let (from, to) = self
            .span(elements)
            .ok_or_else(|| CheckpointProblem::OutsideStorage {
                tensor: tensor.to_owned(),
                shape: self.shape.clone(),
                available,
            })?;
        Ok(((from * size) as u64, (to - from) * size))
    }

    /// The elements, row-major, from the bytes that [`Self::bytes`] names.
    pub fn gather(&self, tensor: &str, bytes: &[u8]) -> Result<Vec<f32>, CheckpointProblem> {
        let element: fn(&[u8]) -> f32 = match self.dtype {
            DType::F64 => |b| f64::from_le_bytes(array(b)) as f32,
            DType::F32 => |b| f32::from_le_bytes(array(b)),
            DType::F16 => |b| half::f16_to_f32(u16::from_le_bytes(array(b))),
            DType::BF16 => |b| half::bf16_to_f32(u16::from_le_bytes(array(b))),
            DType::Other { .. } => {
                return Err(CheckpointProblem::NotFloat {
                    tensor: tensor.to_owned(),
                });
            }
        };
        let size = self.dtype.bytes();
        if self.is_contiguous() {
            return Ok(bytes.chunks_exact(size).map(element).collect());
        }
        let count = self.shape.iter().product();
        let mut data = Vec::with_capacity(count);
        let mut index = vec![0; self.shape.len()];
        for _ in 0..count {
            let at: usize = index.iter().zip(&self.stride).map(|(i, s)| i * s).sum();
            data.push(element(&bytes[at * size..(at + 1) * size]));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < self.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Ok(data)
    }

    /// Whether the elements lie one after another, in row-major order.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1usize;
        self.shape
            .iter()
            .zip(&self.stride)
            .rev()
            .all(|(&length, &stride)| {
                let fits = length == 1 || stride == expected;
                expected = expected.saturating_mul(length);
                fits
            })
    }
}

/// The first `N` bytes of an element, which has exactly as many.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}
