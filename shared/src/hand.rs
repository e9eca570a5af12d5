//! The pixels that a hand made: they stay as they are, whatever the model answers later.

use crate::mask::Rle;
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a stroke of brush, eraser or lasso does with its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stroke {
    /// They belong to the object.
    Add,
    /// They do not.
    Remove,
}

/// The pixels of an object on a slice that people have painted. No pixel is both set and cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Pixels that belong to the object.
    #[serde(default, skip_serializing_if = "Rle::is_empty")]
    pub set: Rle,
    /// Pixels that do not.
    #[serde(default, skip_serializing_if = "Rle::is_empty")]
    pub cleared: Rle,
}

impl Hand {
    /// Whether nothing is painted.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.cleared.is_empty()
    }

    /// Paints pixels. The last stroke over a pixel counts.
    pub fn paint(&mut self, pixels: &Rle, stroke: Stroke) {
        let (more, less) = match stroke {
            Stroke::Add => (&mut self.set, &mut self.cleared),
            Stroke::Remove => (&mut self.cleared, &mut self.set),
        };
        *more = more.union(pixels);
        *less = less.minus(pixels);
    }

    /// A mask with what is painted over it.
    pub fn over(&self, mask: &Rle) -> Rle {
        match self.is_empty() {
            true => mask.clone(),
            false => mask.union(&self.set).minus(&self.cleared),
        }
    }
}

/// Painted pixels by place. In JSON a list, in the order of the places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Painted>", into = "Vec<Painted>")]
pub struct Hands(pub BTreeMap<Place, Hand>);

impl Hands {
    /// Whether nothing is painted anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces what is painted at a place.
    pub fn put(&mut self, place: Place, hand: Hand) {
        match hand.is_empty() {
            true => self.0.remove(&place),
            false => self.0.insert(place, hand),
        };
    }

    /// What is painted at a place.
    pub fn at(&self, place: Place) -> Option<&Hand> {
        self.0.get(&place)
    }
}

/// An entry of [`Hands`] in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Painted {
    place: Place,
    #[serde(flatten)]
    hand: Hand,
}

impl From<Vec<Painted>> for Hands {
    fn from(entries: Vec<Painted>) -> Self {
        Hands(entries.into_iter().map(|p| (p.place, p.hand)).collect())
    }
}

impl From<Hands> for Vec<Painted> {
    fn from(hands: Hands) -> Self {
        let entry = |(place, hand)| Painted { place, hand };
        hands.0.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::SliceShape;
    use crate::mask::SliceMask;
    use crate::place::Label;
    use proptest::prelude::*;

    fn mask(bits: u64) -> Rle {
        let shape = SliceShape {
            width: 8,
            height: 8,
        };
        SliceMask::from_fn(shape, |x, y| bits >> (y * 8 + x) & 1 == 1).to_rle()
    }

    #[test]
    fn painted_pixels_are_written_by_place() {
        let hand = Hand {
            set: Rle(vec![3, 2]),
            cleared: Rle::default(),
        };
        let hands = Hands(BTreeMap::from([(Place::new(Label::MIN, 4), hand)]));
        let text = serde_json::to_string(&hands).unwrap();
        assert_eq!(text, r#"[{"place":[1,4],"set":[3,2]}]"#);
        assert_eq!(serde_json::from_str::<Hands>(&text).unwrap(), hands);
    }

    proptest! {
        /// Each pixel is as the last stroke over it left it, and else as the mask has it.
        #[test]
        fn the_last_stroke_over_a_pixel_counts(
            strokes in prop::collection::vec((any::<u64>(), any::<bool>()), 0..6),
            under in any::<u64>(),
        ) {
            let (mut hand, mut expected) = (Hand::default(), under);
            for (bits, adds) in strokes {
                hand.paint(&mask(bits), if adds { Stroke::Add } else { Stroke::Remove });
                expected = if adds { expected | bits } else { expected & !bits };
            }
            prop_assert_eq!(hand.over(&mask(under)), mask(expected));
            prop_assert_eq!(hand.set.overlap(&hand.cleared), 0);
        }
    }
}
