//! The protocol of corrections: where a result is most wrong, and what a person would click there.

use super::metric::{Compared, Scores};
use super::volumes::Truth;
use crate::segment::components;
use crate::segment::propagation::{Answer, innermost};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::SlicePoint;
use std::collections::{BTreeMap, BTreeSet};

/// The masks of a result beside the truth, with the largest error of each slice.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    truth: &'a Truth,
    shape: SliceShape,
    masks: BTreeMap<u32, SliceMask>,
    errors: BTreeMap<u32, Error>,
}

/// The largest connected part of a slice that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Error {
    area: u64,
    /// Its centre: the pixel farthest inside it.
    at: SlicePoint,
}

impl<'a> Found<'a> {
    /// The result of a rule.
    pub fn of(truth: &'a Truth, shape: SliceShape, answers: &BTreeMap<u32, Answer>) -> Self {
        let masks = answers.iter().filter_map(|(&index, answer)| {
            let mask = answer.mask.to_mask(shape).ok()?;
            Some((index, mask))
        });
        let mut found = Found {
            truth,
            shape,
            masks: masks.collect(),
            errors: BTreeMap::new(),
        };
        let slices = found.masks.keys().chain(truth.slices.keys());
        let slices: BTreeSet<u32> = slices.copied().collect();
        for index in slices {
            found.measure(index);
        }
        found
    }

    /// The mask of a slice.
    pub fn mask(&self, index: u32) -> SliceMask {
        let mask = self.masks.get(&index).cloned();
        mask.unwrap_or_else(|| SliceMask::empty(self.shape))
    }

    /// Replaces the mask of a slice.
    pub fn put(&mut self, index: u32, mask: SliceMask) {
        self.masks.insert(index, mask);
        self.measure(index);
    }

    /// The scores of the whole object.
    pub fn scores(&self) -> Scores {
        let found = self.masks.iter();
        Scores::of(&Compared {
            truth: self.truth.runs(),
            found: found.map(|(&index, mask)| (index, mask.to_rle())).collect(),
            space: self.truth.space,
        })
    }

    fn measure(&mut self, index: u32) {
        let truth = self.truth.slices.get(&index).cloned();
        let truth = truth.unwrap_or_else(|| SliceMask::empty(self.shape));
        match largest_error(&truth, &self.mask(index)) {
            Some((area, at)) => self.errors.insert(index, Error { area, at }),
            None => self.errors.remove(&index),
        };
    }

    /// The slice with the largest error, and the point that a person would set there: on the object
    /// where it is missing, outside it where there is too much. `None` if nothing is wrong.
    pub fn worst(&self) -> Option<(u32, SlicePoint)> {
        // The first of several.
        let errors = self.errors.iter().rev();
        let (&index, error) = errors.max_by_key(|(_, error)| error.area)?;
        Some((index, error.at))
    }
}

/// Pixels and centre of the largest connected part that is missing or too much; `None` if the mask is
/// right.
fn largest_error(truth: &SliceMask, found: &SliceMask) -> Option<(u64, SlicePoint)> {
    let wrong = |positive: bool| {
        SliceMask::from_fn(truth.shape(), |x, y| {
            truth.get(x, y) == positive && found.get(x, y) != positive
        })
    };
    let missing = components(&wrong(true))
        .into_iter()
        .map(|part| (part, true));
    let extra = components(&wrong(false))
        .into_iter()
        .map(|part| (part, false));
    let largest = missing
        .chain(extra)
        .rev()
        .max_by_key(|(part, _)| part.area());
    let (part, positive) = largest?;
    let at = innermost(&part)?;
    Some((part.area(), SlicePoint { positive, ..at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_error_is_clicked_in_its_middle() {
        let shape = SliceShape {
            width: 20,
            height: 10,
        };
        let columns = |of: std::ops::Range<u32>| {
            SliceMask::from_fn(shape, |x, y| of.contains(&x) && (2..7).contains(&y))
        };
        let (area, at) = largest_error(&columns(4..14), &columns(1..9)).unwrap();
        assert_eq!(
            (area, at.positive),
            (25, true),
            "five columns are missing, three too much"
        );
        assert_eq!((at.x, at.y), (11, 4));
        let (_, at) = largest_error(&columns(4..9), &columns(4..16)).unwrap();
        assert!(!at.positive && columns(9..16).get(at.x, at.y));
        assert_eq!(largest_error(&columns(4..9), &columns(4..9)), None);
    }
}
