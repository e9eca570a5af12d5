//! The Dice coefficient.

use super::{Compared, Surfaces};
use medicosam_shared::mask::Rle;

/// `2·|A∩B| / (|A| + |B|)` over all slices; 1 if both are empty.
pub fn dice(Compared { truth, found, .. }: &Compared, _: &Surfaces) -> Option<f64> {
    let areas: u64 = truth.values().chain(found.values()).map(Rle::area).sum();
    let both: u64 = truth
        .iter()
        .filter_map(|(index, mask)| Some(mask.overlap(found.get(index)?)))
        .sum();
    Some(match areas {
        0 => 1.0,
        areas => 2.0 * both as f64 / areas as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::space;
    use super::*;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::mask::SliceMask;

    #[test]
    fn slices_count_together() {
        let shape = SliceShape {
            width: 3,
            height: 1,
        };
        let mask =
            |pixels: [bool; 3]| SliceMask::from_fn(shape, |x, _| pixels[x as usize]).to_rle();
        let (two, one) = (mask([true, true, false]), mask([true, false, false]));
        let mut compared = Compared {
            truth: [(4, two.clone())].into(),
            found: [(4, one.clone())].into(),
            space: space([1.0; 3]),
        };
        let dice = |compared: &Compared| dice(compared, &Surfaces::default()).unwrap();
        assert_eq!(dice(&compared), 2.0 / 3.0);
        compared.found.insert(5, one);
        assert_eq!(dice(&compared), 2.0 / 4.0);
        compared.truth.insert(5, two);
        assert_eq!(dice(&compared), 4.0 / 6.0);
        compared.truth.clear();
        compared.found.clear();
        assert_eq!(dice(&compared), 1.0);
    }
}
