//! A mask as a prompt: logits as if the decoder had made it.

use super::Family;
use crate::model::embedding::LowResLogits;
use crate::model::image::fit_longest_side;
use crate::model::sizes::Sizes;
use crate::model::view::View;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;

impl Family {
    /// A mask as the logits that the decoder takes to start from, at its resolution: those of probabilities of 0.999
    /// inside and 0.001 outside, and where the input is padded, in the picture `view` of the slice (`_compute_logits_from_mask` of
    /// micro_sam since June 2026: resized, smoothed where it becomes smaller, then cut at one half).
    pub fn start_from(self, mask: &SliceMask, view: View, sizes: Sizes) -> LowResLogits {
        let mask = view.mask(mask);
        let (shape, side) = (mask.shape(), sizes.mask());
        let fitted = match self {
            Family::MedSam => SliceShape {
                width: side as u32,
                height: side as u32,
            },
            Family::Sam | Family::LiteMedSam => fit_longest_side(shape, side as u32),
        };
        let inside = (0.999f32 / 0.001).ln();
        let mut values = vec![-inside; side * side];
        let columns = triangles(shape.width, fitted.width);
        let rows = triangles(shape.height, fitted.height);
        let along_rows = |y: u32| -> Vec<f32> {
            let set = |x: u32| f32::from(u8::from(mask.get(x, y)));
            columns
                .iter()
                .map(|part| part.iter().map(|&(x, weight)| weight * set(x)).sum())
                .collect()
        };
        let lines: Vec<Vec<f32>> = (0..shape.height).map(along_rows).collect();
        for (values, part) in values.chunks_mut(side).zip(&rows) {
            for (x, value) in values.iter_mut().enumerate().take(fitted.width as usize) {
                let share: f32 = part.iter().map(|&(y, w)| w * lines[y as usize][x]).sum();
                if share > 0.5 {
                    *value = inside;
                }
            }
        }
        LowResLogits { values, side, view }
    }
}

/// For each of `to` places along a line the places of `from` that it is made of, with weights that
/// add up to 1: bilinear, over as many as become one (torch's `antialias=True`).
fn triangles(from: u32, to: u32) -> Vec<Vec<(u32, f32)>> {
    let scale = f64::from(from) / f64::from(to);
    let support = scale.max(1.0);
    let place = |target: u32| {
        let centre = (f64::from(target) + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as u32;
        let last = ((centre + support + 0.5) as u32).min(from);
        let weight = |at: u32| (1.0 - ((f64::from(at) - centre + 0.5) / support).abs()).max(0.0);
        let sum: f64 = (first..last).map(weight).sum();
        (first..last)
            .map(|at| (at, (weight(at) / sum) as f32))
            .collect()
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes {
        input: 256,
        channels: 256,
        grid: 64,
    };

    fn set(logits: &LowResLogits) -> Vec<(usize, usize)> {
        let set = logits.values.iter().enumerate().filter(|(_, v)| **v > 0.0);
        set.map(|(at, _)| (at % logits.side, at / logits.side))
            .collect()
    }

    #[test]
    fn a_mask_of_the_decoders_size_is_taken_as_it_is() {
        let shape = SliceShape {
            width: 256,
            height: 100,
        };
        let mask = SliceMask::from_fn(shape, |x, y| (x, y) == (7, 9) || (x, y) == (255, 99));
        let logits = Family::LiteMedSam.start_from(&mask, View::as_stored(mask.shape()), SIZES);
        assert_eq!(set(&logits), [(7, 9), (255, 99)]);
        let extreme = logits.values.iter().map(|v| v.abs()).fold(0.0, f32::max);
        assert!((extreme - 6.906_755).abs() < 1e-5, "{extreme}");
    }

    #[test]
    fn a_larger_mask_becomes_smaller_and_keeps_its_place() {
        let shape = SliceShape {
            width: 512,
            height: 512,
        };
        let mask = SliceMask::from_fn(shape, |x, y| {
            (100..140).contains(&x) && (200..220).contains(&y)
        });
        let places = set(&Family::Sam.start_from(&mask, View::as_stored(mask.shape()), SIZES));
        assert_eq!(places.len(), 200);
        assert!(
            places
                .iter()
                .all(|&(x, y)| (50..70).contains(&x) && (100..110).contains(&y))
        );
        // Less than half of what one place is made of.
        let dot = SliceMask::from_fn(shape, |x, y| (x, y) == (100, 200));
        assert!(set(&Family::Sam.start_from(&dot, View::as_stored(shape), SIZES)).is_empty());
    }

    #[test]
    fn medsam_fills_the_square_and_the_others_keep_the_aspect() {
        let shape = SliceShape {
            width: 128,
            height: 64,
        };
        let mask = SliceMask::from_fn(shape, |_, _| true);
        let area = |family: Family| {
            set(&family.start_from(&mask, View::as_stored(mask.shape()), SIZES)).len()
        };
        assert_eq!(area(Family::MedSam), 256 * 256);
        assert_eq!(area(Family::Sam), 256 * 128);
    }
}
