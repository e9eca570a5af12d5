//! Voxels that two objects claim.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{MaskSet, Rle, RleTooLong, SliceMask};
use medicosam_shared::mask_rules::Overlap;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::SliceScore;
use std::collections::{BTreeMap, BTreeSet};

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

/// A share of an object's voxels that is named when other objects took them.
const NAMED: f64 = 0.05;

/// Voxels that objects lost to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses(BTreeMap<(Label, Label), u64>);

impl Losses {
    fn add(&mut self, loser: Label, winner: Label, pixels: u64) {
        *self.0.entry((loser, winner)).or_default() += pixels;
    }

    /// Adds those of a later settlement.
    pub fn join(&mut self, later: Losses) {
        for ((loser, winner), pixels) in later.0 {
            self.add(loser, winner, pixels);
        }
    }

    /// A sentence for each object that lost more than 5 % of its voxels to another one.
    pub fn sentences(&self, masks: &MaskSet) -> Vec<String> {
        let name = |label| {
            let object = masks.object(label);
            object.map_or_else(|| format!("object {label}"), |object| object.name.clone())
        };
        let mut lost_in_all: BTreeMap<Label, u64> = BTreeMap::new();
        for (&(loser, _), pixels) in &self.0 {
            *lost_in_all.entry(loser).or_default() += pixels;
        }
        let named = self.0.iter().filter_map(|(&(loser, winner), &pixels)| {
            let left = masks.object(loser).map_or(0, |object| object.voxels());
            let all = left + lost_in_all.get(&loser).copied().unwrap_or_default();
            let share = pixels as f64 / all.max(1) as f64;
            let percent = (100.0 * share).round();
            (share > NAMED).then(|| {
                let (loser, winner) = (name(loser), name(winner));
                format!(
                    "{loser}: {percent} % of its voxels went to {winner}, which claimed them too"
                )
            })
        });
        named.collect()
    }
}

/// How sure the model is of a mask on a slice, 0 to 1: the geometric mean of all that it was asked about.
fn sureness(score: &SliceScore) -> f64 {
    let always = [Some(score.predicted_iou), Some(score.stability)];
    let parts = always
        .into_iter()
        .chain([score.agreement, score.steadiness]);
    let parts: Vec<f64> = parts
        .flatten()
        .map(|part| f64::from(part).clamp(0.0, 1.0))
        .collect();
    parts.iter().product::<f64>().powf(1.0 / parts.len() as f64)
}

/// Applies the policy to the places that have `changed`, in this order: each comes to what is on
/// its slice already, of which those that are changed later are no part. What is `fixed` loses
/// nothing; what comes to it gives way. `score` has what the model said of a mask, nothing of one that a
/// person made.
///
/// A mask is judged as a whole on its slice: it is chosen among the answers to several boxes, or voted on by
/// them, so that there is no one logit for each of its pixels.
pub fn settle(
    masks: &mut MaskSet,
    policy: Overlap,
    changed: &[Place],
    fixed: &BTreeSet<Place>,
    score: impl Fn(Place) -> Option<SliceScore>,
) -> Result<Losses, OverlapError> {
    let shape = masks.dims.slice_shape(masks.axis);
    let mut losses = Losses::default();
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
            if !overlaps(masks, place, other) {
                continue;
            }
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
                Overlap::Surest | Overlap::HigherLabel | Overlap::Keep | Overlap::Overwrite => {}
            }
            let takes = !fixed.contains(&beside(other))
                && match policy {
                    Overlap::Surest => is_surer(score(place), score(beside(other))),
                    Overlap::HigherLabel => label > other,
                    Overlap::Overwrite => true,
                    Overlap::Keep | Overlap::Refuse => false,
                };
            let pixels = pixels as u64;
            if takes {
                let name = name(other);
                masks.set_runs(other, &name, index, without(&theirs, &mine));
                losses.add(other, label, pixels);
            } else {
                let name = name(label);
                masks.set_runs(label, &name, index, without(&mine, &theirs));
                losses.add(label, other, pixels);
            }
        }
    }
    Ok(losses)
}

/// Whether a mask that comes takes voxels from one that is there; without a score a person made it.
fn is_surer(comes: Option<SliceScore>, is_there: Option<SliceScore>) -> bool {
    match (comes, is_there) {
        (Some(comes), Some(is_there)) => sureness(&comes) > sureness(&is_there),
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Whether two objects have pixels in common on a slice.
fn overlaps(masks: &MaskSet, Place { label, index }: Place, other: Label) -> bool {
    let runs = |label| masks.object(label)?.slices.get(&index);
    let (Some(mine), Some(theirs)) = (runs(label), runs(other)) else {
        return false;
    };
    // Damaged runs are looked at closely, and refused there.
    mine.overlap(theirs) > 0
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
        settle(&mut masks, policy, &changed, &fixed, sure_of(&[])).unwrap();
        let map = masks.label_map().unwrap();
        let shown: usize = map.iter().filter(|&&v| v > 0).count();
        assert_eq!(shown, 16, "nothing that any object had is lost");
        areas(&masks)
    }

    /// Scores that expect these IoUs of objects.
    fn sure_of(ious: &[(u16, f32)]) -> impl Fn(Place) -> Option<SliceScore> + '_ {
        move |place| {
            let found = ious.iter().find(|(n, _)| *n == place.label.get());
            found.map(|&(_, predicted_iou)| SliceScore {
                index: place.index,
                area: 0,
                predicted_iou,
                stability: 1.0,
                agreement: None,
                steadiness: Some(1.0),
            })
        }
    }

    #[test]
    fn the_surer_mask_takes_in_any_order_and_a_hand_beats_both() {
        let surest = |ious: &[(u16, f32)], changed: &[u16], fixed: &[u16]| {
            let mut masks = three();
            let place = |&n: &u16| Place::new(label(n), 1);
            let changed: Vec<Place> = changed.iter().map(place).collect();
            let fixed = fixed.iter().map(place).collect();
            settle(&mut masks, Overlap::Surest, &changed, &fixed, sure_of(ious)).unwrap();
            areas(&masks)
        };
        let ious = [(1, 0.9), (2, 0.5), (3, 0.7)];
        for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3], [2, 3, 1]] {
            assert_eq!(surest(&ious, &order, &[]), [4, 1, 3], "{order:?}");
        }
        let hand = [(1, 0.9), (3, 0.7)];
        assert_eq!(surest(&hand, &[1, 2, 3], &[]), [2, 4, 2]);
        assert_eq!(surest(&ious, &[1, 3], &[2]), [2, 4, 2]);
    }

    #[test]
    fn an_object_that_lost_much_says_to_whom() {
        let mut masks = three();
        let changed = [1, 2, 3].map(|n| Place::new(label(n), 1));
        let ious = [(1, 0.9), (2, 0.5), (3, 0.7)];
        let losses = settle(
            &mut masks,
            Overlap::Surest,
            &changed,
            &BTreeSet::new(),
            sure_of(&ious),
        );
        let sentences = losses.unwrap().sentences(&masks);
        assert_eq!(
            sentences,
            [
                "object 2: 50 % of its voxels went to object 1, which claimed them too",
                "object 2: 25 % of its voxels went to object 3, which claimed them too"
            ]
        );
        assert_eq!(Losses::default().sentences(&masks), [""; 0]);
    }

    #[test]
    fn the_higher_label_takes_where_that_is_wanted() {
        assert_eq!(settled(Overlap::HigherLabel, &[3, 2, 1], &[]), [2, 3, 3]);
        assert_eq!(settled(Overlap::HigherLabel, &[1, 2, 3], &[]), [2, 3, 3]);
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
        let error = settle(
            &mut masks,
            Overlap::Refuse,
            &places,
            &BTreeSet::new(),
            sure_of(&[]),
        )
        .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("\"object 1\" and \"object 2\" overlap by 4 pixels on slice 1"),
            "{text}"
        );
        assert_eq!(areas(&masks), [4, 4, 3], "nothing is changed");
    }
}
