//! Drafts: what a reviewer changes in a case before it becomes a revision.
//!
//! A draft is a list of [`Step`]s from a revision on, and a position in that list. Undoing moves the
//! position back, redoing moves it on, and a new step takes the place of all that follow the
//! position. What a draft holds follows from its steps alone, so that daemon and client see the same.

use crate::case::RevisionNumber;
use crate::mask::{MaskSet, Rle};
use crate::place::Place;
use crate::progress::Progress;
use crate::prompt::{Label, SlicePrompt};
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
    /// Slices done and to do of what is being segmented for it.
    #[serde(default)]
    pub working: Option<Progress>,
}

/// One change within a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
pub enum Step {
    /// There is a new object.
    Object {
        /// Its number.
        label: Label,
        /// Its name.
        name: String,
    },
    /// Box and points of an object on a slice are these from now on; none of either: taken back.
    Drawn {
        /// They.
        prompt: SlicePrompt,
    },
    /// The masks that the model made of what was drawn.
    Answered(Answered),
    /// Another one of the masks that the model offered.
    Chosen {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// Which one, from 0.
        candidate: u32,
    },
}

/// The masks of an object on one slice or on several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The object.
    pub label: Label,
    /// The model.
    pub model: ModelRecord,
    /// What ran it.
    pub runtime: RuntimeRecord,
    /// The masks, each slice once.
    pub slices: Vec<SliceAnswer>,
}

/// What the model made of a prompt on a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceAnswer {
    /// What it was asked, on which slice.
    pub prompt: SlicePrompt,
    /// Whether the prompt was derived from the mask of a neighbouring slice; else a person drew it.
    #[serde(default)]
    pub propagated: bool,
    /// The masks that it offers.
    pub candidates: Vec<Candidate>,
    /// The one that is meant.
    pub chosen: u32,
}

impl SliceAnswer {
    /// The mask that is meant.
    pub fn mask(&self) -> Option<&Candidate> {
        self.candidates.get(self.chosen as usize)
    }
}

/// A mask that the model offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The mask.
    pub mask: Rle,
    /// The model's own estimate of its IoU with the truth.
    pub predicted_iou: f32,
    /// Stability score.
    pub stability: f32,
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
            if let Step::Drawn { prompt } = step {
                if prompt.is_empty() {
                    drawn.remove(&prompt.place());
                } else {
                    drawn.insert(prompt.place(), prompt);
                }
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

    /// The newest answer for an object on a slice, and which of its masks is meant, from 0.
    pub fn answer(&self, place: Place) -> Option<(&SliceAnswer, u32)> {
        let (answer, mask) = self.answers().remove(&place)?;
        let chosen = answer.candidates.iter().position(|c| std::ptr::eq(c, mask));
        Some((answer, chosen? as u32))
    }

    /// Names of the objects that are new in it.
    pub fn objects(&self) -> BTreeMap<Label, &str> {
        let objects = self.done().iter().filter_map(|step| match step {
            Step::Object { label, name } => Some((*label, name.as_str())),
            _ => None,
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

    /// Puts it on top of another revision, of which people have segmented `edited`: what was only
    /// followed from neighbouring slices gives way there. Returns whether any step has changed.
    pub fn rebase(&mut self, revision: RevisionNumber, edited: &BTreeSet<Place>) -> bool {
        self.revision = revision;
        let mut has_changed = false;
        for step in &mut self.steps {
            if let Step::Answered(answered) = step {
                let (label, before) = (answered.label, answered.slices.len());
                answered.slices.retain(|s| {
                    !s.propagated || !edited.contains(&Place::new(label, s.prompt.index))
                });
                has_changed |= answered.slices.len() != before;
            }
        }
        has_changed
    }

    /// Model and runtime of the newest answer.
    pub fn made_by(&self) -> Option<(&ModelRecord, &RuntimeRecord)> {
        self.done().iter().rev().find_map(|step| match step {
            Step::Answered(answered) => Some((&answered.model, &answered.runtime)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Axis, Dims};
    use crate::prompt::SlicePoint;

    fn label(number: u16) -> Label {
        Label::new(number).unwrap()
    }

    fn prompt(number: u16, index: u32, points: usize) -> SlicePrompt {
        let point = |x| SlicePoint {
            x: x as u32,
            y: 1,
            positive: true,
        };
        SlicePrompt {
            label: label(number),
            index,
            bbox: None,
            points: (0..points).map(point).collect(),
        }
    }

    fn answered(number: u16, index: u32, areas: &[u32]) -> Step {
        let candidate = |&area| Candidate {
            mask: Rle(vec![0, area]),
            predicted_iou: 0.9,
            stability: 0.9,
        };
        let answer = SliceAnswer {
            prompt: prompt(number, index, 1),
            propagated: false,
            candidates: areas.iter().map(candidate).collect(),
            chosen: 0,
        };
        Step::Answered(Answered {
            label: label(number),
            model: ModelRecord {
                name: "m".into(),
                family: "f".into(),
                hash: "h".into(),
                understands: None,
            },
            runtime: RuntimeRecord {
                name: "r".into(),
                device: "cpu".into(),
                precision: "f32".into(),
                threads: 1,
            },
            slices: vec![answer],
        })
    }

    fn areas(draft: &Draft) -> Vec<(u16, u32, u64)> {
        let base = MaskSet::empty(Dims([8, 8, 4]), Axis::K);
        let masks = draft.masks(&base);
        let of = |object: &crate::mask::ObjectMask| {
            let label = object.label.get();
            let slices = object.slices.iter();
            slices
                .map(|(&index, runs)| (label, index, runs.area()))
                .collect::<Vec<_>>()
        };
        masks.objects.iter().flat_map(of).collect()
    }

    #[test]
    fn undoing_and_redoing_give_back_what_was_there() {
        let mut draft = Draft::new(1);
        draft.push(Step::Drawn {
            prompt: prompt(1, 2, 1),
        });
        draft.push(answered(1, 2, &[5, 9]));
        draft.push(Step::Chosen {
            label: label(1),
            index: 2,
            candidate: 1,
        });
        draft.push(Step::Drawn {
            prompt: prompt(1, 2, 0),
        });
        assert_eq!((areas(&draft), draft.drawn().len()), (vec![(1, 2, 9)], 0));
        assert_eq!(draft.answer(Place::new(label(1), 2)).unwrap().1, 1);
        draft.position -= 2;
        assert_eq!((areas(&draft), draft.drawn().len()), (vec![(1, 2, 5)], 1));
        assert!(draft.can_redo());
        draft.position -= 1;
        assert_eq!(areas(&draft), []);
        draft.push(answered(1, 2, &[3]));
        assert_eq!(areas(&draft), [(1, 2, 3)]);
        assert!(!draft.can_redo(), "what was undone is gone");
    }

    #[test]
    fn on_another_revision_what_was_followed_gives_way_to_what_people_made() {
        let followed = |index| match answered(1, index, &[4]) {
            Step::Answered(mut answered) => {
                answered.slices[0].propagated = true;
                Step::Answered(answered)
            }
            other => other,
        };
        let mut draft = Draft::new(1);
        for step in [answered(1, 0, &[3]), followed(1), followed(2)] {
            draft.push(step);
        }
        let theirs = BTreeSet::from([(1, 0), (1, 2), (2, 1)].map(|(l, z)| Place::new(label(l), z)));
        assert!(draft.rebase(2, &theirs));
        assert_eq!(areas(&draft), [(1, 0, 3), (1, 1, 4)]);
        assert_eq!((draft.revision, draft.position), (2, 3));
        assert!(!draft.rebase(3, &theirs), "nothing is left to give way");
    }

    #[test]
    fn new_objects_have_their_names_and_slices_of_their_own() {
        let mut draft = Draft::new(1);
        draft.push(Step::Object {
            label: label(4),
            name: "cyst".into(),
        });
        draft.push(answered(4, 0, &[2]));
        draft.push(answered(1, 0, &[3]));
        assert_eq!(areas(&draft), [(1, 0, 3), (4, 0, 2)]);
        let base = MaskSet::empty(Dims([8, 8, 4]), Axis::K);
        let masks = draft.masks(&base);
        assert_eq!(masks.object(label(4)).unwrap().name, "cyst");
        assert_eq!(masks.object(label(1)).unwrap().name, "object 1");
    }
}
