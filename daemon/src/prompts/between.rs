//! Boxes on a few slices of an object, and those between them.

use medicosam_shared::prompt::SliceBox;
use std::collections::BTreeMap;

/// The boxes on the slices between those that have one: each side moves evenly from one to the next, to
/// the nearest pixel.
pub fn between(known: &BTreeMap<u32, SliceBox>) -> BTreeMap<u32, SliceBox> {
    let pairs = known.iter().zip(known.iter().skip(1));
    pairs
        .flat_map(|((&first, from), (&last, to))| {
            let gap = first + 1..last;
            gap.map(move |index| (index, mixed((first, from), (last, to), index)))
        })
        .collect()
}

/// The box on slice `index`, between those of two others.
fn mixed((first, from): (u32, &SliceBox), (last, to): (u32, &SliceBox), index: u32) -> SliceBox {
    let share = f64::from(index - first) / f64::from(last - first);
    let mix = |from: u32, to: u32| {
        let (from, to) = (f64::from(from), f64::from(to));
        // Between two pixels of the slice, so it is one too.
        (from + (to - from) * share).round() as u32
    };
    SliceBox {
        x0: mix(from.x0, to.x0),
        y0: mix(from.y0, to.y0),
        x1: mix(from.x1, to.x1),
        y1: mix(from.y1, to.y1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bbox(x0: u32, y0: u32, x1: u32, y1: u32) -> SliceBox {
        SliceBox { x0, y0, x1, y1 }
    }

    #[test]
    fn sides_move_evenly_from_box_to_box() {
        let known = [
            (2, bbox(0, 10, 4, 20)),
            (6, bbox(8, 10, 20, 22)),
            (7, bbox(0, 0, 1, 1)),
            (9, bbox(0, 0, 2, 1)),
        ];
        let found = between(&known.into());
        let expected = [
            (3, bbox(2, 10, 8, 21)),
            (4, bbox(4, 10, 12, 21)),
            (5, bbox(6, 10, 16, 22)),
            (8, bbox(0, 0, 2, 1)),
        ];
        assert_eq!(found, expected.into());
        assert!(between(&[(3, bbox(0, 0, 1, 1))].into()).is_empty());
    }

    proptest! {
        #[test]
        fn no_box_between_two_is_empty_or_outside_of_both(
            first in (0u32..500, 1u32..100), last in (0u32..500, 1u32..100), gap in 2u32..40,
        ) {
            let of = |(start, size): (u32, u32)| bbox(start, start, start + size, start + size);
            let (from, to) = (of(first), of(last));
            let found = between(&[(5, from), (5 + gap, to)].into());
            prop_assert_eq!(found.len() as u32, gap - 1);
            for b in found.values() {
                prop_assert!(b.x0 < b.x1);
                prop_assert!(b.x0 >= from.x0.min(to.x0) && b.x1 <= from.x1.max(to.x1));
            }
        }
    }
}
