//! Voxel types, and voxels in memory as they are in the file.
//!
//! Voxels keep the file's type: a CT of 512×512×600 in int16 takes 315 MB this way, as f64 it
//! would take four times that. They become `f32` one slice at a time.

use super::bytes::Contents;
use super::problem::Problem;

/// Bytes decoded at once.
const CHUNK: usize = 256 << 10;

/// Voxel types that can be read: those that are one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum VoxelType {
    Uint8,
    Int8,
    Uint16,
    Int16,
    Uint32,
    Int32,
    Uint64,
    Int64,
    Float32,
    Float64,
}

impl VoxelType {
    /// All of them.
    pub const ALL: [VoxelType; 10] = [
        Self::Uint8,
        Self::Int8,
        Self::Uint16,
        Self::Int16,
        Self::Uint32,
        Self::Int32,
        Self::Uint64,
        Self::Int64,
        Self::Float32,
        Self::Float64,
    ];

    /// Whether a type has this name.
    pub fn is_name(name: &str) -> bool {
        Self::ALL.into_iter().any(|known| known.name() == name)
    }

    /// Its usual name, for example `int16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Int8 => "int8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Uint32 => "uint32",
            Self::Int32 => "int32",
            Self::Uint64 => "uint64",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// Bytes of one voxel.
    pub fn size(self) -> u32 {
        match self {
            Self::Uint8 | Self::Int8 => 1,
            Self::Uint16 | Self::Int16 => 2,
            Self::Uint32 | Self::Int32 | Self::Float32 => 4,
            Self::Uint64 | Self::Int64 | Self::Float64 => 8,
        }
    }
}

/// Byte order of the voxels (and of the header).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// A number that a voxel can be.
pub(super) trait Voxel: Copy {
    /// Its size.
    const BYTES: usize;

    /// From [`Self::BYTES`] bytes.
    fn decode(bytes: &[u8], order: ByteOrder) -> Self;

    /// Its value; integers above 2^53 lose their last digits.
    fn to_f64(self) -> f64;

    /// A whole number of [`Self::BYTES`] bytes that sorts as the values do, the same for −0 and
    /// 0; `None` for infinities and NaN.
    fn to_key(self) -> Option<u64>;

    /// The value of a key.
    fn from_key(key: u64) -> f64;
}

macro_rules! integer_voxel {
    ($type:ty, $unsigned:ty) => {
        impl Voxel for $type {
            const BYTES: usize = size_of::<$type>();

            #[inline]
            fn decode(bytes: &[u8], order: ByteOrder) -> Self {
                let mut array = [0; size_of::<$type>()];
                array.copy_from_slice(bytes);
                match order {
                    ByteOrder::Little => <$type>::from_le_bytes(array),
                    ByteOrder::Big => <$type>::from_be_bytes(array),
                }
            }

            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline]
            fn to_key(self) -> Option<u64> {
                // Wraps MIN to 0 and MAX to the largest unsigned number.
                Some(u64::from(
                    (self as $unsigned).wrapping_sub(<$type>::MIN as $unsigned),
                ))
            }

            #[inline]
            fn from_key(key: u64) -> f64 {
                ((key as $unsigned).wrapping_add(<$type>::MIN as $unsigned) as $type) as f64
            }
        }
    };
}

integer_voxel!(u8, u8);
integer_voxel!(i8, u8);
integer_voxel!(u16, u16);
integer_voxel!(i16, u16);
integer_voxel!(u32, u32);
integer_voxel!(i32, u32);
integer_voxel!(u64, u64);
integer_voxel!(i64, u64);

macro_rules! float_voxel {
    ($type:ty, $unsigned:ty) => {
        impl Voxel for $type {
            const BYTES: usize = size_of::<$type>();

            #[inline]
            fn decode(bytes: &[u8], order: ByteOrder) -> Self {
                <$type>::from_bits(<$unsigned>::decode(bytes, order))
            }

            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn to_key(self) -> Option<u64> {
                const SIGN: $unsigned = 1 << (<$unsigned>::BITS - 1);
                if !self.is_finite() {
                    return None;
                }
                // Adding 0 turns −0 into 0.
                let bits = (self + 0.0).to_bits();
                // IEEE 754 numbers sort as sign and magnitude do.
                let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                Some(u64::from(key))
            }

            #[inline]
            fn from_key(key: u64) -> f64 {
                const SIGN: $unsigned = 1 << (<$unsigned>::BITS - 1);
                let key = key as $unsigned;
                let bits = if key & SIGN == 0 { !key } else { key & !SIGN };
                f64::from(<$type>::from_bits(bits))
            }
        }
    };
}

float_voxel!(f32, u32);
float_voxel!(f64, u64);

/// All voxels of a volume in file order, in the file's type and the machine's byte order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Voxels {
    Uint8(Vec<u8>),
    Int8(Vec<i8>),
    Uint16(Vec<u16>),
    Int16(Vec<i16>),
    Uint32(Vec<u32>),
    Int32(Vec<i32>),
    Uint64(Vec<u64>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
}

/// Evaluates `$body` with `$values` bound to the voxels as a slice of their own type.
macro_rules! with_voxels {
    ($voxels:expr, $values:ident => $body:expr) => {
        match $voxels {
            $crate::scan::voxels::Voxels::Uint8($values) => $body,
            $crate::scan::voxels::Voxels::Int8($values) => $body,
            $crate::scan::voxels::Voxels::Uint16($values) => $body,
            $crate::scan::voxels::Voxels::Int16($values) => $body,
            $crate::scan::voxels::Voxels::Uint32($values) => $body,
            $crate::scan::voxels::Voxels::Int32($values) => $body,
            $crate::scan::voxels::Voxels::Uint64($values) => $body,
            $crate::scan::voxels::Voxels::Int64($values) => $body,
            $crate::scan::voxels::Voxels::Float32($values) => $body,
            $crate::scan::voxels::Voxels::Float64($values) => $body,
        }
    };
}
pub(super) use with_voxels;

impl Voxels {
    /// Reads `count` voxels.
    pub(super) fn read(
        from: &mut Contents<'_>,
        count: u64,
        voxel_type: VoxelType,
        order: ByteOrder,
    ) -> Result<Self, Problem> {
        Ok(match voxel_type {
            VoxelType::Uint8 => Voxels::Uint8(read(from, count, order)?),
            VoxelType::Int8 => Voxels::Int8(read(from, count, order)?),
            VoxelType::Uint16 => Voxels::Uint16(read(from, count, order)?),
            VoxelType::Int16 => Voxels::Int16(read(from, count, order)?),
            VoxelType::Uint32 => Voxels::Uint32(read(from, count, order)?),
            VoxelType::Int32 => Voxels::Int32(read(from, count, order)?),
            VoxelType::Uint64 => Voxels::Uint64(read(from, count, order)?),
            VoxelType::Int64 => Voxels::Int64(read(from, count, order)?),
            VoxelType::Float32 => Voxels::Float32(read(from, count, order)?),
            VoxelType::Float64 => Voxels::Float64(read(from, count, order)?),
        })
    }
}

fn read<T: Voxel>(
    from: &mut Contents<'_>,
    count: u64,
    order: ByteOrder,
) -> Result<Vec<T>, Problem> {
    let mut buffer = vec![0; CHUNK];
    let mut voxels: Vec<T> = Vec::new();
    loop {
        let missing = count - voxels.len() as u64;
        if missing == 0 {
            return Ok(voxels);
        }
        let want = usize::try_from(missing)
            .unwrap_or(usize::MAX)
            .saturating_mul(T::BYTES)
            .min(CHUNK);
        let got = from.fill(&mut buffer[..want])?;
        let whole = buffer[..got].chunks_exact(T::BYTES);
        grow(&mut voxels, whole.len(), missing)?;
        // Two loops, so that neither asks for the byte order at each voxel.
        match order {
            ByteOrder::Little => voxels.extend(whole.map(|b| T::decode(b, ByteOrder::Little))),
            ByteOrder::Big => voxels.extend(whole.map(|b| T::decode(b, ByteOrder::Big))),
        }
        if got < want {
            return Err(Problem::Truncated {
                expected: count * T::BYTES as u64,
                found: (voxels.len() * T::BYTES + got % T::BYTES) as u64,
            });
        }
    }
}

/// Makes room for `more` voxels. Memory grows with what was really read, doubling, and never
/// beyond the `missing` voxels that are still to come: a lying header reserves nothing.
fn grow<T>(voxels: &mut Vec<T>, more: usize, missing: u64) -> Result<(), Problem> {
    if voxels.capacity() - voxels.len() >= more {
        return Ok(());
    }
    let missing = usize::try_from(missing).unwrap_or(usize::MAX);
    let additional = voxels.len().max(more).min(missing);
    voxels
        .try_reserve_exact(additional)
        .map_err(|_| Problem::OutOfMemory {
            bytes: additional as u64 * size_of::<T>() as u64,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts<T: Voxel + PartialOrd + std::fmt::Debug>(ascending: &[T]) {
        for pair in ascending.windows(2) {
            assert!(pair[0].to_key() < pair[1].to_key(), "{pair:?}");
        }
        for &v in ascending {
            assert_eq!(T::from_key(v.to_key().unwrap()), v.to_f64());
        }
    }

    #[test]
    fn keys_sort_as_values_do_and_come_back() {
        sorts(&[0u8, 1, 255]);
        sorts(&[i8::MIN, -1, 0, 1, i8::MAX]);
        sorts(&[i16::MIN, -1, 0, 1, i16::MAX]);
        sorts(&[0u32, 7, u32::MAX]);
        sorts(&[i32::MIN, -1, 0, i32::MAX]);
        sorts(&[0u64, 1 << 40, u64::MAX]);
        sorts(&[i64::MIN, -(1 << 40), 0, 5, i64::MAX]);
        sorts(&[f32::MIN, -1.5, -1e-40, 0.0, 1e-40, 1.5, f32::MAX]);
        sorts(&[f64::MIN, -1.5, 0.0, 2e-310, 1.5, f64::MAX]);
    }

    #[test]
    fn only_finite_numbers_have_keys_and_minus_zero_is_zero() {
        assert_eq!(f32::NAN.to_key(), None);
        assert_eq!(f64::INFINITY.to_key(), None);
        assert_eq!((-0.0f32).to_key(), 0.0f32.to_key());
    }
}
