//! Values of a slice as they cross a slow line: packed without loss, and reduced in size.
//!
//! Packed integers are what is left when the neighbours to the left, above, and above left are taken
//! into account, which is little in a picture; first the low bytes of all of them, then the high ones.
//! Other numbers are their bytes, likewise byte by byte. Colours are red less green, green, and blue less
//! green, each less what its neighbours let expect. All are compressed by DEFLATE (RFC 1951).

use crate::geometry::SliceShape;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{self, Read, Write};

/// Most values that are averaged along each side of a reduced slice.
pub const MOST_REDUCED: u32 = 16;

/// Rows and columns that a reduced slice has at most: enough to know where one is.
const SMALL: u32 = 128;

/// By how much a slice is reduced along each side so that it comes soon over a slow line; 1: not at all.
pub fn reduction(shape: SliceShape) -> u32 {
    shape
        .width
        .max(shape.height)
        .div_ceil(SMALL)
        .clamp(1, MOST_REDUCED)
}

/// The size of a slice reduced `by` along each side.
pub fn reduced_shape(shape: SliceShape, by: u32) -> SliceShape {
    let by = by.max(1);
    SliceShape {
        width: shape.width.div_ceil(by),
        height: shape.height.div_ceil(by),
    }
}

/// The mean of each `by` × `by` values, rounded if all values are whole; fewer at the right and at the lower edge.
pub fn reduce(values: &[f32], shape: SliceShape, by: u32) -> Vec<f32> {
    let small = reduced_shape(shape, by);
    let (width, by) = (shape.width as usize, by.max(1) as usize);
    let mut sums = vec![(0f64, 0u32); small.pixels()];
    for (y, row) in values.chunks(width.max(1)).enumerate() {
        for (x, &value) in row.iter().enumerate() {
            let at = y / by * small.width as usize + x / by;
            if let Some((sum, count)) = sums.get_mut(at) {
                *sum += f64::from(value);
                *count += 1;
            }
        }
    }
    let are_whole = values.iter().all(|value| value.fract() == 0.0);
    let mean = |(sum, count): (f64, u32)| {
        let mean = sum / f64::from(count.max(1));
        // Whole numbers are packed better.
        (if are_whole { mean.round() } else { mean }) as f32
    };
    sums.into_iter().map(mean).collect()
}

/// The mean of each `by` × `by` colours, as [`reduce`] takes that of values.
pub fn reduce_colours(colours: &[[u8; 3]], shape: SliceShape, by: u32) -> Vec<[u8; 3]> {
    of_channels(colours, |channel| reduce(channel, shape, by))
}

/// Colours of a slice of `shape`, as [`enlarge`] makes values.
pub fn enlarge_colours(colours: &[[u8; 3]], by: u32, shape: SliceShape) -> Vec<[u8; 3]> {
    of_channels(colours, |channel| enlarge(channel, by, shape))
}

/// Does the same to red, green and blue.
fn of_channels(colours: &[[u8; 3]], change: impl Fn(&[f32]) -> Vec<f32>) -> Vec<[u8; 3]> {
    let channel = |of: usize| -> Vec<f32> {
        let values: Vec<f32> = colours.iter().map(|colour| f32::from(colour[of])).collect();
        change(&values)
    };
    let [red, green, blue] = [channel(0), channel(1), channel(2)];
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let all = red.into_iter().zip(green).zip(blue);
    all.map(|((red, green), blue)| [byte(red), byte(green), byte(blue)])
        .collect()
}

/// A slice of `shape` made of one that was reduced `by` along each side, evenly from value to value.
pub fn enlarge(values: &[f32], by: u32, shape: SliceShape) -> Vec<f32> {
    let small = reduced_shape(shape, by);
    let at = |x: usize, y: usize| {
        values
            .get(y * small.width as usize + x)
            .copied()
            .unwrap_or(0.0)
    };
    let places = |count: u32, of: u32| -> Vec<(usize, usize, f32)> {
        let place = |pixel: u32| {
            let last = of.saturating_sub(1);
            let exact = ((pixel as f32 + 0.5) / by.max(1) as f32 - 0.5).clamp(0.0, last as f32);
            let first = exact as usize;
            (first, (first + 1).min(last as usize), exact.fract())
        };
        (0..count).map(place).collect()
    };
    let columns = places(shape.width, small.width);
    let mut all = Vec::with_capacity(shape.pixels());
    for (upper, lower, down) in places(shape.height, small.height) {
        all.extend(columns.iter().map(|&(left, right, across)| {
            let row = |y| at(left, y) + (at(right, y) - at(left, y)) * across;
            row(upper) + (row(lower) - row(upper)) * down
        }));
    }
    all
}

/// Packs integers of rows of `width`.
pub fn pack_integers(values: &[i16], width: usize) -> io::Result<Vec<u8>> {
    let mut low = Vec::with_capacity(values.len() * 2);
    let mut high = Vec::with_capacity(values.len());
    for (at, &value) in values.iter().enumerate() {
        let left = value.wrapping_sub(expected(values, at, width));
        // The sign goes to the lowest bit, so that small numbers have small bytes.
        let folded = ((left << 1) ^ (left >> 15)).to_le_bytes();
        low.push(folded[0]);
        high.push(folded[1]);
    }
    low.extend(high);
    compress(&low)
}

/// Unpacks `count` integers of rows of `width`.
pub fn unpack_integers(packed: &[u8], width: usize, count: usize) -> io::Result<Vec<i16>> {
    let bytes = decompress(packed, count * 2)?;
    let (low, high) = bytes.split_at(count);
    let mut values: Vec<i16> = Vec::with_capacity(count);
    for (&low, &high) in low.iter().zip(high) {
        let folded = u16::from_le_bytes([low, high]);
        let left = (folded >> 1).cast_signed() ^ (folded & 1).cast_signed().wrapping_neg();
        let at = values.len();
        values.push(left.wrapping_add(expected(&values, at, width)));
    }
    Ok(values)
}

/// The integer that its neighbours let expect at a place.
fn expected(values: &[i16], at: usize, width: usize) -> i16 {
    let value = |is_there: bool, back: usize| match is_there {
        true => values.get(at.wrapping_sub(back)).copied().unwrap_or(0),
        false => 0,
    };
    let width = width.max(1);
    let (has_left, has_above) = (!at.is_multiple_of(width), at >= width);
    let sum = value(has_left, 1).wrapping_add(value(has_above, width));
    sum.wrapping_sub(value(has_left && has_above, width + 1))
}

/// Packs colours of rows of `width`.
pub fn pack_colours(colours: &[[u8; 3]], width: usize) -> io::Result<Vec<u8>> {
    let mut left = Vec::with_capacity(colours.len() * 3);
    for plane in planes(colours) {
        let expected = plane.iter().enumerate().map(|(at, value)| {
            let expected = expected_byte(&plane, at, width);
            value.wrapping_sub(expected)
        });
        left.extend(expected);
    }
    compress(&left)
}

/// Unpacks `count` colours of rows of `width`.
pub fn unpack_colours(packed: &[u8], width: usize, count: usize) -> io::Result<Vec<[u8; 3]>> {
    let bytes = decompress(packed, count * 3)?;
    let plane = |of: usize| -> Vec<u8> {
        let mut values: Vec<u8> = Vec::with_capacity(count);
        for (at, left) in bytes[of * count..(of + 1) * count].iter().enumerate() {
            values.push(left.wrapping_add(expected_byte(&values, at, width)));
        }
        values
    };
    let (red, green, blue) = (plane(0), plane(1), plane(2));
    let colour = |at: usize| {
        let green = green[at];
        [
            red[at].wrapping_add(green),
            green,
            blue[at].wrapping_add(green),
        ]
    };
    Ok((0..count).map(colour).collect())
}

/// Red less green, green, and blue less green: colours are alike in how light they are.
fn planes(colours: &[[u8; 3]]) -> [Vec<u8>; 3] {
    let plane = |of: fn(&[u8; 3]) -> u8| colours.iter().map(of).collect();
    [
        plane(|[red, green, _]| red.wrapping_sub(*green)),
        plane(|[_, green, _]| *green),
        plane(|[_, green, blue]| blue.wrapping_sub(*green)),
    ]
}

/// The byte that its neighbours let expect at a place.
fn expected_byte(values: &[u8], at: usize, width: usize) -> u8 {
    let value = |is_there: bool, back: usize| match is_there {
        true => values.get(at.wrapping_sub(back)).copied().unwrap_or(0),
        false => 0,
    };
    let width = width.max(1);
    let (has_left, has_above) = (!at.is_multiple_of(width), at >= width);
    let sum = value(has_left, 1).wrapping_add(value(has_above, width));
    sum.wrapping_sub(value(has_left && has_above, width + 1))
}

/// Packs any numbers.
pub fn pack_floats(values: &[f32]) -> io::Result<Vec<u8>> {
    let bytes: Vec<[u8; 4]> = values.iter().map(|value| value.to_le_bytes()).collect();
    let planes = (0..4).flat_map(|plane| bytes.iter().map(move |value| value[plane]));
    compress(&planes.collect::<Vec<u8>>())
}

/// Unpacks `count` numbers.
pub fn unpack_floats(packed: &[u8], count: usize) -> io::Result<Vec<f32>> {
    let bytes = decompress(packed, count * 4)?;
    let byte = |plane: usize, at: usize| bytes[plane * count + at];
    let value = |at| f32::from_le_bytes([byte(0, at), byte(1, at), byte(2, at), byte(3, at)]);
    Ok((0..count).map(value).collect())
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(4));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Decompresses what must become exactly so many bytes.
fn decompress(packed: &[u8], wanted: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(wanted);
    let limit = wanted as u64 + 1;
    DeflateDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut bytes)?;
    match bytes.len() == wanted {
        true => Ok(bytes),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} bytes instead of {wanted}", bytes.len()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(width: u32, height: u32) -> SliceShape {
        SliceShape { width, height }
    }

    #[test]
    fn a_slice_is_reduced_to_means_and_enlarged_to_its_size() {
        let values: Vec<f32> = (0u8..15).map(f32::from).collect();
        let small = reduce(&values, shape(5, 3), 2);
        assert_eq!(
            small,
            [3.0, 5.0, 7.0, 11.0, 13.0, 14.0].map(|v: f32| v.round())
        );
        let large = enlarge(&small, 2, shape(5, 3));
        assert_eq!(large.len(), 15);
        assert!(large[0] == 3.0 && (11.0..14.0).contains(&large[14]));
        assert!(large[..5].is_sorted());
        assert_eq!(enlarge(&values, 1, shape(5, 3)), values);
        assert_eq!(
            [reduction(shape(512, 512)), reduction(shape(100, 128))],
            [4, 1]
        );
    }

    #[test]
    fn colours_are_reduced_one_by_one_and_packed_to_less() {
        let colours = [[0, 10, 255], [2, 10, 255], [4, 10, 255], [6, 10, 255]];
        let small = reduce_colours(&colours, shape(4, 1), 2);
        assert_eq!(small, [[1, 10, 255], [5, 10, 255]]);
        let large = enlarge_colours(&small, 2, shape(4, 1));
        assert_eq!(
            large,
            [[1, 10, 255], [2, 10, 255], [4, 10, 255], [5, 10, 255]]
        );
        let smooth: Vec<[u8; 3]> = (0..64 * 64u32)
            .map(|at| [(at % 64) as u8 * 3, (at / 64) as u8, 200])
            .collect();
        let packed = pack_colours(&smooth, 64).unwrap();
        assert!(packed.len() < smooth.len(), "{} bytes", packed.len());
        assert!(unpack_colours(&packed, 64, 63).is_err());
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let packed = pack_integers(&[1, 2, 3, 4], 2).unwrap();
        assert!(unpack_integers(&packed, 2, 3).is_err());
        assert!(unpack_integers(&packed, 2, 5).is_err());
        assert!(unpack_integers(&packed[..2], 2, 4).is_err());
        assert!(unpack_floats(b"nonsense", 4).is_err());
    }

    #[test]
    fn means_of_whole_numbers_are_whole_and_others_are_not() {
        let shape = SliceShape {
            width: 2,
            height: 1,
        };
        assert_eq!(reduce(&[1.0, 2.0], shape, 2), [2.0]);
        assert_eq!(reduce(&[0.25, 0.75], shape, 2), [0.5]);
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(
            integers in prop::collection::vec(any::<i16>(), 0..200),
            floats in prop::collection::vec(-1e9f32..1e9, 0..100),
            colours in prop::collection::vec(any::<[u8; 3]>(), 0..100),
            width in 1usize..20,
        ) {
            let packed = pack_colours(&colours, width).unwrap();
            prop_assert_eq!(unpack_colours(&packed, width, colours.len()).unwrap(), colours);
            let packed = pack_integers(&integers, width).unwrap();
            prop_assert_eq!(unpack_integers(&packed, width, integers.len()).unwrap(), integers);
            let packed = pack_floats(&floats).unwrap();
            prop_assert_eq!(unpack_floats(&packed, floats.len()).unwrap(), floats);
        }
    }
}
