//! Masks that are put in place without the model: those of an earlier revision, of another slice, or
//! between two slices.

use super::canvas::Canvas;
use super::refusal::DraftRefusal;
use super::scope::{Scope, Slices};
use super::step::{Origin, Put, PutMask};
use crate::case::RevisionNumber;
use crate::hand::Hand;
use crate::interpolation::between;
use crate::mask::{MaskSet, Rle};
use crate::place::{Label, Place};
use crate::provenance::{Provenance, SliceScore};
use std::collections::{BTreeMap, BTreeSet};

/// What a revision has within a scope. A single slice that is put back counts as made by hand: a
/// person chose it.
pub fn revert(
    masks: &MaskSet,
    made: &Provenance,
    revision: RevisionNumber,
    scope: Scope,
) -> Result<Put, DraftRefusal> {
    let scores: BTreeMap<Place, SliceScore> = made
        .objects
        .iter()
        .flat_map(|object| object.slices.iter().map(|score| (object.label, *score)))
        .map(|(label, score)| (Place::new(label, score.index), score))
        .collect();
    let runs = |place: Place| {
        let object = masks.object(place.label);
        object.and_then(|object| object.slices.get(&place.index))
    };
    let there = masks.objects.iter().flat_map(|object| {
        let slices = object.slices.keys();
        slices.map(|&index| Place::new(object.label, index))
    });
    let mut places: BTreeSet<Place> = there.chain(made.edited.iter().copied()).collect();
    if let (Some(label), Slices::Within(index, _), true) =
        (scope.label, scope.slices, scope.is_one())
    {
        places.insert(Place::new(label, index));
    }
    places.retain(|place| scope.contains(*place));
    let masks = places.into_iter().map(|place| PutMask {
        place,
        mask: runs(place).cloned().unwrap_or_default(),
        score: scores.get(&place).copied(),
        by_hand: scope.is_one() || made.edited.contains(&place),
        hand: made.painted.at(place).cloned().unwrap_or_default(),
    });
    Ok(Put {
        origin: Origin::Revision { revision, scope },
        masks: masks.collect(),
    })
}

/// The mask of an object on one slice, for another one.
pub fn copy(
    canvas: &Canvas<'_>,
    base: &MaskSet,
    label: Label,
    from: u32,
    to: u32,
) -> Result<Put, DraftRefusal> {
    let source = Place::new(label, from);
    let mask = canvas.mask(base, source);
    if mask.is_empty() {
        return Err(DraftRefusal::NothingToCopy(source));
    }
    Ok(Put {
        origin: Origin::Copy { index: from },
        masks: vec![PutMask {
            place: Place::new(label, to),
            mask,
            score: None,
            by_hand: true,
            hand: Hand::default(),
        }],
    })
}

/// Masks of an object on the slices of `slices` between those that were made by hand, `known`.
pub fn interpolate(
    known: &BTreeMap<u32, Rle>,
    base: &MaskSet,
    label: Label,
    slices: Slices,
) -> Result<Put, DraftRefusal> {
    let shape = base.dims.slice_shape(base.axis);
    let mut masks = Vec::new();
    for ((&from, first), (&to, last)) in known.iter().zip(known.iter().skip(1)) {
        // A slice that was emptied by hand is an end of the object.
        if first.is_empty() || last.is_empty() {
            continue;
        }
        let found = between(first, last, to - from, shape)?;
        let places = (from + 1..to).zip(found);
        let wanted = places.filter(|(index, _)| slices.contains(*index));
        masks.extend(wanted.map(|(index, mask)| PutMask {
            place: Place::new(label, index),
            mask,
            score: None,
            by_hand: false,
            hand: Hand::default(),
        }));
    }
    match masks.is_empty() {
        true => Err(DraftRefusal::NothingBetween(label)),
        false => Ok(Put {
            origin: Origin::Interpolation,
            masks,
        }),
    }
}
