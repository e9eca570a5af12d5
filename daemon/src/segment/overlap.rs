//! Voxels that two objects claim.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{MaskSet, Rle, RleTooLong, SliceMask};
use medicosam_shared::mask_rules::Overlap;
use medicosam_shared::place::Place;
use std::collections::BTreeSet;

/// Why objects cannot stand beside one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverlapError {
    /// They overlap, and that is to be refused.
    #[error(
        "objects {first:?} and {second:?} overlap by {pixels} pixels on slice {index}, and the profile refuses that"
    )]
    Refused {
        /// The object that was there before.
        first: String,
        /// The one that came.
        second: String,
        /// Where.
        index: u32,
        /// By how much.
        pixels: usize,
    },
    /// A mask is larger than its slice.
    #[error("the mask of an object is damaged: {0}")]
    Damaged(#[from] RleTooLong),
}

/// Applies the policy to the places that have `changed`, in this order: each comes to what is on
/// its slice already, of which those that are changed later are no part. What is `fixed` loses
/// nothing; what comes to it gives way.
pub fn settle(
    masks: &mut MaskSet,
    policy: Overlap,
    changed: &[Place],
    fixed: &BTreeSet<Place>,
) -> Result<(), OverlapError> {
    let shape = masks.dims.slice_shape(masks.axis);
    let mut later: BTreeSet<Place> = changed.iter().copied().collect();
    for &place in changed {
        later.remove(&place);
        let Place { label, index } = place;
        let beside = |label| Place::new(label, index);
        let others: Vec<_> = masks
            .objects
            .iter()
            .map(|object| object.label)
            .filter(|&other| other != label && !later.contains(&beside(other)))
            .collect();
        for other in others {
            let (Some(mine), Some(theirs)) =
                (at(masks, place, shape)?, at(masks, beside(other), shape)?)
            else {
                continue;
            };
            let both = mine.pixels().iter().zip(theirs.pixels());
            let pixels = both.filter(|&(&a, &b)| a && b).count();
            if pixels == 0 {
                continue;
            }
            let name = |label| {
                let object = masks.object(label);
                object.map_or_else(String::new, |object| object.name.clone())
            };
            match policy {
                Overlap::Refuse => {
                    return Err(OverlapError::Refused {
                        first: name(other),
                        second: name(label),
                        index,
                        pixels,
                    });
                }
                Overlap::Overwrite if !fixed.contains(&beside(other)) => {
                    let name = name(other);
                    masks.set_runs(other, &name, index, without(&theirs, &mine));
                }
                Overlap::Keep | Overlap::Overwrite => {
                    let name = name(label);
                    masks.set_runs(label, &name, index, without(&mine, &theirs));
                }
            }
        }
    }
    Ok(())
}

fn at(masks: &MaskSet, place: Place, shape: SliceShape) -> Result<Option<SliceMask>, RleTooLong> {
    let object = masks.object(place.label);
    let rle = object.and_then(|object| object.slices.get(&place.index));
    rle.map(|rle| rle.to_mask(shape)).transpose()
}

fn without(mask: &SliceMask, other: &SliceMask) -> Rle {
    SliceMask::from_fn(mask.shape(), |x, y| mask.get(x, y) && !other.get(x, y)).to_rle()
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Axis, Dims};
    use medicosam_shared::prompt::Label;

    fn label(n: u16) -> Label {
        Label::new(n).unwrap()
    }

    /// Objects 1 (columns 0 to 3), 2 (columns 2 to 5) and 3 (columns 5 to 7) on slice 1.
    fn three() -> MaskSet {
        let mut masks = MaskSet::empty(Dims([8, 2, 3]), Axis::K);
        let shape = masks.dims.slice_shape(Axis::K);
        for (n, columns) in [(1, 0..4), (2, 2..6), (3, 5..8)] {
            let mask = SliceMask::from_fn(shape, |x, _| columns.contains(&x));
            masks.set_runs(label(n), &format!("object {n}"), 1, mask.to_rle());
        }
        masks
    }

    fn areas(masks: &MaskSet) -> Vec<u64> {
        masks.objects.iter().map(|o| o.voxels() / 2).collect()
    }

    fn settled(policy: Overlap, changed: &[u16], fixed: &[u16]) -> Vec<u64> {
        let mut masks = three();
        let place = |&n: &u16| Place::new(label(n), 1);
        let changed: Vec<Place> = changed.iter().map(place).collect();
        let fixed = fixed.iter().map(place).collect();
        settle(&mut masks, policy, &changed, &fixed).unwrap();
        let map = masks.label_map().unwrap();
        let shown: usize = map.iter().filter(|&&v| v > 0).count();
        assert_eq!(shown, 16, "nothing that any object had is lost");
        areas(&masks)
    }

    #[test]
    fn who_comes_later_gives_way_or_takes() {
        assert_eq!(settled(Overlap::Keep, &[1, 2, 3], &[]), [4, 2, 2]);
        assert_eq!(settled(Overlap::Keep, &[3, 2, 1], &[]), [2, 3, 3]);
        assert_eq!(settled(Overlap::Overwrite, &[1, 2, 3], &[]), [2, 3, 3]);
    }

    #[test]
    fn one_object_that_is_prompted_again_meets_the_others() {
        let others_untouched = settled(Overlap::Keep, &[2], &[]);
        assert_eq!(others_untouched, [4, 1, 3]);
        assert_eq!(settled(Overlap::Overwrite, &[2], &[]), [2, 4, 2]);
        assert_eq!(settled(Overlap::Overwrite, &[2], &[1]), [4, 2, 2]);
    }

    #[test]
    fn a_refusal_names_the_objects_and_where() {
        let mut masks = three();
        let places = [Place::new(label(1), 1), Place::new(label(2), 1)];
        let error = settle(&mut masks, Overlap::Refuse, &places, &BTreeSet::new()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("\"object 1\" and \"object 2\" overlap by 4 pixels on slice 1"),
            "{text}"
        );
        assert_eq!(areas(&masks), [4, 4, 3], "nothing is changed");
    }
}
