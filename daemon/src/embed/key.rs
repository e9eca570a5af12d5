//! What an embedding is known by: its content, and the places where that content was seen.

use crate::model::{SliceImage, View};
use medicosam_shared::geometry::Axis;
use medicosam_shared::window::Range;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The name of an embedding: a hash of everything that it is computed from.
///
/// That is the encoder's hash, which stands for the model's weights, its graphs, how exactly they
/// compute and how its family prepares a slice, and the grey picture. Slices that look the same (air, padding, the same scan once more)
/// have the same key, wherever they lie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentKey([u8; ContentKey::LENGTH]);

impl ContentKey {
    /// Bytes of a key.
    pub(super) const LENGTH: usize = 32;

    /// The key of the embedding that `encoder` (its hash) makes of a picture.
    pub fn of(encoder: &str, image: &SliceImage) -> Self {
        let shape = image.shape();
        let digest = Sha256::new()
            .chain_update((encoder.len() as u64).to_le_bytes())
            .chain_update(encoder)
            .chain_update(shape.width.to_le_bytes())
            .chain_update(shape.height.to_le_bytes())
            .chain_update(image.pixels());
        // The other two colours, of a picture that has them.
        let digest = image
            .values()
            .skip(1)
            .fold(digest, |d, values| d.chain_update(values));
        ContentKey(digest.finalize().into())
    }

    pub(super) fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        ContentKey(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl FromStr for ContentKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (digits, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(NotAKey);
        };
        let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8).ok_or(NotAKey);
        let mut key = [0; Self::LENGTH];
        if digits.len() != key.len() {
            return Err(NotAKey);
        }
        for (byte, &[high, low]) in key.iter_mut().zip(digits) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Ok(ContentKey(key))
    }
}

/// The text is not a key in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has {} hexadecimal digits", 2 * ContentKey::LENGTH)]
pub struct NotAKey;

impl fmt::Display for ContentKey {
    /// Lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentKey({self})")
    }
}

/// The slices of one scan as one encoder sees them: cut across one axis, made grey in one way.
#[derive(Debug, Clone, Copy)]
pub struct Stack<'a> {
    /// Hash of the encoder ([`crate::model::Sam::encoder_hash`]), fit for file names.
    pub encoder: &'a str,
    /// SHA-256 of the scan's file, in hex.
    pub scan: &'a str,
    /// Axis that the slices are cut across.
    pub axis: Axis,
    /// The picture of each slice.
    pub view: View,
    /// Values that are black and white.
    pub range: Range,
}

impl fmt::Display for Stack<'_> {
    /// `<scan>.<encoder>.<axis>-<range>`, a file's name; with `-<view>`, unless the slices are shown whole and
    /// as they are stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stack {
            encoder,
            scan,
            axis,
            view,
            range,
        } = self;
        write!(f, "{scan}.{encoder}.{axis}-")?;
        match range {
            Range::Slice => f.write_str("slice")?,
            Range::Fixed { low, high } => {
                let digest = Sha256::new()
                    .chain_update(low.to_le_bytes())
                    .chain_update(high.to_le_bytes())
                    .finalize();
                hex(&digest[..8], f)?;
            }
        }
        match *view == View::as_stored(view.slice()) {
            true => Ok(()),
            false => write!(f, "-{view}"),
        }
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Turn;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::prompt::SliceBox;
    use std::collections::HashSet;

    const SHAPE: SliceShape = SliceShape {
        width: 4,
        height: 6,
    };

    fn image(width: u32, height: u32, pixels: &[u8]) -> SliceImage {
        SliceImage::new(SliceShape { width, height }, pixels.to_vec()).unwrap()
    }

    #[test]
    fn the_same_picture_for_the_same_model_has_the_same_key_and_nothing_else_has() {
        let key = ContentKey::of("m-1", &image(2, 3, &[0, 1, 2, 3, 4, 5]));
        assert_eq!(
            key,
            ContentKey::of("m-1", &image(2, 3, &[0, 1, 2, 3, 4, 5]))
        );
        let others = [
            ContentKey::of("m-2", &image(2, 3, &[0, 1, 2, 3, 4, 5])),
            ContentKey::of("m-1", &image(3, 2, &[0, 1, 2, 3, 4, 5])),
            ContentKey::of("m-1", &image(2, 3, &[0, 1, 2, 3, 4, 6])),
            ContentKey::of("m-", &image(2, 3, &[0, 1, 2, 3, 4, 5])),
            key,
        ];
        assert_eq!(others.iter().collect::<HashSet<_>>().len(), others.len());
        for key in others {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for text in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(text.parse::<ContentKey>(), Err(NotAKey), "{text}");
        }
    }

    #[test]
    fn stacks_that_differ_have_different_names() {
        let stack = Stack {
            encoder: "m-1",
            scan: "abc",
            axis: Axis::K,
            view: View::as_stored(SHAPE),
            range: Range::Slice,
        };
        let turned = View::whole(
            SHAPE,
            Turn {
                flip_x: true,
                ..Turn::NONE
            },
        );
        let part = SliceBox {
            x0: 1,
            y0: 1,
            x1: 3,
            y1: 3,
        };
        let fixed = |low, high| Range::Fixed { low, high };
        let all = [
            stack,
            Stack {
                encoder: "m-2",
                ..stack
            },
            Stack {
                scan: "abd",
                ..stack
            },
            Stack {
                axis: Axis::J,
                ..stack
            },
            Stack {
                view: turned,
                ..stack
            },
            Stack {
                view: turned.part(part).unwrap(),
                ..stack
            },
            Stack {
                range: fixed(0.0, 1.0),
                ..stack
            },
            Stack {
                range: fixed(0.0, 2.0),
                ..stack
            },
        ];
        let names: HashSet<String> = all.iter().map(Stack::to_string).collect();
        assert_eq!(names.len(), all.len());
        assert_eq!(stack.to_string(), "abc.m-1.k-slice");
        let turned = Stack {
            view: turned,
            ..stack
        };
        assert_eq!(turned.to_string(), "abc.m-1.k-slice-x");
    }
}
