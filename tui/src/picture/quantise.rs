//! The colours of a picture that is no scan: a few that are like all of them.
//!
//! The box that holds most of the variation of a colour channel is cut at its median, until there are
//! enough boxes (Heckbert's median cut, on histograms of 5 bits a channel); each becomes the mean of
//! its pixels. Only pictures go this way. Greys of scans are fixed beforehand.

use crate::contrast::{Rgb, luminance};

/// Bits of each channel that count.
const BITS: u32 = 5;

/// The colours, from dark to light, and the number of its colour for each pixel.
pub fn quantise(pixels: &[Rgb], count: u8) -> (Vec<Rgb>, Vec<u8>) {
    let mut bins: Vec<Bin> = vec![Bin::default(); 1 << (3 * BITS)];
    for pixel in pixels {
        bins[bin(*pixel)].add(*pixel);
    }
    let full: Vec<usize> = (0..bins.len()).filter(|at| bins[*at].count > 0).collect();
    let mut boxes = vec![full];
    while boxes.len() < usize::from(count.max(1)) {
        let widest = boxes
            .iter()
            .enumerate()
            .filter(|(_, of)| of.len() > 1)
            .max_by_key(|(_, of)| spread(of, &bins).1);
        let Some(at) = widest.map(|(at, _)| at) else {
            break;
        };
        let halves = cut(boxes.swap_remove(at), &bins);
        boxes.extend(halves);
    }
    let mut coloured: Vec<(Rgb, Vec<usize>)> =
        boxes.into_iter().map(|of| (mean(&of, &bins), of)).collect();
    coloured.sort_by(|(a, _), (b, _)| luminance(*a).total_cmp(&luminance(*b)));
    let mut numbers = vec![0; bins.len()];
    for (number, (_, of)) in (0..).zip(&coloured) {
        for &at in of {
            numbers[at] = number;
        }
    }
    let colours = coloured.into_iter().map(|(colour, _)| colour).collect();
    let pixels = pixels.iter().map(|pixel| numbers[bin(*pixel)]).collect();
    (colours, pixels)
}

/// Pixels of nearly the same colour.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    count: u64,
    sums: [u64; 3],
}

impl Bin {
    fn add(&mut self, pixel: Rgb) {
        self.count += 1;
        for (sum, part) in self.sums.iter_mut().zip(pixel) {
            *sum += u64::from(part);
        }
    }

    fn part(&self, channel: usize) -> u64 {
        self.sums[channel] / self.count.max(1)
    }
}

fn bin(pixel: Rgb) -> usize {
    let parts = pixel.map(|part| usize::from(part >> (8 - BITS)));
    parts.into_iter().fold(0, |at, part| at << BITS | part)
}

/// The channel that varies most within a box, and how much: its range times the root of the pixels.
fn spread(of: &[usize], bins: &[Bin]) -> (usize, u64) {
    let pixels: u64 = of.iter().map(|at| bins[*at].count).sum();
    let range = |channel: usize| {
        let parts = of.iter().map(|at| bins[*at].part(channel));
        let (low, high) = parts.fold((u64::MAX, 0), |(low, high), part| {
            (low.min(part), high.max(part))
        });
        high.saturating_sub(low)
    };
    let widest = (0..3).map(|channel| (channel, range(channel)));
    let (channel, range) = widest.max_by_key(|(_, range)| *range).unwrap_or((0, 0));
    (channel, range * pixels.isqrt().max(1))
}

/// Two boxes with about as many pixels each.
fn cut(mut of: Vec<usize>, bins: &[Bin]) -> [Vec<usize>; 2] {
    let (channel, _) = spread(&of, bins);
    of.sort_by_key(|at| bins[*at].part(channel));
    let half: u64 = of.iter().map(|at| bins[*at].count).sum::<u64>() / 2;
    let mut below = 0;
    let middle = of.iter().position(|at| {
        below += bins[*at].count;
        below > half
    });
    let middle = middle.unwrap_or(0).clamp(1, of.len() - 1);
    let upper = of.split_off(middle);
    [of, upper]
}

fn mean(of: &[usize], bins: &[Bin]) -> Rgb {
    let mut all = Bin::default();
    for at in of {
        all.count += bins[*at].count;
        for (sum, part) in all.sums.iter_mut().zip(bins[*at].sums) {
            *sum += part;
        }
    }
    [0, 1, 2].map(|channel| all.part(channel) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_colours_stay_as_they_are() {
        let few = [[200, 120, 100], [10, 20, 30], [250, 250, 240]];
        let pixels: Vec<Rgb> = (0..999).map(|at| few[at % 3]).collect();
        let (colours, numbers) = quantise(&pixels, 101);
        assert_eq!(colours, [few[1], few[0], few[2]], "from dark to light");
        assert_eq!(&numbers[..3], [1, 0, 2]);
    }

    #[test]
    fn many_colours_become_ones_like_them() {
        let pixels: Vec<Rgb> = (0..120u32 * 120)
            .map(|at| [(at % 120 + 100) as u8, (at / 120 + 60) as u8, 90])
            .collect();
        let (colours, numbers) = quantise(&pixels, 101);
        assert!(colours.len() == 101 && numbers.len() == pixels.len());
        for (pixel, number) in pixels.iter().zip(numbers) {
            let shown = colours[usize::from(number)];
            let off = pixel.iter().zip(shown).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off <= Some(16), "{pixel:?} became {shown:?}");
        }
        assert_eq!(quantise(&[], 32).0.len(), 1);
    }
}
