//! How much the greys of an object change from slice to slice.
//!
//! An organ or a tumour has much the same grey on all its slices. A mask that goes over into something
//! else, or lies where nothing is, changes its grey, and differs little from what is around it.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use std::collections::BTreeMap;

/// How far around a mask its surroundings reach, in pixels along rows and columns together.
const AROUND: u32 = 2;

/// Added to the contrast, in parts of the window, so that an object without any has a finite change.
const LEAST_CONTRAST: f64 = 0.05;

/// Sum and number of greys.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    of: f64,
    count: f64,
}

impl Sum {
    fn add(&mut self, grey: u8) {
        self.of += f64::from(grey) / 255.0;
        self.count += 1.0;
    }

    fn mean(&self) -> f64 {
        self.of / self.count.max(1.0)
    }
}

/// The standard deviation of an object's mean grey on its slices, by the contrast between it and
/// its surroundings. `slice` are the greys of a slice in the window, row by row. `None` with fewer than
/// two slices, or where one cannot be seen.
pub fn change(
    masks: &BTreeMap<u32, Rle>,
    shape: SliceShape,
    slice: impl Fn(u32) -> Option<Vec<u8>>,
) -> Option<f64> {
    let mut within: Vec<Sum> = Vec::new();
    let mut beside = Sum::default();
    for (&index, mask) in masks.iter().filter(|(_, mask)| mask.area() > 0) {
        let mask = mask.to_mask(shape).ok()?;
        let greys = slice(index).filter(|greys| greys.len() == shape.pixels())?;
        let mut inside = Sum::default();
        add(&mask, &greys, &mut inside, &mut beside);
        within.push(inside);
    }
    if within.len() < 2 {
        return None;
    }
    let all = within.iter().fold(Sum::default(), |all, sum| Sum {
        of: all.of + sum.of,
        count: all.count + sum.count,
    });
    let squares = within
        .iter()
        .map(|sum| sum.count * (sum.mean() - all.mean()).powi(2));
    let deviation = (squares.sum::<f64>() / all.count).sqrt();
    let contrast = (all.mean() - beside.mean()).abs();
    Some(deviation / (contrast + LEAST_CONTRAST))
}

/// Adds the greys of a mask and of what is around it.
fn add(mask: &SliceMask, greys: &[u8], inside: &mut Sum, beside: &mut Sum) {
    let shape = mask.shape();
    let Some(bounds) = mask.bounds() else {
        return;
    };
    let near = bounds.enlarged(AROUND, shape);
    let is_near = |x: u32, y: u32| {
        (y.saturating_sub(AROUND)..=y + AROUND).any(|row| {
            let reach = AROUND - row.abs_diff(y);
            (x.saturating_sub(reach)..=x + reach).any(|column| mask.get(column, row))
        })
    };
    for y in near.y0..near.y1 {
        for x in near.x0..near.x1 {
            let grey = greys[y as usize * shape.width as usize + x as usize];
            if mask.get(x, y) {
                inside.add(grey);
            } else if is_near(x, y) {
                beside.add(grey);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 24,
        height: 16,
    };

    /// A square of these greys on slices from 3 on, in surroundings of grey 51.
    fn of(greys: &[u8]) -> Option<f64> {
        let square = SliceMask::from_fn(SHAPE, |x, y| (8..14).contains(&x) && (5..11).contains(&y));
        let masks = (3..).zip(greys).map(|(index, _)| (index, square.to_rle()));
        change(&masks.collect(), SHAPE, |index| {
            let inside = *greys.get(index as usize - 3)?;
            let pixels = square.pixels().iter();
            Some(pixels.map(|&set| if set { inside } else { 51 }).collect())
        })
    }

    #[test]
    fn the_same_grey_on_all_slices_does_not_change() {
        assert_eq!(of(&[153; 4]), Some(0.0));
        // From 0.4 to 0.8 in surroundings of 0.2: a deviation of 0.2, a contrast of 0.4.
        let changing = of(&[102, 204]).unwrap();
        assert!((changing - 0.2 / 0.45).abs() < 1e-9, "{changing}");
        let faint = of(&[60, 70, 50, 40]).unwrap();
        assert!(faint > changing / 2.0, "{faint}");
    }

    #[test]
    fn one_slice_does_not_say_how_it_changes() {
        assert_eq!(of(&[153]), None);
        let square = SliceMask::from_fn(SHAPE, |x, _| x < 4).to_rle();
        let masks = [(0, square.clone()), (1, square)].into();
        assert_eq!(change(&masks, SHAPE, |_| None), None, "not read");
    }
}
