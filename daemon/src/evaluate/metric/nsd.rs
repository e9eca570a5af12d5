//! The normalised surface Dice.

use super::{Compared, Surfaces};

/// The share of both surfaces that lies within the tolerance of the other one, by area (Nikolov et al.,
/// 2018); 1 if both masks are empty, 0 if one is.
pub fn nsd(compared: &Compared, Surfaces { truth, found }: &Surfaces) -> Option<f64> {
    let tolerance = compared.space.tolerance_mm;
    let area = truth.area() + found.area();
    Some(match area > 0.0 {
        true => (truth.within(tolerance) + found.within(tolerance)) / area,
        false => 1.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cube, space};
    use super::*;

    fn of(truth: &Compared) -> f64 {
        nsd(truth, &Surfaces::between(truth)).unwrap()
    }

    #[test]
    fn the_same_surface_is_1_and_one_far_away_is_0() {
        let space = space([5.0, 1.0, 1.0]);
        let compared = |truth, found| Compared {
            truth,
            found,
            space,
        };
        let at = |column| cube(2..6, column..column + 4);
        assert_eq!(of(&compared(at(4), at(4))), 1.0);
        assert_eq!(of(&compared(at(2), at(20))), 0.0);
        assert_eq!(of(&compared(at(4), cube(0..0, 0..0))), 0.0, "nothing found");
        let nothing = || cube(0..0, 0..0);
        assert_eq!(of(&compared(nothing(), nothing())), 1.0);
        // Moved by two pixels of 1 mm: all within the tolerance; by two slices of 5 mm: the faces not.
        assert_eq!(of(&compared(at(4), at(6))), 1.0);
        let moved = of(&compared(at(4), cube(4..8, 4..8)));
        assert!((0.3..0.8).contains(&moved), "{moved}");
    }

    #[test]
    fn on_one_slice_there_are_outlines_only() {
        let mut compared = Compared {
            truth: cube(3..4, 4..8),
            found: cube(3..4, 4..12),
            space: space([5.0, 1.0, 1.0]),
        };
        // In a volume the upper and the lower face are most of it, and count where the masks overlap.
        let volume = of(&compared);
        compared.space.flat = true;
        let slice = of(&compared);
        assert!(slice < volume && slice > 0.5, "{slice} {volume}");
    }
}
