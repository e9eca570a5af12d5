//! The connected parts of a mask.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;

/// The parts of a mask whose pixels touch by a side or a corner, in the order of their first pixels.
pub fn components(mask: &SliceMask) -> Vec<SliceMask> {
    let SliceShape { width, height } = mask.shape();
    let mut left = mask.pixels().to_vec();
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(step) = left[from..].iter().position(|&set| set) {
        from += step;
        let mut part = vec![false; left.len()];
        let mut open = vec![from];
        left[from] = false;
        while let Some(at) = open.pop() {
            part[at] = true;
            let (x, y) = (at as u32 % width, at as u32 / width);
            for near_y in y.saturating_sub(1)..(y + 2).min(height) {
                for near_x in x.saturating_sub(1)..(x + 2).min(width) {
                    let near = (near_y * width + near_x) as usize;
                    if std::mem::take(&mut left[near]) {
                        open.push(near);
                    }
                }
            }
        }
        parts.extend(SliceMask::from_pixels(mask.shape(), part));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_that_touch_by_a_corner_are_one() {
        let rows = ["#..#", ".#..", "...#"];
        let shape = SliceShape {
            width: 4,
            height: 3,
        };
        let mask = SliceMask::from_fn(shape, |x, y| {
            rows[y as usize].as_bytes()[x as usize] == b'#'
        });
        let areas: Vec<u64> = components(&mask).iter().map(SliceMask::area).collect();
        assert_eq!(areas, [2, 1, 1]);
    }

    proptest! {
        #[test]
        fn the_parts_make_up_the_mask(bits in any::<u64>()) {
            let shape = SliceShape { width: 8, height: 8 };
            let mask = SliceMask::from_fn(shape, |x, y| bits >> (y * 8 + x) & 1 == 1);
            let parts = components(&mask);
            let total: u64 = parts.iter().map(SliceMask::area).sum();
            prop_assert_eq!(total, mask.area());
            let either = SliceMask::from_fn(shape, |x, y| parts.iter().any(|p| p.get(x, y)));
            prop_assert_eq!(either, mask);
        }
    }
}
