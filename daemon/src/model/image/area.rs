//! Resizing of 8-bit pictures, with the results of OpenCV's `cv2.resize(…, INTER_AREA)`, which
//! LiteMedSAM was trained behind.
//!
//! Shrinking averages the source pixels that each target pixel covers. OpenCV does this in three
//! ways with three roundings: by 2 × 2 in integers, by other whole factors as an integer sum times
//! a float, and by any other factor with weights in floats. Where a side grows, OpenCV's "area" is
//! something else: it repeats pixels and interpolates only across the borders between them, in
//! fixed point.

use super::SliceImage;
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;

/// Resizes a picture; both sides of the target have at least one pixel.
pub fn resize_area(image: &SliceImage, to: SliceShape) -> SliceImage {
    let (from, source) = (image.shape, image.pixels.as_slice());
    let to = SliceShape {
        width: to.width.max(1),
        height: to.height.max(1),
    };
    let pixels = if to == from {
        source.to_vec()
    } else if to.width > from.width || to.height > from.height {
        enlarge(source, from, to)
    } else if from.width % to.width == 0 && from.height % to.height == 0 {
        shrink_by_whole_factors(source, from, to)
    } else {
        shrink(source, from, to)
    };
    SliceImage {
        shape: to,
        view: View::as_stored(to),
        pixels,
        more: None,
    }
}

fn shrink_by_whole_factors(source: &[u8], from: SliceShape, to: SliceShape) -> Vec<u8> {
    let columns = (from.width / to.width) as usize;
    let rows = (from.height / to.height) as usize;
    let width = from.width as usize;
    let share = 1.0 / (columns * rows) as f32;
    let mut pixels = Vec::with_capacity(to.pixels());
    for y in 0..to.height as usize {
        for x in 0..to.width as usize {
            let row = |r: usize| (y * rows + r) * width + x * columns;
            let sum: u32 = (0..rows)
                .flat_map(|r| &source[row(r)..row(r) + columns])
                .map(|&v| u32::from(v))
                .sum();
            pixels.push(if (columns, rows) == (2, 2) {
                ((sum + 2) / 4) as u8
            } else {
                (sum as f32 * share).round_ties_even() as u8
            });
        }
    }
    pixels
}

/// How much a source pixel (column or row) counts in a target pixel.
struct Share {
    target: usize,
    source: usize,
    weight: f32,
}

/// The shares along one axis, in the order of the targets.
fn shares(from: u32, to: u32) -> Vec<Share> {
    /// Shorter overlaps do not count.
    const NEGLIGIBLE: f64 = 1e-3;
    // The reciprocal of the reciprocal, as in OpenCV: the last bit matters.
    let scale = 1.0 / (f64::from(to) / f64::from(from));
    let mut shares = Vec::new();
    for target in 0..to as usize {
        let start = target as f64 * scale;
        let end = start + scale;
        let covered = scale.min(f64::from(from) - start);
        let last = (end.floor() as usize).min(from as usize - 1);
        let first = (start.ceil() as usize).min(last);
        let mut add = |source, overlap: f64| {
            shares.push(Share {
                target,
                source,
                weight: (overlap / covered) as f32,
            });
        };
        if first as f64 - start > NEGLIGIBLE {
            add(first - 1, first as f64 - start);
        }
        for source in first..last {
            add(source, 1.0);
        }
        if end - last as f64 > NEGLIGIBLE {
            add(last, (end - last as f64).min(1.0).min(covered));
        }
    }
    shares
}

fn shrink(source: &[u8], from: SliceShape, to: SliceShape) -> Vec<u8> {
    let columns = shares(from.width, to.width);
    let rows = shares(from.height, to.height);
    let (width, target_width) = (from.width as usize, to.width as usize);
    let mut sums = vec![0f32; to.pixels()];
    let mut row_sums = vec![0f32; target_width];
    for row in &rows {
        row_sums.fill(0.0);
        let pixels = &source[row.source * width..(row.source + 1) * width];
        for column in &columns {
            row_sums[column.target] += f32::from(pixels[column.source]) * column.weight;
        }
        let target = &mut sums[row.target * target_width..(row.target + 1) * target_width];
        for (sum, row_sum) in target.iter_mut().zip(&row_sums) {
            *sum += row.weight * row_sum;
        }
    }
    // A cast from float to integer saturates.
    sums.iter().map(|sum| sum.round_ties_even() as u8).collect()
}

/// A target pixel between two source pixels; the weights are in units of 1/2048.
struct Between {
    sources: [usize; 2],
    weights: [i32; 2],
}

fn between(from: u32, to: u32) -> Vec<Between> {
    let growth = f64::from(to) / f64::from(from);
    let scale = 1.0 / growth;
    let last = from as usize - 1;
    let place = |target: usize| {
        let source = (target as f64 * scale).floor() as usize;
        let beyond = ((target + 1) as f64 - (source + 1) as f64 * growth) as f32;
        let fraction = if beyond <= 0.0 {
            0.0
        } else {
            beyond - beyond.floor()
        };
        let (source, fraction) = if source >= last {
            (last, 0.0)
        } else {
            (source, fraction)
        };
        Between {
            sources: [source, (source + 1).min(last)],
            weights: [1.0 - fraction, fraction].map(|w| (w * 2048.0).round_ties_even() as i32),
        }
    };
    (0..to as usize).map(place).collect()
}

fn enlarge(source: &[u8], from: SliceShape, to: SliceShape) -> Vec<u8> {
    let columns = between(from.width, to.width);
    let width = from.width as usize;
    let mut pixels = Vec::with_capacity(to.pixels());
    for row in between(from.height, to.height) {
        let [upper, lower] = row.sources.map(|y| &source[y * width..(y + 1) * width]);
        for column in &columns {
            let across = |line: &[u8]| -> i32 {
                let of = |n: usize| i32::from(line[column.sources[n]]) * column.weights[n];
                of(0) + of(1)
            };
            let down = |value: i32, weight: i32| (weight * (value >> 4)) >> 16;
            let sum = down(across(upper), row.weights[0]) + down(across(lower), row.weights[1]);
            pixels.push(((sum + 2) >> 2) as u8);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn image(width: u32, height: u32, grey: impl Fn(u32, u32) -> u32) -> SliceImage {
        let at = |y| (0..width).map(move |x| (x, y));
        let pixels = (0..height)
            .flat_map(at)
            .map(|(x, y)| (grey(x, y) % 256) as u8);
        SliceImage::new(SliceShape { width, height }, pixels.collect()).unwrap()
    }

    /// What `cv2.resize(picture, size, interpolation=cv2.INTER_AREA)` of OpenCV 4.10 and 5.0 gives.
    #[test]
    fn results_are_those_of_opencv() {
        type Size = (u32, u32);
        let cases: [(Size, Size, &[u8]); 6] = [
            (
                (8, 6),
                (4, 3),
                &[13, 66, 175, 84, 96, 169, 106, 163, 155, 120, 141, 154],
            ),
            ((9, 6), (3, 2), &[41, 142, 112, 138, 141, 156]),
            (
                (10, 7),
                (4, 3),
                &[27, 110, 122, 125, 133, 141, 146, 147, 153, 130, 129, 127],
            ),
            (
                (7, 5),
                (7, 3),
                &[
                    5, 17, 43, 83, 137, 205, 31, 57, 77, 111, 159, 170, 92, 131, 172, 200, 88, 144,
                    112, 196, 140,
                ],
            ),
            (
                (4, 3),
                (6, 5),
                &[
                    0, 5, 10, 34, 53, 72, 4, 10, 16, 42, 61, 81, 13, 21, 28, 57, 79, 100, 39, 48,
                    57, 90, 113, 136, 52, 62, 72, 106, 130, 154,
                ],
            ),
            (
                (3, 2),
                (8, 5),
                &[
                    0, 0, 3, 10, 10, 26, 34, 34, 0, 0, 3, 10, 10, 26, 34, 34, 7, 7, 11, 19, 19, 36,
                    46, 46, 13, 13, 18, 28, 28, 47, 57, 57, 13, 13, 18, 28, 28, 47, 57, 57,
                ],
            ),
        ];
        for ((w, h), (width, height), expected) in cases {
            let source = image(w, h, |x, y| x * x * 7 + y * y * 13 + x * y * 5 + 3 * x);
            let resized = resize_area(&source, SliceShape { width, height });
            assert_eq!(resized.pixels(), expected, "{w}×{h} → {width}×{height}");
        }
    }

    proptest! {
        #[test]
        fn a_uniform_picture_stays_uniform_at_any_size(
            (w, h, tw, th) in (1u32..60, 1u32..60, 1u32..60, 1u32..60),
            grey in any::<u8>(),
        ) {
            let resized = resize_area(
                &image(w, h, |_, _| grey.into()),
                SliceShape { width: tw, height: th },
            );
            // Fixed-point weights may lose one grey level where both sides are interpolated.
            prop_assert!(resized.pixels().iter().all(|p| p.abs_diff(grey) <= 1));
            prop_assert_eq!(resized.pixels().len(), (tw * th) as usize);
        }
    }
}
