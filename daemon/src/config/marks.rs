//! The boxes and points of one object.

use super::spec::{BoxSpec, PointSpec, Space};

/// The boxes and points of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Boxes around it.
    pub boxes: Vec<BoxSpec>,
    /// Points in it or outside it.
    pub points: Vec<PointSpec>,
}

impl Marks {
    /// From the keys `box`, `boxes` and `points`.
    pub fn new(first: Option<BoxSpec>, more: Vec<BoxSpec>, points: Vec<PointSpec>) -> Self {
        Marks {
            boxes: first.into_iter().chain(more).collect(),
            points,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty() && self.points.is_empty()
    }

    /// The checks that need no scan: finite numbers, fractions within the volume, no empty box.
    pub fn check(&self) -> Result<(), String> {
        for bbox in &self.boxes {
            let (slice, min, max) = bbox.numbers();
            let all: Vec<f64> = slice.iter().chain(&min).chain(&max).copied().collect();
            check_numbers(&format!("the box {bbox}"), bbox.space, &all)?;
            // In mm a flat box stands for the slice it lies in.
            let is_empty = |(a, b): (&f64, &f64)| match bbox.space {
                Space::Mm => a > b,
                Space::Voxel | Space::Fraction => a >= b,
            };
            if min.iter().zip(&max).any(is_empty) {
                return Err(format!("the box {bbox} is empty"));
            }
        }
        for point in &self.points {
            let (slice, at) = point.numbers();
            let all: Vec<f64> = slice.into_iter().chain(at).collect();
            check_numbers(&format!("the point {point}"), point.space, &all)?;
        }
        Ok(())
    }
}

fn check_numbers(what: &str, space: Space, numbers: &[f64]) -> Result<(), String> {
    if !numbers.iter().all(|v| v.is_finite()) {
        return Err(format!("{what} has a value that is not a number"));
    }
    if space == Space::Fraction && !numbers.iter().all(|v| (0.0..=1.0).contains(v)) {
        return Err(format!("{what} has fractions outside 0 to 1"));
    }
    Ok(())
}
