//! The file of one embedding: a mark, sizes, values, a checksum; all little-endian.
//!
//! ```text
//! "MSAMEMB2"                                     8 bytes
//! width, height of the picture                   2 × u32
//! channels, rows, columns of the embedding       3 × u32
//! bits of a value: 16 or 32                      u32
//! values, columns fastest                        f16 or f32 (IEEE 754) each
//! CRC-32 of all that is above                    u32
//! ```
//!
//! Values are f16, which no mask notices (`docs/architecture.md` has the figures) and which takes
//! half the room; an embedding with a value that f16 cannot hold is kept as f32.
//!
//! Nothing is compressed: of the f16 values of real slices, deflate takes away 8 %, and 16 % with
//! their bytes shuffled, for 70 to 200 ms a slice when writing and 6 to 11 ms when reading, which a
//! re-prompt would wait for.

use crate::model::Embedding;
use crate::model::View;
use crate::model::half::{f16_to_f32, f32_to_f16};
use medicosam_shared::geometry::SliceShape;

const MARK: &[u8; 8] = b"MSAMEMB2";
const HEADER: usize = MARK.len() + 6 * 4;
const CHECKSUM: usize = 4;

/// The file of an embedding, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded(Vec<u8>);

impl Encoded {
    /// The bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes the file of an embedding, and rounds the embedding to the precision of the file, so that a mask
/// does not depend on whether its embedding was in the cache.
pub(super) fn encode(embedding: &mut Embedding) -> Encoded {
    let halves: Vec<u16> = embedding.values.iter().map(|&v| f32_to_f16(v)).collect();
    // All exponent bits are set in infinities and in NaN.
    let fits = halves.iter().all(|half| half & 0x7c00 != 0x7c00);
    let bits: u32 = if fits { 16 } else { 32 };

    let length = HEADER + embedding.values.len() * bits as usize / 8 + CHECKSUM;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(MARK);
    let [channels, rows, columns] = embedding.shape.map(|n| n as u32);
    let SliceShape { width, height } = embedding.view.picture();
    for number in [width, height, channels, rows, columns, bits] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    if fits {
        bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
        for (value, half) in embedding.values.iter_mut().zip(halves) {
            *value = f16_to_f32(half);
        }
    } else {
        bytes.extend(
            embedding
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes()),
        );
    }
    bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
    Encoded(bytes)
}

/// The embedding in a file's bytes, of a picture in `view`; `None` if they are not what [`encode`] made of
/// one.
pub(super) fn decode(bytes: &[u8], view: View) -> Option<Embedding> {
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    if u32::from_le_bytes(*sum) != checksum(body) {
        return None;
    }
    let (header, data) = body.split_at_checked(HEADER)?;
    let numbers = header.strip_prefix(MARK)?.as_chunks::<4>().0;
    let &[width, height, channels, rows, columns, bits] = numbers else {
        return None;
    };
    let shape = [channels, rows, columns].map(|n| u32::from_le_bytes(n) as usize);
    let values = match u32::from_le_bytes(bits) {
        16 => widened(data)?,
        32 => {
            let (values, []) = data.as_chunks::<4>() else {
                return None;
            };
            values.iter().map(|&v| f32::from_le_bytes(v)).collect()
        }
        _ => return None,
    };
    let expected = shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m))?;
    let picture = SliceShape {
        width: u32::from_le_bytes(width),
        height: u32::from_le_bytes(height),
    };
    let is_whole = values.len() == expected && picture == view.picture();
    is_whole.then_some(Embedding {
        values,
        shape,
        view,
    })
}

/// Little-endian halves as f32; `None` if there is a byte too many.
fn widened(data: &[u8]) -> Option<Vec<f32>> {
    let (halves, []) = data.as_chunks::<2>() else {
        return None;
    };
    let values = halves.iter().map(|&h| f16_to_f32(u16::from_le_bytes(h)));
    Some(values.collect())
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VIEW: View = View::as_stored(SliceShape {
        width: 512,
        height: 300,
    });

    fn embedding(values: Vec<f32>) -> Embedding {
        Embedding {
            shape: [1, 1, values.len()],
            values,
            view: VIEW,
        }
    }

    #[test]
    fn values_are_rounded_to_the_nearest_half_and_ties_to_even() {
        let step = 2f32.powi(-10);
        let mut rounded = embedding(vec![
            1.0 + step / 2.0,
            1.0 + step * 1.5,
            1.0 + step * 0.51,
            -65519.0,
            2f32.powi(-25),
            2f32.powi(-24) * 1.5,
            -0.0,
        ]);
        let file = encode(&mut rounded);
        let expected = [
            1.0,
            1.0 + 2.0 * step,
            1.0 + step,
            -65504.0,
            0.0,
            2f32.powi(-23),
            -0.0,
        ];
        assert_eq!(rounded.values, expected);
        assert_eq!(decode(file.bytes(), VIEW), Some(rounded));
        assert_eq!(file.bytes().len(), HEADER + 7 * 2 + CHECKSUM);
    }

    #[test]
    fn what_no_half_can_hold_is_kept_as_it_is() {
        for value in [65520.0, -1e30, f32::INFINITY, f32::MAX] {
            let values = vec![1.0 + f32::EPSILON, value];
            let mut kept = embedding(values.clone());
            let file = encode(&mut kept);
            assert_eq!(kept.values, values);
            assert_eq!(decode(file.bytes(), VIEW), Some(kept));
        }
    }

    #[test]
    fn every_change_and_every_cut_is_noticed() {
        for values in [vec![0.5, 1.5, -2.0], vec![1e9]] {
            let whole = encode(&mut embedding(values));
            let whole = whole.bytes();
            for at in 0..whole.len() {
                let mut damaged = whole.to_vec();
                damaged[at] ^= 0x10;
                assert_eq!(decode(&damaged, VIEW), None, "byte {at}");
                assert_eq!(decode(&whole[..at], VIEW), None, "{at} bytes");
            }
        }
    }

    #[test]
    fn the_embedding_of_a_picture_of_another_size_is_none() {
        let file = encode(&mut embedding(vec![1.0]));
        let other = View::as_stored(SliceShape {
            width: 300,
            height: 512,
        });
        assert_eq!(decode(file.bytes(), other), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_rounded_and_rounding_is_done_once(
            values in prop::collection::vec(-7e4f32..7e4, 0..40)
        ) {
            let mut once = embedding(values);
            let file = encode(&mut once);
            let read = decode(file.bytes(), VIEW).unwrap();
            prop_assert_eq!(&read, &once);
            let mut twice = read;
            prop_assert_eq!(encode(&mut twice), file);
        }

        #[test]
        fn no_bytes_at_all_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decode(&bytes, VIEW), None);
            // With the mark and a right sum, as only malice would write it.
            bytes.splice(0..0, *MARK);
            let sum = checksum(&bytes).to_le_bytes();
            bytes.extend_from_slice(&sum);
            let _ = decode(&bytes, VIEW);
        }
    }
}
