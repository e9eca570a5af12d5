//! A draft, and what it holds at its position.

use super::step::{Answered, Candidate, SliceAnswer, Step};
use crate::case::RevisionNumber;
use crate::mask::MaskSet;
use crate::place::{Label, Place};
use crate::progress::Progress;
use crate::prompt::SlicePrompt;
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
                Step::Object { .. } | Step::Answered(_) | Step::Chosen { .. } => {}
            }
        }
        drawn
    }

    /// The newest answer for each object and slice, with the mask that was chosen of it.
    pub fn answers(&self) -> BTreeMap<Place, (&SliceAnswer, &Candidate)> {
        let mut answers = BTreeMap::new();
        for step in self.done() {
            match step {
                Step::Answered(answered) => {
                    for answer in &answered.slices {
                        if let Some(mask) = answer.mask() {
                            let place = Place::new(answered.label, answer.prompt.index);
                            answers.insert(place, (answer, mask));
                        }
                    }
                }
                Step::Chosen {
                    label,
                    index,
                    candidate,
                } => {
                    if let Some((answer, mask)) = answers.get_mut(&Place::new(*label, *index))
                        && let Some(other) = answer.candidates.get(*candidate as usize)
                    {
                        *mask = other;
                    }
                }
                Step::Object { .. } | Step::Drawn { .. } => {}
            }
        }
        answers
    }

    /// The newest answer for an object on a slice, and which of its masks was chosen, from 0.
    pub fn answer(&self, place: Place) -> Option<(&SliceAnswer, u32)> {
        let (answer, mask) = self.answers().remove(&place)?;
        let chosen = answer.candidates.iter().position(|c| std::ptr::eq(c, mask));
        Some((answer, chosen? as u32))
    }

    /// Names of the objects that are new in it.
    pub fn objects(&self) -> BTreeMap<Label, &str> {
        let objects = self.done().iter().filter_map(|step| match step {
            Step::Object { label, name } => Some((*label, name.as_str())),
            Step::Drawn { .. } | Step::Answered(_) | Step::Chosen { .. } => None,
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
        for (Place { label, index }, (_, candidate)) in self.answers() {
            let name = self.name(base, label);
            masks.set_runs(label, &name, index, candidate.mask.clone());
        }
        masks
    }

    /// Whether the object has a slice that was segmented by a prompt that a person drew.
    pub fn has_seed(&self, label: Label) -> bool {
        let mut answers = self.answers().into_iter();
        answers.any(|(place, (answer, _))| place.label == label && !answer.propagated)
    }

    /// Model and runtime of the newest answer.
    pub fn made_by(&self) -> Option<(&ModelRecord, &RuntimeRecord)> {
        self.done().iter().rev().find_map(|step| match step {
            Step::Answered(answered) => Some((&answered.model, &answered.runtime)),
            Step::Object { .. } | Step::Drawn { .. } | Step::Chosen { .. } => None,
        })
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
            Step::Object { .. } | Step::Drawn { .. } | Step::Chosen { .. } => None,
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
