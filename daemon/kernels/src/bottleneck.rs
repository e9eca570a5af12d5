//! Convolutions of pictures whose pixels are rows of channels: depthwise ones, and the inverted
//! bottleneck made of one between two linear layers.
//!
//! An inverted bottleneck widens each pixel, convolves, and narrows it again. The wide picture, 67
//! MB in LiteMedSAM's first stage, never exists: three rows of it are kept while a row of the
//! result is made.

use super::linear::{Linear, gelu_all};
use super::simd::{Simd, vectorised};

/// A picture: (height, width, channels), channels fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Numbers per pixel.
    pub channels: usize,
}

impl Picture {
    /// Numbers per row.
    pub fn row(&self) -> usize {
        self.width * self.channels
    }
}

/// A 3 × 3 convolution of each channel by itself, with zeros around the picture.
#[derive(Debug, Clone, Copy)]
pub struct Depthwise<'a> {
    /// (3, 3, channels): kernel row, kernel column, channel.
    pub kernel: &'a [f32],
    /// (channels)
    pub bias: &'a [f32],
    /// Step from one pixel of the result to the next: 1 or 2.
    pub stride: usize,
}

impl Depthwise<'_> {
    /// Size of the result.
    pub fn result(&self, picture: Picture) -> Picture {
        Picture {
            height: picture.height.div_ceil(self.stride),
            width: picture.width.div_ceil(self.stride),
            ..picture
        }
    }

    /// One row of the result from three rows of the picture, of which the first and the last are
    /// `None` where they lie outside.
    pub fn row(&self, rows: [Option<&[f32]>; 3], width: usize, out: &mut [f32]) {
        convolve_row(self, rows, width, out);
    }
}

vectorised! {
    fn convolve_row<S>(
        conv: &Depthwise<'_>,
        rows: [Option<&[f32]>; 3],
        width: usize,
        out: &mut [f32],
    ) {
        let channels = conv.bias.len();
        let outside = vec![0.0; channels];
        for (x, out) in out.chunks_exact_mut(channels).enumerate() {
            out.copy_from_slice(conv.bias);
            for (row, kernel) in rows.iter().zip(conv.kernel.chunks_exact(3 * channels)) {
                let Some(row) = row else { continue };
                // Columns x·stride − 1 to x·stride + 1, counted from 1.
                let pixels = [0, 1, 2].map(|kx| match x * conv.stride + kx {
                    column if (1..=width).contains(&column) => {
                        &row[(column - 1) * channels..][..channels]
                    }
                    _ => outside.as_slice(),
                });
                add_products::<S>(out, pixels, kernel);
            }
        }
    }
}

/// Adds three pixels, each multiplied by a third of `kernel`.
#[inline(always)]
fn add_products<S: Simd>(out: &mut [f32], pixels: [&[f32]; 3], kernel: &[f32]) {
    let channels = out.len();
    let [a, b, c] = pixels.map(|pixel| &pixel[..channels]);
    let (p, rest) = kernel.split_at(channels);
    let (q, r) = rest.split_at(channels);
    let r = &r[..channels];
    let q = &q[..channels];
    for i in 0..channels {
        let sum = S::mul_add(a[i], p[i], out[i]);
        let sum = S::mul_add(b[i], q[i], sum);
        out[i] = S::mul_add(c[i], r[i], sum);
    }
}

/// activation(narrow(gelu(conv(gelu(widen(x))))) + residual).
#[derive(Debug, Clone, Copy)]
pub struct Bottleneck<'a> {
    /// The layer that widens, with its GELU.
    pub widen: Linear<'a>,
    /// The convolution of the wide picture.
    pub conv: Depthwise<'a>,
    /// The layer that narrows, with its GELU if there is one.
    pub narrow: Linear<'a>,
    /// Whether x is added before the last GELU.
    pub residual: bool,
}

impl Bottleneck<'_> {
    /// Computes the rows of the result from `first` on that fit `out`; `x` is the whole picture.
    pub fn rows(&self, picture: Picture, x: &[f32], first: usize, out: &mut [f32]) {
        let wide = Picture {
            channels: self.widen.outputs,
            ..picture
        };
        let result = self.conv.result(picture);
        let stride = self.conv.stride;
        let mut ring = vec![0.0; 3 * wide.row()];
        let mut convolved = vec![0.0; result.width * wide.channels];
        let mut widened = (first * stride).saturating_sub(1);
        for (y, out) in (first..).zip(out.chunks_exact_mut(result.width * self.narrow.outputs)) {
            let centre = y * stride;
            while widened < (centre + 2).min(picture.height) {
                let row = &x[widened * picture.row()..][..picture.row()];
                let place = &mut ring[widened % 3 * wide.row()..][..wide.row()];
                self.widen.rows(row, None, place);
                widened += 1;
            }
            let row = |y: usize| &ring[y % 3 * wide.row()..][..wide.row()];
            let rows = [
                centre.checked_sub(1).map(row),
                Some(row(centre)),
                (centre + 1 < picture.height).then(|| row(centre + 1)),
            ];
            self.conv.row(rows, picture.width, &mut convolved);
            gelu_all(&mut convolved);
            let residual = self
                .residual
                .then(|| &x[y * picture.row()..][..picture.row()]);
            self.narrow.rows(&convolved, residual, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gemm::pack;
    use super::super::math::gelu;
    use super::super::simd::Fused;
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |n: usize| ((n * 37 + seed * 101) % 113) as f32 / 56.5 - 1.0;
        (0..count).map(number).collect()
    }

    fn convolve(picture: Picture, x: &[f32], conv: &Depthwise<'_>) -> Vec<f32> {
        let Picture {
            height,
            width,
            channels,
        } = picture;
        let result = conv.result(picture);
        let mut all = Vec::new();
        for (y, x0) in (0..result.height).flat_map(|y| (0..result.width).map(move |x| (y, x))) {
            for c in 0..channels {
                let mut sum = f64::from(conv.bias[c]);
                for (ky, kx) in (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx))) {
                    let (py, px) = (y * conv.stride + ky, x0 * conv.stride + kx);
                    if (1..=height).contains(&py) && (1..=width).contains(&px) {
                        let pixel = x[((py - 1) * width + px - 1) * channels + c];
                        let kernel = conv.kernel[(ky * 3 + kx) * channels + c];
                        sum += f64::from(pixel) * f64::from(kernel);
                    }
                }
                all.push(sum as f32);
            }
        }
        all
    }

    #[test]
    fn a_bottleneck_in_parts_is_its_three_layers_one_after_another() {
        for (stride, residual) in [(1, true), (1, false), (2, false)] {
            let picture = Picture {
                height: 7,
                width: 6,
                channels: 16,
            };
            let x = numbers(7 * 6 * 16, 1);
            let (w1, b1) = (numbers(16 * 40, 2), numbers(40, 3));
            let (kernel, b2) = (numbers(9 * 40, 4), numbers(40, 5));
            let (w3, b3) = (numbers(40 * 16, 6), numbers(16, 7));
            let (p1, p3) = (
                pack(16, 40, |i, o| w1[i * 40 + o]),
                pack(40, 16, |i, o| w3[i * 16 + o]),
            );
            let layer = |weight, bias, inputs, outputs| Linear {
                weight,
                bias,
                inputs,
                outputs,
                norm: None,
                gelu: true,
            };
            let bottleneck = Bottleneck {
                widen: layer(&p1, &b1, 16, 40),
                conv: Depthwise {
                    kernel: &kernel,
                    bias: &b2,
                    stride,
                },
                narrow: Linear {
                    gelu: residual,
                    ..layer(&p3, &b3, 40, 16)
                },
                residual,
            };
            let gelus = |v: Vec<f32>| -> Vec<f32> { v.into_iter().map(gelu::<Fused>).collect() };
            let linear = |x: &[f32], w: &[f32], b: &[f32]| -> Vec<f32> {
                let (inputs, outputs) = (w.len() / b.len(), b.len());
                let row = |x: &[f32], o: usize| {
                    (0..inputs).map(|i| x[i] * w[i * outputs + o]).sum::<f32>() + b[o]
                };
                x.chunks(inputs)
                    .flat_map(|x| (0..outputs).map(move |o| row(x, o)))
                    .collect()
            };
            let wide = gelus(linear(&x, &w1, &b1));
            let wide_picture = Picture {
                channels: 40,
                ..picture
            };
            let mut expected = linear(
                &gelus(convolve(wide_picture, &wide, &bottleneck.conv)),
                &w3,
                &b3,
            );
            if residual {
                expected.iter_mut().zip(&x).for_each(|(a, b)| *a += b);
                expected = gelus(expected);
            }
            let result = bottleneck.conv.result(picture);
            let mut ours = vec![0.0; result.height * result.width * 16];
            for (part, out) in ours.chunks_mut(3 * result.width * 16).enumerate() {
                bottleneck.rows(picture, &x, part * 3, out);
            }
            for (a, b) in ours.iter().zip(&expected) {
                assert!(
                    (a - b).abs() < 2e-5 * b.abs().max(1.0),
                    "stride {stride}: {a} {b}"
                );
            }
        }
    }
}
