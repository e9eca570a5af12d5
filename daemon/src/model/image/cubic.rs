//! Resizing of 8-bit pictures, with the results of scikit-image's
//! `transform.resize(…, order=3, anti_aliasing=True)`, which MedSAM uses.
//!
//! Where a side shrinks, a Gaussian of (factor − 1)/2 pixels smooths along it first. Then cubic
//! B-splines through all pixels are evaluated at the centres of the target's pixels. Beyond the
//! border the picture is mirrored about the centres of its outermost pixels. All in 64-bit floats;
//! fractions are cut off at the end, as upstream's cast does.
//!
//! Unser, "Splines: A Perfect Fit for Signal and Image Processing", IEEE Signal Processing Magazine
//! 16(6), 1999.

use super::{SliceImage, range_of};
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;

/// Resizes a picture; both sides of the target have at least one pixel.
pub fn resize_cubic(image: &SliceImage, to: SliceShape) -> SliceImage {
    let to = SliceShape {
        width: to.width.max(1),
        height: to.height.max(1),
    };
    if to == image.shape {
        return image.clone();
    }
    // Lines from top to bottom come first in each step, as upstream.
    let (columns, rows) = (
        Axis::new(image.shape.height, to.height),
        Axis::new(image.shape.width, to.width),
    );
    let plane = Plane {
        width: image.shape.width as usize,
        values: image.pixels.iter().map(|&v| f64::from(v)).collect(),
    };
    let plane = plane.transposed().each_row(|line| columns.smooth(line));
    let plane = plane.transposed().each_row(|line| rows.smooth(line));
    let plane = plane.transposed().each_row(spline_coefficients);
    let plane = plane.transposed().each_row(spline_coefficients);
    let plane = plane.transposed().each_row(|line| columns.evaluate(line));
    let plane = plane.transposed().each_row(|line| rows.evaluate(line));
    // Splines overshoot; upstream limits them to the values of the picture.
    let (low, high) = range_of(std::slice::from_ref(image));
    let limited = |v: f64| v.max(f64::from(low)).min(f64::from(high)) as u8;
    SliceImage {
        shape: to,
        view: View::as_stored(to),
        pixels: plane.values.into_iter().map(limited).collect(),
        more: None,
    }
}

/// Numbers in rows.
struct Plane {
    width: usize,
    values: Vec<f64>,
}

impl Plane {
    fn transposed(&self) -> Plane {
        let column = |x: usize| self.values[x..].iter().step_by(self.width);
        Plane {
            width: self.values.len() / self.width,
            values: (0..self.width).flat_map(column).copied().collect(),
        }
    }

    /// Replaces each row; all new ones are of the same length.
    fn each_row(&self, change: impl Fn(&[f64]) -> Vec<f64>) -> Plane {
        let rows = self.values.len() / self.width;
        let values: Vec<f64> = self
            .values
            .chunks_exact(self.width)
            .flat_map(change)
            .collect();
        Plane {
            width: values.len() / rows,
            values,
        }
    }
}

/// How a line of pixels is resized.
struct Axis {
    /// The smoothing's weights, those in the middle first; empty where nothing shrinks.
    kernel: Vec<f64>,
    /// What makes up each target pixel: spline coefficients and their weights.
    taps: Vec<[(usize, f64); 4]>,
}

impl Axis {
    fn new(from: u32, to: u32) -> Self {
        let factor = f64::from(from) / f64::from(to);
        let sigma = (factor - 1.0) / 2.0;
        let kernel = if sigma > 1e-15 {
            gaussian(sigma)
        } else {
            Vec::new()
        };
        let tap = |target: u32| {
            let last = f64::from(from - 1);
            let mut at = ((f64::from(target) + 0.5) * factor - 0.5).abs();
            if at > last {
                at = (2.0 * last - at).max(0.0);
            }
            let first = at.floor() as isize - 1;
            let weights = cubic_weights(at - at.floor());
            std::array::from_fn(|n| (mirrored(first + n as isize, from as usize), weights[n]))
        };
        Axis {
            kernel,
            taps: (0..to).map(tap).collect(),
        }
    }

    fn smooth(&self, line: &[f64]) -> Vec<f64> {
        let Some((centre, others)) = self.kernel.split_first() else {
            return line.to_vec();
        };
        let at = |n: isize| line[mirrored(n, line.len())];
        let smoothed = |n: usize| {
            let pairs = others.iter().enumerate().rev();
            pairs.fold(at(n as isize) * centre, |sum, (d, weight)| {
                let (n, d) = (n as isize, d as isize + 1);
                sum + (at(n - d) + at(n + d)) * weight
            })
        };
        (0..line.len()).map(smoothed).collect()
    }

    fn evaluate(&self, coefficients: &[f64]) -> Vec<f64> {
        let sum = |tap: &[(usize, f64); 4]| tap.iter().map(|&(at, w)| coefficients[at] * w).sum();
        self.taps.iter().map(sum).collect()
    }
}

/// The index that an index beyond the border is mirrored to, about the outermost pixels' centres.
fn mirrored(at: isize, length: usize) -> usize {
    let last = length as isize - 1;
    if last == 0 {
        return 0;
    }
    let at = at.rem_euclid(2 * last);
    at.min(2 * last - at) as usize
}

/// Half of a Gaussian, cut off at four standard deviations: weights that sum to 1 over both sides.
fn gaussian(sigma: f64) -> Vec<f64> {
    let radius = (4.0 * sigma + 0.5) as u32;
    let height = |x: u32| (-0.5 / (sigma * sigma) * f64::from(x * x)).exp();
    let mut weights: Vec<f64> = (0..=radius).map(height).collect();
    let sides: f64 = weights.iter().skip(1).sum();
    let total = 2.0 * sides + weights[0];
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

/// Weights of the four nearest cubic B-splines, at a `fraction` of the way from the second to the
/// third.
fn cubic_weights(fraction: f64) -> [f64; 4] {
    let rest = 1.0 - fraction;
    let near = |d: f64| (d * d * (d - 2.0) * 3.0 + 4.0) / 6.0;
    let [first, second, third] = [rest * rest * rest / 6.0, near(fraction), near(rest)];
    [first, second, third, 1.0 - first - second - third]
}

/// The coefficients of the cubic spline through a line of numbers: a recursive filter with the pole
/// √3 − 2, once forwards and once backwards.
fn spline_coefficients(line: &[f64]) -> Vec<f64> {
    let count = line.len();
    let pole = 3f64.sqrt() - 2.0;
    let gain = (1.0 - pole) * (1.0 - 1.0 / pole);
    if count < 2 {
        return line.to_vec();
    }
    let mut c: Vec<f64> = line.iter().map(|v| v * gain).collect();
    // The sum over the line mirrored without end, which starts the forward pass.
    let turn = pole.powi(count as i32 - 1);
    let mut power = pole;
    let mut start = c[0] + turn * c[count - 1];
    for n in 1..count - 1 {
        start += power * (c[n] + turn * c[count - 1 - n]);
        power *= pole;
    }
    c[0] = start / (1.0 - turn * turn);
    for n in 1..count {
        c[n] += pole * c[n - 1];
    }
    c[count - 1] = (pole * c[count - 2] + c[count - 1]) * pole / (pole * pole - 1.0);
    for n in (0..count - 1).rev() {
        c[n] = pole * (c[n + 1] - c[n]);
    }
    c
}
