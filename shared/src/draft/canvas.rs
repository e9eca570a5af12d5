//! What a draft has made of the masks of its revision, place by place.

use super::scope::Scope;
use super::step::{Answered, Candidate, Origin, PutMask, SliceAnswer, Step};
use crate::hand::{Hand, Hands};
use crate::mask::{MaskSet, Rle};
use crate::place::{Label, Place};
use std::collections::{BTreeMap, BTreeSet};

/// The places that a draft has changed, at its position.
#[derive(Debug, Clone, Default)]
pub struct Canvas<'a> {
    places: BTreeMap<Place, Content<'a>>,
    /// Where everything was taken away, unless it has a place of its own, and whether a person said so
    /// of these places; the last one counts.
    emptied: Vec<(Scope, bool)>,
}

/// What a draft has made of a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Content<'a> {
    /// The mask under what is painted.
    pub under: Under<'a>,
    /// All pixels that people have painted there, in the draft or before.
    pub hand: Hand,
    /// Whether a person made it: by a prompt, by painting, by taking it away.
    pub by_hand: bool,
}

/// The mask under what is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Under<'a> {
    /// That of the revision.
    Revision,
    /// A mask that the model offered.
    Answer(&'a SliceAnswer, &'a Candidate),
    /// A mask from elsewhere.
    Put(&'a Origin, &'a PutMask),
    /// None: it was taken away.
    Nothing,
}

impl<'a> Canvas<'a> {
    /// What the steps of a draft have made of its revision, in which the pixels `painted` were painted.
    ///
    /// An answer already holds what had been painted when it came, so that masks can be made without
    /// knowing `painted`; to keep it for the next revision it must be known.
    pub fn of(steps: &'a [Step], painted: &Hands) -> Self {
        let mut canvas = Canvas::default();
        for step in steps {
            canvas.take(step, painted);
        }
        canvas
    }

    fn take(&mut self, step: &'a Step, painted: &Hands) {
        match step {
            Step::Object { .. } | Step::Drawn { .. } => {}
            Step::Answered(answered) => self.answer(answered, painted),
            Step::Chosen {
                label,
                index,
                candidate,
            } => {
                if let Some(content) = self.places.get_mut(&Place::new(*label, *index))
                    && let Under::Answer(answer, chosen) = &mut content.under
                    && let Some(other) = answer.candidates.get(*candidate as usize)
                {
                    *chosen = other;
                }
            }
            Step::Painted {
                label,
                index,
                stroke,
                pixels,
            } => {
                let content = self.at_mut(Place::new(*label, *index), painted);
                content.hand.paint(pixels, *stroke);
                content.by_hand = true;
            }
            Step::Emptied { scope } => self.empty(*scope, true),
            Step::Put(put) => {
                if let Origin::Revision { scope, .. } = &put.origin {
                    self.empty(*scope, false);
                }
                for mask in &put.masks {
                    let content = Content {
                        under: Under::Put(&put.origin, mask),
                        hand: mask.hand.clone(),
                        by_hand: mask.by_hand,
                    };
                    self.places.insert(mask.place, content);
                }
            }
        }
    }

    fn answer(&mut self, answered: &'a Answered, painted: &Hands) {
        for answer in &answered.slices {
            let Some(mask) = answer.mask() else {
                continue;
            };
            let place = Place::new(answered.label, answer.prompt.index);
            let content = self.at_mut(place, painted);
            content.under = Under::Answer(answer, mask);
            content.by_hand |= !answer.propagated;
        }
    }

    fn empty(&mut self, scope: Scope, by_hand: bool) {
        for (place, content) in &mut self.places {
            if scope.contains(*place) {
                *content = Content::emptied(by_hand);
            }
        }
        self.emptied.push((scope, by_hand));
    }

    fn at_mut(&mut self, place: Place, painted: &Hands) -> &mut Content<'a> {
        let emptied = self.emptied(place);
        self.places.entry(place).or_insert_with(|| match emptied {
            Some(emptied) => emptied,
            None => Content {
                under: Under::Revision,
                hand: painted.at(place).cloned().unwrap_or_default(),
                by_hand: false,
            },
        })
    }

    /// Its content, if everything there was taken away.
    fn emptied(&self, place: Place) -> Option<Content<'a>> {
        let mut latest = self.emptied.iter().rev();
        let (_, by_hand) = latest.find(|(scope, _)| scope.contains(place))?;
        Some(Content::emptied(*by_hand))
    }

    /// What the draft has made of a place; `None` if it is as in the revision.
    pub fn at(&self, place: Place) -> Option<Content<'a>> {
        let own = self.places.get(&place).cloned();
        own.or_else(|| self.emptied(place))
    }

    /// The places that have something of their own, in order.
    pub fn places(&self) -> impl Iterator<Item = (Place, &Content<'a>)> {
        self.places.iter().map(|(place, content)| (*place, content))
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.emptied.is_empty()
    }

    /// All places that it has changed in the masks of the revision, `base`.
    pub fn changed(&self, base: &MaskSet) -> BTreeSet<Place> {
        let there = base.objects.iter().flat_map(|object| {
            let slices = object.slices.keys();
            slices.map(|&index| Place::new(object.label, index))
        });
        let emptied = there.filter(|place| self.emptied(*place).is_some());
        self.places.keys().copied().chain(emptied).collect()
    }

    /// The mask of a place, `base` being the masks of the revision.
    pub fn mask(&self, base: &MaskSet, place: Place) -> Rle {
        let before = || {
            let object = base.object(place.label);
            object.and_then(|object| object.slices.get(&place.index))
        };
        match self.at(place) {
            None => before().cloned().unwrap_or_default(),
            Some(content) => content.mask(before()),
        }
    }

    /// The slices of an object that people have made, and their masks. `edited` are the places that
    /// people have made in the revision.
    pub fn by_hand(
        &self,
        base: &MaskSet,
        edited: &BTreeSet<Place>,
        label: Label,
    ) -> BTreeMap<u32, Rle> {
        let mut places = self.changed(base);
        places.extend(edited);
        let is_by_hand = |place: &Place| match self.at(*place) {
            Some(content) => content.by_hand || edited.contains(place) && content.is_revision(),
            None => edited.contains(place),
        };
        let of_object = places.into_iter().filter(|place| place.label == label);
        of_object
            .filter(is_by_hand)
            .map(|place| (place.index, self.mask(base, place)))
            .collect()
    }
}

impl Content<'_> {
    fn emptied(by_hand: bool) -> Self {
        Content {
            under: Under::Nothing,
            hand: Hand::default(),
            by_hand,
        }
    }

    /// The mask, with what is painted; `before` is that of the revision.
    pub fn mask(&self, before: Option<&Rle>) -> Rle {
        let none = Rle::default();
        let under = match self.under {
            Under::Revision => before.unwrap_or(&none),
            Under::Answer(_, candidate) => &candidate.mask,
            Under::Put(_, put) => &put.mask,
            Under::Nothing => &none,
        };
        self.hand.over(under)
    }

    fn is_revision(&self) -> bool {
        matches!(self.under, Under::Revision)
    }
}
