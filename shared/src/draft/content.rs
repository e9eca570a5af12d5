//! A draft, and what it holds at its position.

use super::canvas::{Canvas, Under};
use super::step::{Answered, Candidate, PutMask, SliceAnswer, Step};
use crate::case::RevisionNumber;
use crate::hand::Hands;
use crate::mask::MaskSet;
use crate::place::{Label, Place};
use crate::progress::Progress;
use crate::prompt::{SliceBox, SlicePrompt};
use crate::propagation::Propagation;
use crate::provenance::{ModelRecord, RuntimeRecord};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A draft of one reviewer on one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Grows by every change; a change must name the version that it is made to.
    pub version: u64,
    /// The revision that it changes.
    pub revision: RevisionNumber,
    /// How many of the steps count; those behind can be redone.
    pub position: u32,
    /// All steps, oldest first.
    pub steps: Vec<Step>,
    /// It was discarded, and can be brought back until another one is begun.
    #[serde(default)]
    pub discarded: bool,
    /// How far the oldest unfinished work for it is.
    #[serde(default)]
    pub working: Option<Progress>,
}

impl Draft {
    /// A draft that changes nothing yet.
    pub fn new(revision: RevisionNumber) -> Self {
        Draft {
            version: 0,
            revision,
            position: 0,
            steps: Vec::new(),
            discarded: false,
            working: None,
        }
    }

    /// The steps that count.
    pub fn done(&self) -> &[Step] {
        &self.steps[..(self.position as usize).min(self.steps.len())]
    }

    /// Whether there is a step to undo.
    pub fn can_undo(&self) -> bool {
        self.position > 0
    }

    /// Whether there is a step to redo.
    pub fn can_redo(&self) -> bool {
        (self.position as usize) < self.steps.len()
    }

    /// Adds a step in place of those that could have been redone.
    pub fn push(&mut self, step: Step) {
        self.steps.truncate(self.position as usize);
        self.steps.push(step);
        self.position = self.steps.len() as u32;
    }

    /// What is drawn, for each object and slice that has anything.
    pub fn drawn(&self) -> BTreeMap<Place, &SlicePrompt> {
        let mut drawn = BTreeMap::new();
        for step in self.done() {
            match step {
                Step::Drawn { prompt } if prompt.is_empty() => {
                    drawn.remove(&prompt.place());
                }
                Step::Drawn { prompt } => {
                    drawn.insert(prompt.place(), prompt);
                }
                Step::Object { .. }
                | Step::Answered(_)
                | Step::Chosen { .. }
                | Step::Painted { .. }
                | Step::Emptied { .. }
                | Step::Put(_) => {}
            }
        }
        drawn
    }

    /// The boxes that are drawn for an object, by slice.
    pub fn boxes(&self, label: Label) -> BTreeMap<u32, SliceBox> {
        let drawn = self.drawn();
        let of_object = drawn.iter().filter(|(place, _)| place.label == label);
        of_object
            .filter_map(|(place, prompt)| Some((place.index, prompt.bbox?)))
            .collect()
    }

    /// What it has made of its revision, as far as that can be told without knowing the revision.
    pub fn canvas(&self) -> Canvas<'_> {
        Canvas::of(self.done(), &Hands::default())
    }

    /// Whether it changes any mask.
    pub fn changes_masks(&self) -> bool {
        self.done().iter().any(|step| match step {
            Step::Answered(_) | Step::Painted { .. } | Step::Emptied { .. } | Step::Put(_) => true,
            Step::Object { .. } | Step::Drawn { .. } | Step::Chosen { .. } => false,
        })
    }

    /// The newest answer for each object and slice where it still counts, with the mask that was
    /// chosen of it. What is painted over it is not in the mask.
    pub fn answers(&self) -> BTreeMap<Place, (&SliceAnswer, &Candidate)> {
        let canvas = self.canvas();
        let answers = canvas
            .places()
            .filter_map(|(place, content)| match content.under {
                Under::Answer(answer, mask) => Some((place, (answer, mask))),
                Under::Revision | Under::Put(..) | Under::Nothing => None,
            });
        answers.collect()
    }

    /// The newest answer for an object on a slice, and which of its masks was chosen, from 0.
    pub fn answer(&self, place: Place) -> Option<(&SliceAnswer, u32)> {
        let (answer, mask) = self.answers().remove(&place)?;
        let chosen = answer.candidates.iter().position(|c| std::ptr::eq(c, mask));
        Some((answer, chosen? as u32))
    }

    /// Which of its steps brought the newest answer for an object on a slice, from 0.
    pub fn answered_at(&self, place: Place) -> Option<u32> {
        let is_it =
            |step: &Step| matches!(step, Step::Answered(answered) if answered.is_about(place));
        let at = self.done().iter().rposition(is_it)?;
        Some(at as u32)
    }

    /// Names of the objects that are new in it.
    pub fn objects(&self) -> BTreeMap<Label, &str> {
        let objects = self.done().iter().filter_map(|step| match step {
            Step::Object { label, name } => Some((*label, name.as_str())),
            Step::Drawn { .. }
            | Step::Answered(_)
            | Step::Chosen { .. }
            | Step::Painted { .. }
            | Step::Emptied { .. }
            | Step::Put(_) => None,
        });
        objects.collect()
    }

    /// Name of an object: as in the revision that the draft changes, or as in the draft.
    pub fn name(&self, base: &MaskSet, label: Label) -> String {
        let known = base.object(label).map(|object| object.name.as_str());
        let known = known.or_else(|| self.objects().get(&label).copied());
        known.map_or_else(|| format!("object {label}"), str::to_owned)
    }

    /// The masks of the revision that it changes, `base`, as the draft has them.
    pub fn masks(&self, base: &MaskSet) -> MaskSet {
        let mut masks = base.clone();
        let canvas = self.canvas();
        for place in canvas.changed(base) {
            let Place { label, index } = place;
            let name = self.name(base, label);
            masks.set_runs(label, &name, index, canvas.mask(base, place));
        }
        masks
    }

    /// Whether the object has a slice in it that a person made, by a prompt or by hand, and did not
    /// only empty.
    pub fn has_seed(&self, label: Label) -> bool {
        let canvas = self.canvas();
        canvas.places().any(|(place, content)| {
            place.label == label && content.by_hand && content.under != Under::Nothing
        })
    }

    /// The model's answers, newest first.
    pub fn answers_back(&self) -> impl Iterator<Item = &Answered> {
        self.done().iter().rev().filter_map(Step::answer)
    }

    /// The rule by which boxes on several slices last became masks, if any did.
    pub fn rule(&self) -> Option<Propagation> {
        let rule = |answered: &Answered| answered.rule.as_deref().copied();
        self.answers_back().find_map(rule)
    }

    /// Model and runtime of the newest answer.
    pub fn made_by(&self) -> Option<(&ModelRecord, &RuntimeRecord)> {
        let newest = self.answers_back().next();
        newest.map(|answered| (&answered.model, &answered.runtime))
    }

    /// Puts it on top of another revision, in which people have segmented the places `edited`:
    /// propagated masks give way there. Returns the steps that have changed, counted from 0.
    pub(super) fn rebase(
        &mut self,
        revision: RevisionNumber,
        edited: &BTreeSet<Place>,
    ) -> Vec<u32> {
        self.revision = revision;
        let steps = (0..).zip(&mut self.steps);
        let changed = steps.filter_map(|(number, step)| match step {
            Step::Answered(answered) => give_way(answered, edited).then_some(number),
            Step::Put(put) => {
                let before = put.masks.len();
                let stays = |mask: &PutMask| mask.by_hand || !edited.contains(&mask.place);
                put.masks.retain(stays);
                (put.masks.len() != before).then_some(number)
            }
            Step::Object { .. }
            | Step::Drawn { .. }
            | Step::Chosen { .. }
            | Step::Painted { .. }
            | Step::Emptied { .. } => None,
        });
        changed.collect()
    }
}

/// Takes out the propagated masks of places that people have segmented; says whether there were
/// any.
fn give_way(answered: &mut Answered, edited: &BTreeSet<Place>) -> bool {
    let (label, before) = (answered.label, answered.slices.len());
    answered
        .slices
        .retain(|s| !s.propagated || !edited.contains(&Place::new(label, s.prompt.index)));
    answered.slices.len() != before
}
