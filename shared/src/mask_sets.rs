//! Masks as sets of pixels: made, joined and taken from one another as runs, without a pixel grid.

use crate::geometry::SliceShape;
use crate::mask::Rle;
use crate::prompt::SliceBox;

impl Rle {
    /// Whether no pixel is set.
    pub fn is_empty(&self) -> bool {
        self.area() == 0
    }

    /// The mask of these runs: start (pixel index, row-major) and length of each, in order and apart.
    pub fn from_runs(runs: impl IntoIterator<Item = (u64, u64)>) -> Rle {
        let mut lengths: Vec<u32> = Vec::new();
        let mut end = 0u64;
        for (start, length) in runs {
            match lengths.last_mut().filter(|_| start == end) {
                Some(last) => *last += length as u32,
                None => lengths.extend([(start - end) as u32, length as u32]),
            }
            end = start + length;
        }
        Rle(lengths)
    }

    /// The pixels that either has.
    pub fn union(&self, other: &Rle) -> Rle {
        combined(self, other, |a, b| a || b)
    }

    /// The pixels that both have.
    pub fn common(&self, other: &Rle) -> Rle {
        combined(self, other, |a, b| a && b)
    }

    /// Its pixels without those of another one.
    pub fn minus(&self, other: &Rle) -> Rle {
        combined(self, other, |a, b| a && !b)
    }

    /// Whether a pixel is set. `width` is the number of columns of the slice.
    pub fn has(&self, x: u32, y: u32, width: u32) -> bool {
        let at = u64::from(y) * u64::from(width) + u64::from(x);
        let mut runs = self.object_runs();
        runs.any(|(start, length)| (start..start + length).contains(&at))
    }

    /// The smallest box around its pixels on a slice of `shape`; `None` if it has none.
    pub fn bounds(&self, shape: SliceShape) -> Option<SliceBox> {
        let mask = self.to_mask(shape).ok()?;
        mask.bounds()
    }
}

/// The pixels for which `keep(is in a, is in b)` holds; it must not hold for pixels in neither.
fn combined(a: &Rle, b: &Rle, keep: impl Fn(bool, bool) -> bool) -> Rle {
    let (mut of_a, mut of_b) = (edges(a).peekable(), edges(b).peekable());
    let (mut in_a, mut in_b, mut is_kept) = (false, false, false);
    let mut lengths = Vec::new();
    let mut since = 0u64;
    while let Some(at) = of_a.peek().into_iter().chain(of_b.peek()).min().copied() {
        while of_a.next_if_eq(&at).is_some() {
            in_a = !in_a;
        }
        while of_b.next_if_eq(&at).is_some() {
            in_b = !in_b;
        }
        let now = keep(in_a, in_b);
        if now != is_kept {
            lengths.push((at - since) as u32);
            (since, is_kept) = (at, now);
        }
    }
    Rle(lengths)
}

/// The pixels at which a mask begins and ends in turn, from index 0 on.
fn edges(mask: &Rle) -> impl Iterator<Item = u64> + '_ {
    // Background at the end says nothing.
    let whole = mask.0.len() / 2 * 2;
    let mut at = 0u64;
    mask.0.iter().take(whole).map(move |&length| {
        at += u64::from(length);
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::SliceMask;
    use proptest::prelude::*;

    const SHAPE: SliceShape = SliceShape {
        width: 8,
        height: 8,
    };

    fn mask(bits: u64) -> Rle {
        SliceMask::from_fn(SHAPE, |x, y| bits >> (y * 8 + x) & 1 == 1).to_rle()
    }

    #[test]
    fn runs_that_touch_are_one() {
        let runs = [(0, 2), (2, 1), (5, 3)];
        assert_eq!(Rle::from_runs(runs), Rle(vec![0, 3, 2, 3]));
        assert_eq!(Rle::from_runs([]), Rle(vec![]));
    }

    proptest! {
        #[test]
        fn sets_of_runs_are_sets_of_pixels(a in any::<u64>(), b in any::<u64>()) {
            let (x, y) = (mask(a), mask(b));
            prop_assert_eq!(x.union(&y), mask(a | b));
            prop_assert_eq!(x.common(&y), mask(a & b));
            prop_assert_eq!(x.minus(&y), mask(a & !b));
            prop_assert_eq!(Rle::from_runs(x.object_runs()), x.clone());
            prop_assert_eq!(x.is_empty(), a == 0);
            prop_assert_eq!(x.has(3, 5, 8), a >> 43 & 1 == 1);
        }

        /// Runs from elsewhere may be empty, or end in background.
        #[test]
        fn odd_runs_mean_the_same(lengths in prop::collection::vec(0u32..4, 0..12), b in any::<u64>()) {
            let odd = Rle(lengths);
            let plain = odd.to_mask(SHAPE).unwrap().to_rle();
            prop_assert_eq!(odd.union(&mask(b)), plain.union(&mask(b)));
            prop_assert_eq!(mask(b).minus(&odd), mask(b).minus(&plain));
        }
    }
}
