//! The file of one embedding: a mark, sizes, values, a checksum; all little-endian.
//!
//! ```text
//! "MSAMEMB1"                                     8 bytes
//! width, height of the slice                     2 × u32
//! channels, rows, columns of the embedding       3 × u32
//! values, columns fastest                        f32 each
//! CRC-32 of all that is above                    u32
//! ```

use crate::model::Embedding;
use medicosam_shared::geometry::SliceShape;

const MARK: &[u8; 8] = b"MSAMEMB1";
const HEADER: usize = MARK.len() + 5 * 4;

/// The bytes of the file.
pub fn encode(embedding: &Embedding) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + embedding.values.len() * 4 + 4);
    bytes.extend_from_slice(MARK);
    let [channels, rows, columns] = embedding.shape.map(|n| n as u32);
    let SliceShape { width, height } = embedding.original;
    for size in [width, height, channels, rows, columns] {
        bytes.extend_from_slice(&size.to_le_bytes());
    }
    for value in &embedding.values {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
    bytes
}

/// The embedding in a file's bytes; `None` if they are not what [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Option<Embedding> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    if u32::from_le_bytes(*sum) != checksum(body) {
        return None;
    }
    let (header, values) = body.split_at_checked(HEADER)?;
    let sizes = header.strip_prefix(MARK)?.as_chunks::<4>().0;
    let &[width, height, channels, rows, columns] = sizes else {
        return None;
    };
    let shape = [channels, rows, columns].map(|n| u32::from_le_bytes(n) as usize);
    let (values, rest) = values.as_chunks::<4>();
    let expected = shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m))?;
    if values.len() != expected || !rest.is_empty() {
        return None;
    }
    Some(Embedding {
        values: values.iter().map(|&v| f32::from_le_bytes(v)).collect(),
        shape,
        original: SliceShape {
            width: u32::from_le_bytes(width),
            height: u32::from_le_bytes(height),
        },
    })
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
