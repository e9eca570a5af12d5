//! The Hausdorff distance, without the farthest twentieth.

use super::{Compared, Surfaces};

/// The share of a surface that keeps within the distance.
const SHARE: f64 = 0.95;

/// The distance in mm within which 95 % of each surface's area lies from the other, the larger of both
/// (the "robust Hausdorff distance" of Nikolov et al., 2018); 0 if both masks are empty, none if one is.
pub fn hd95(_: &Compared, Surfaces { truth, found }: &Surfaces) -> Option<f64> {
    match (truth.percentile(SHARE), found.percentile(SHARE)) {
        (None, None) => Some(0.0),
        (Some(a), Some(b)) => Some(a.max(b)),
        (Some(_), None) | (None, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cube, space};
    use super::*;

    #[test]
    fn it_is_the_way_that_a_surface_was_moved() {
        let of = |truth, found| {
            let compared = Compared {
                truth,
                found,
                space: space([5.0, 2.0, 0.5]),
            };
            hd95(&compared, &Surfaces::between(&compared))
        };
        let at = || cube(2..6, 4..10);
        assert_eq!(of(at(), at()), Some(0.0));
        assert_eq!(of(at(), cube(2..6, 7..13)), Some(1.5), "three columns");
        assert_eq!(of(at(), cube(3..7, 4..10)), Some(5.0), "a slice");
        assert_eq!(of(at(), cube(0..0, 0..0)), None);
        assert_eq!(of(cube(0..0, 0..0), cube(0..0, 0..0)), Some(0.0));
    }
}
