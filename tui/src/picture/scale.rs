//! Making a grey image larger or smaller.

use super::Size;

/// How pixels between voxels get their grey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Resample {
    /// Linear between voxel centres; where the picture is smaller than the slice, the weighted
    /// mean of all voxels under a pixel.
    #[default]
    Linear,
    /// That of the nearest voxel.
    Nearest,
}

/// Sum of the weights of one pixel.
const ONE: u32 = 1 << 12;

/// For each pixel of a line: which voxels make it, and how much of each.
struct Taps {
    /// First voxel of each pixel.
    starts: Vec<usize>,
    /// `count` weights per pixel, adding up to [`ONE`].
    weights: Vec<u32>,
    count: usize,
}

impl Taps {
    /// Triangle filter, as wide as a voxel or a pixel, whichever is wider.
    fn linear(voxels: u32, pixels: u32) -> Self {
        let scale = f64::from(voxels) / f64::from(pixels);
        let reach = scale.max(1.0);
        let count = (2.0 * reach).ceil() as usize + 1;
        let count = count.min(voxels as usize);
        let mut starts = Vec::with_capacity(pixels as usize);
        let mut weights = Vec::with_capacity(pixels as usize * count);
        for pixel in 0..pixels {
            let centre = (f64::from(pixel) + 0.5) * scale - 0.5;
            let start = (centre - reach).ceil().max(0.0) as usize;
            let start = start.min(voxels as usize - count);
            let raw: Vec<f64> = (start..start + count)
                .map(|voxel| (1.0 - (voxel as f64 - centre).abs() / reach).max(0.0))
                .collect();
            weights.extend(normalised(&raw));
            starts.push(start);
        }
        Taps {
            starts,
            weights,
            count,
        }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.starts
            .iter()
            .copied()
            .zip(self.weights.chunks_exact(self.count))
    }
}

/// Integer weights that add up to [`ONE`], so that a flat image stays flat.
fn normalised(raw: &[f64]) -> Vec<u32> {
    let sum: f64 = raw.iter().sum();
    let mut weights: Vec<u32> = raw
        .iter()
        .map(|w| (w / sum * f64::from(ONE)).round() as u32)
        .collect();
    let total: u32 = weights.iter().sum();
    if let Some(largest) = weights.iter_mut().max() {
        *largest = *largest + ONE - total;
    }
    weights
}

/// The image `grey` (row-major) in another size. Neither size may be empty.
pub fn resample(grey: &[u8], from: Size, to: Size, how: Resample) -> Vec<u8> {
    if from == to {
        return grey.to_vec();
    }
    match how {
        Resample::Nearest => nearest(grey, from, to),
        Resample::Linear => linear(grey, from, to),
    }
}

/// The voxel under the middle of a pixel.
pub fn voxel_under(pixel: u32, voxels: u32, pixels: u32) -> u32 {
    let twice = u64::from(2 * pixel + 1) * u64::from(voxels);
    (twice / (2 * u64::from(pixels))) as u32
}

fn nearest(grey: &[u8], from: Size, to: Size) -> Vec<u8> {
    let columns: Vec<usize> = (0..to.width)
        .map(|x| voxel_under(x, from.width, to.width) as usize)
        .collect();
    let mut out = Vec::with_capacity(to.pixels());
    for y in 0..to.height {
        let start = voxel_under(y, from.height, to.height) as usize * from.width as usize;
        let row = &grey[start..start + from.width as usize];
        out.extend(columns.iter().map(|&x| row[x]));
    }
    out
}

fn linear(grey: &[u8], from: Size, to: Size) -> Vec<u8> {
    let across = Taps::linear(from.width, to.width);
    let down = Taps::linear(from.height, to.height);
    // First what leaves fewer pixels for the second step. Between the two, 8 bits are kept behind
    // the point.
    let (half, one) = (ONE << 7, 20);
    if to.height < from.height {
        let lower: Vec<u16> = mix_rows(grey, from.width, &down, 0, 4);
        mix_columns(&lower, from.width, &across, half, one)
    } else {
        let narrower: Vec<u16> = mix_columns(grey, from.width, &across, 0, 4);
        mix_rows(&narrower, to.width, &down, half, one)
    }
}

/// Each row of `width` values as the taps make it of several; to the sums `plus` is added, and
/// `cut` bits are left out.
fn mix_rows<T, U>(values: &[T], width: u32, taps: &Taps, plus: u32, cut: u32) -> Vec<U>
where
    T: Copy + Into<u32>,
    U: Narrow,
{
    let width = width as usize;
    let mut out = Vec::with_capacity(width * taps.starts.len());
    let mut sums = vec![0u32; width];
    for (start, weights) in taps.iter() {
        sums.fill(plus);
        for (row, &weight) in values[start * width..].chunks_exact(width).zip(weights) {
            if weight > 0 {
                for (sum, &v) in sums.iter_mut().zip(row) {
                    *sum += v.into() * weight;
                }
            }
        }
        out.extend(sums.iter().map(|sum| U::narrow(sum >> cut)));
    }
    out
}

/// Likewise each column, of rows of `width` values.
fn mix_columns<T, U>(values: &[T], width: u32, taps: &Taps, plus: u32, cut: u32) -> Vec<U>
where
    T: Copy + Into<u32>,
    U: Narrow,
{
    let width = width as usize;
    let mut out = Vec::with_capacity(values.len() / width * taps.starts.len());
    for row in values.chunks_exact(width) {
        out.extend(taps.iter().map(|(start, weights)| {
            let mut sum = plus;
            for (&v, &weight) in row[start..start + taps.count].iter().zip(weights) {
                sum += v.into() * weight;
            }
            U::narrow(sum >> cut)
        }));
    }
    out
}

/// What a sum is kept as; it is known to fit.
trait Narrow {
    fn narrow(sum: u32) -> Self;
}

impl Narrow for u8 {
    fn narrow(sum: u32) -> Self {
        sum as u8
    }
}

impl Narrow for u16 {
    fn narrow(sum: u32) -> Self {
        sum as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn linear_between_voxel_centres() {
        let out = resample(&[0, 200], size(2, 1), size(4, 1), Resample::Linear);
        assert_eq!(out, [0, 50, 150, 200]);
        let out = resample(&[0, 200], size(1, 2), size(1, 4), Resample::Linear);
        assert_eq!(out, [0, 50, 150, 200]);
    }

    #[test]
    fn smaller_pictures_see_every_voxel() {
        // A bright line one voxel wide must not vanish between pixels.
        for bright in 0..30 {
            let mut line = [0u8; 30];
            line[bright] = 240;
            let out = resample(&line, size(30, 1), size(7, 1), Resample::Linear);
            assert!(out.iter().any(|&v| v > 20), "{bright}: {out:?}");
        }
    }

    #[test]
    fn nearest_repeats_voxels() {
        let out = resample(&[1, 2, 3, 4], size(2, 2), size(4, 3), Resample::Nearest);
        assert_eq!(out, [1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
    }

    proptest! {
        #[test]
        fn flat_images_stay_flat_and_ranges_are_kept(
            from in (1u32..40, 1u32..40), to in (1u32..90, 1u32..90), seed in any::<u64>(), flat in any::<u8>(),
        ) {
            let (from, to) = (size(from.0, from.1), size(to.0, to.1));
            let out = resample(&vec![flat; from.pixels()], from, to, Resample::Linear);
            prop_assert_eq!(out, vec![flat; to.pixels()]);

            let noise: Vec<u8> = (0..from.pixels() as u32).map(|n| seed.rotate_left(n * 11) as u8).collect();
            for how in [Resample::Linear, Resample::Nearest] {
                let out = resample(&noise, from, to, how);
                prop_assert_eq!(out.len(), to.pixels());
                prop_assert!(out.iter().max() <= noise.iter().max());
                prop_assert!(out.iter().min() >= noise.iter().min());
            }
        }
    }
}
