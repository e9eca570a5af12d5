//! Resizing of 8-bit pictures, with the results of Pillow's `Image.resize(…, BILINEAR)`, which
//! SAM's `ResizeLongestSide` uses.
//!
//! Unlike plain bilinear interpolation, it widens the triangle of its weights where a picture
//! shrinks, so that all source pixels count. Columns come first, then rows, with 8 bits in between;
//! weights are whole numbers of 2⁻²².

use super::SliceImage;
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;

/// Bits behind the binary point of a weight.
const BITS: u32 = 22;

/// Resizes a picture; both sides of the target have at least one pixel.
pub fn resize_pillow(image: &SliceImage, to: SliceShape) -> SliceImage {
    let to = SliceShape {
        width: to.width.max(1),
        height: to.height.max(1),
    };
    let SliceShape { width, height } = image.shape;
    let pixels = if to.width == width {
        image.pixels.clone()
    } else {
        let taps = taps(width, to.width);
        let rows = image.pixels.chunks_exact(width as usize);
        rows.flat_map(|row| taps.iter().map(|tap| tap.of(row.iter().copied())))
            .collect()
    };
    let pixels = if to.height == height {
        pixels
    } else {
        let stride = to.width as usize;
        let mut resized = Vec::with_capacity(to.pixels());
        for tap in taps(height, to.height) {
            let column = |x: usize| pixels[x..].iter().step_by(stride).copied();
            resized.extend((0..stride).map(|x| tap.of(column(x))));
        }
        resized
    };
    SliceImage {
        shape: to,
        view: View::as_stored(to),
        pixels,
        more: None,
    }
}

/// What makes up a target pixel along one axis.
struct Tap {
    /// The first source pixel that counts.
    first: usize,
    weights: Vec<i32>,
}

impl Tap {
    /// The weighted sum of a line of source pixels, rounded half up and limited to 8 bits.
    fn of(&self, line: impl Iterator<Item = u8>) -> u8 {
        let pairs = line.skip(self.first).zip(&self.weights);
        let sum = pairs.fold(1 << (BITS - 1), |sum, (pixel, weight)| {
            sum + i32::from(pixel) * weight
        });
        (sum >> BITS).clamp(0, 255) as u8
    }
}

fn taps(from: u32, to: u32) -> Vec<Tap> {
    let scale = f64::from(from) / f64::from(to);
    // Half the width of the triangle, in source pixels.
    let support = scale.max(1.0);
    let tap = |target: u32| {
        let centre = (f64::from(target) + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(from as usize);
        let triangle = |source: usize| {
            let distance = (source as f64 - centre + 0.5) / support;
            (1.0 - distance.abs()).max(0.0)
        };
        let weights: Vec<f64> = (first..end).map(triangle).collect();
        let total: f64 = weights.iter().sum();
        let fixed = |w: &f64| (w / total * f64::from(1 << BITS) + 0.5) as i32;
        Tap {
            first,
            weights: weights.iter().map(fixed).collect(),
        }
    };
    (0..to).map(tap).collect()
}
