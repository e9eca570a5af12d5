//! Two masks of the same object compared.

use medicosam_shared::mask::{ObjectMask, Rle, SliceMask};

/// Dice coefficient of two masks of the same scan, cut across the same axis: twice what they share
/// by the sum of both; 1 if both are empty.
pub fn dice(a: Option<&ObjectMask>, b: Option<&ObjectMask>) -> f64 {
    let size = |object: Option<&ObjectMask>| object.map_or(0, ObjectMask::voxels);
    let sum = size(a) + size(b);
    if sum == 0 {
        return 1.0;
    }
    let shared: u64 = match (a, b) {
        (Some(a), Some(b)) => a
            .slices
            .iter()
            .filter_map(|(index, runs)| Some(shared(runs, b.slices.get(index)?)))
            .sum(),
        _ => 0,
    };
    2.0 * shared as f64 / sum as f64
}

/// Pixels that are in both.
fn shared(a: &Rle, b: &Rle) -> u64 {
    let mut b = b.object_runs().peekable();
    let mut pixels = 0;
    for (start, length) in a.object_runs() {
        let end = start + length;
        while let Some(&(other, size)) = b.peek() {
            let other_end = other + size;
            pixels += other_end.min(end).saturating_sub(other.max(start));
            if other_end > end {
                break;
            }
            b.next();
        }
    }
    pixels
}

/// What a mask has that the one before had not, and what it lacks; either may be missing.
pub fn changes(
    now: Option<&SliceMask>,
    before: Option<&SliceMask>,
) -> Option<(SliceMask, SliceMask)> {
    let shape = now.or(before)?.shape();
    let has = |mask: Option<&SliceMask>, x, y| mask.is_some_and(|m| m.get(x, y));
    let added = SliceMask::from_fn(shape, |x, y| has(now, x, y) && !has(before, x, y));
    let removed = SliceMask::from_fn(shape, |x, y| has(before, x, y) && !has(now, x, y));
    Some((added, removed))
}

#[cfg(test)]
mod tests {
    use super::super::testing::random_pair;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dice_is_that_of_the_voxels((a, b) in random_pair()) {
            let (one, two) = (a.label_map().unwrap(), b.label_map().unwrap());
            let both = one.iter().zip(&two).filter(|(a, b)| **a != 0 && **b != 0).count();
            let sum = one.iter().chain(&two).filter(|v| **v != 0).count();
            let wanted = if sum == 0 { 1.0 } else { 2.0 * both as f64 / sum as f64 };
            prop_assert_eq!(dice(a.objects.first(), b.objects.first()), wanted);
        }
    }

    #[test]
    fn what_is_new_and_what_is_gone() {
        let shape = medicosam_shared::geometry::SliceShape {
            width: 3,
            height: 1,
        };
        let mask = |from: u32| SliceMask::from_fn(shape, |x, _| (from..from + 2).contains(&x));
        let (added, removed) = changes(Some(&mask(1)), Some(&mask(0))).unwrap();
        assert_eq!(added.pixels(), [false, false, true]);
        assert_eq!(removed.pixels(), [true, false, false]);
        let (added, removed) = changes(None, Some(&mask(0))).unwrap();
        assert_eq!((added.area(), removed.area()), (0, 2));
        assert_eq!(changes(None, None), None);
        assert_eq!(dice(None, None), 1.0);
    }
}
