//! What a change would do to a draft, or why it cannot be made.

use super::change::{DraftChange, DraftRequest};
use super::content::Draft;
use super::put;
use super::refusal::DraftRefusal;
use super::scope::Scope;
use super::step::{Put, Step};
use super::surroundings::{Base, LookedAt, Surroundings};
use super::work::{Boxes, DraftWork, Propagate};
use crate::case::{CaseState, RevisionNumber};
use crate::mask::{MaskSet, Rle};
use crate::place::{Label, Place};
use crate::prompt::PromptError;
use crate::provenance::Provenance;
use std::collections::BTreeSet;

/// What is done to a draft once nothing speaks against it.
pub(super) enum Act {
    Push(Box<Step>),
    Undo,
    Redo,
    Cancel,
    Discard,
    Restore,
    Rebase(RevisionNumber, BTreeSet<Place>),
    Work(DraftWork),
    /// Nothing here: the daemon has what it takes, and its answer brings the step.
    Wait,
}

impl Act {
    fn push(step: Step) -> Self {
        Act::Push(Box::new(step))
    }
}

impl Draft {
    /// The revision whose masks [`Draft::apply`] needs for a change, if it needs any: the one to
    /// restore from, or the one that the draft changes.
    pub fn looks_at(draft: Option<&Draft>, request: &DraftRequest) -> Option<RevisionNumber> {
        match &request.change {
            DraftChange::Revert { to, .. } => Some(*to),
            DraftChange::Copy { .. } | DraftChange::Interpolate { .. } => {
                Some(Draft::base(draft, request))
            }
            &DraftChange::Segment { label, index } => {
                let draft = draft.filter(|draft| stays(draft, &request.change))?;
                let drawn = draft.drawn();
                let prompt = drawn.get(&Place::new(label, index))?;
                let base = Draft::base(Some(draft), request);
                prompt.only_takes_away().then_some(base)
            }
            DraftChange::Object { .. }
            | DraftChange::Draw { .. }
            | DraftChange::Choose { .. }
            | DraftChange::Propagate { .. }
            | DraftChange::Boxes { .. }
            | DraftChange::Paint { .. }
            | DraftChange::Empty { .. }
            | DraftChange::Cancel
            | DraftChange::Undo
            | DraftChange::Redo
            | DraftChange::Discard
            | DraftChange::Restore
            | DraftChange::Rebase
            | DraftChange::Commit => None,
        }
    }

    /// What the change does, if it can be made.
    pub(super) fn judge(
        &self,
        request: &DraftRequest,
        around: &Surroundings<'_>,
    ) -> Result<Act, DraftRefusal> {
        match &request.change {
            DraftChange::Object { label, name } => self.new_object(*label, name, around),
            DraftChange::Draw { prompt } => {
                let base = base(around)?;
                match prompt.check(base.dims, base.axis) {
                    Ok(()) | Err(PromptError::Empty { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
                let prompt = prompt.clone();
                Ok(Act::push(Step::Drawn { prompt }))
            }
            &DraftChange::Choose {
                label,
                index,
                candidate,
            } => self.choose(Place::new(label, index), candidate),
            DraftChange::Undo if self.can_undo() => Ok(Act::Undo),
            DraftChange::Undo => Err(DraftRefusal::NothingToUndo),
            DraftChange::Redo if self.can_redo() => Ok(Act::Redo),
            DraftChange::Redo => Err(DraftRefusal::NothingToRedo),
            DraftChange::Cancel => Ok(Act::Cancel),
            DraftChange::Discard => Ok(Act::Discard),
            DraftChange::Restore => Ok(Act::Restore),
            DraftChange::Rebase => {
                check_revision(request.revision, around)?;
                Ok(Act::Rebase(request.revision, base(around)?.edited.clone()))
            }
            &DraftChange::Segment { label, index } => {
                self.segment(Place::new(label, index), around)
            }
            &DraftChange::Propagate {
                label,
                slices,
                force,
                through,
            } => match self.has_seed(label) {
                true => Ok(Act::Work(DraftWork::Propagate(Propagate {
                    label,
                    slices,
                    force,
                    through,
                }))),
                false => Err(DraftRefusal::NoSeed(label)),
            },
            &DraftChange::Boxes { label, together } => match self.boxes(label).len() {
                0 | 1 => Err(DraftRefusal::TooFewBoxes(label)),
                _ => Ok(Act::Work(DraftWork::Boxes(Boxes { label, together }))),
            },
            DraftChange::Paint {
                label,
                index,
                stroke,
                pixels,
            } => {
                let place = Place::new(*label, *index);
                check_slice(place.index, base(around)?)?;
                check_pixels(place, pixels, base(around)?)?;
                Ok(Act::push(Step::Painted {
                    label: *label,
                    index: *index,
                    stroke: *stroke,
                    pixels: pixels.clone(),
                }))
            }
            &DraftChange::Empty { label, slices } => {
                let scope = Scope { label, slices };
                Ok(Act::push(Step::Emptied { scope }))
            }
            &DraftChange::Revert { to, label, slices } => {
                let scope = Scope { label, slices };
                self.put(around, |_, masks, made| put::revert(masks, made, to, scope))
            }
            &DraftChange::Copy { label, from, to } => {
                for index in [from, to] {
                    check_slice(index, base(around)?)?;
                }
                self.put(around, |draft, masks, _| {
                    put::copy(&draft.canvas(), masks, label, from, to)
                })
            }
            &DraftChange::Interpolate { label, slices } => {
                self.put(around, |draft, masks, made| {
                    let known = draft.canvas().by_hand(masks, &made.edited, label);
                    put::interpolate(&known, masks, label, slices)
                })
            }
            DraftChange::Commit => {
                check_revision(self.revision, around)?;
                if self.working.is_some() {
                    return Err(DraftRefusal::Busy);
                }
                if !self.changes_masks() {
                    return Err(DraftRefusal::NothingSegmented);
                }
                Ok(Act::Work(DraftWork::Commit))
            }
        }
    }

    fn new_object(
        &self,
        label: Label,
        name: &str,
        around: &Surroundings<'_>,
    ) -> Result<Act, DraftRefusal> {
        if base(around)?.labels.contains(&label) || self.objects().contains_key(&label) {
            return Err(DraftRefusal::LabelTaken(label));
        }
        if name.trim().is_empty() {
            return Err(DraftRefusal::NameMissing(label));
        }
        let name = name.to_owned();
        Ok(Act::push(Step::Object { label, name }))
    }

    /// Segments by what is drawn, unless there is nothing that it could be about.
    fn segment(&self, place: Place, around: &Surroundings<'_>) -> Result<Act, DraftRefusal> {
        let drawn = self.drawn();
        let Some(prompt) = drawn.get(&place) else {
            return Err(DraftRefusal::NothingDrawn(place));
        };
        if prompt.only_takes_away()
            && let LookedAt::Masks(base, _) = around.looked_at
            && self.canvas().mask(base, place).is_empty()
        {
            return Err(DraftRefusal::NothingToCorrect(place));
        }
        Ok(Act::Work(DraftWork::Preview(place)))
    }

    /// Puts masks in place that `make` makes of the revision that is looked at.
    fn put(
        &self,
        around: &Surroundings<'_>,
        make: impl FnOnce(&Draft, &MaskSet, &Provenance) -> Result<Put, DraftRefusal>,
    ) -> Result<Act, DraftRefusal> {
        match around.looked_at {
            LookedAt::Masks(masks, made) if masks.axis == base(around)?.axis => {
                Ok(Act::push(Step::Put(make(self, masks, made)?)))
            }
            LookedAt::Masks(..) => Err(DraftRefusal::OtherPlane),
            LookedAt::Missing => Err(DraftRefusal::NoSuchRevision(around.case.clone())),
            LookedAt::Unread => Ok(Act::Wait),
        }
    }

    fn choose(&self, place: Place, candidate: u32) -> Result<Act, DraftRefusal> {
        let Some((answer, _)) = self.answer(place) else {
            return Err(DraftRefusal::NoMasks(place));
        };
        let offered = answer.candidates.len();
        if candidate as usize >= offered {
            return Err(DraftRefusal::NoSuchMask {
                place,
                offered,
                candidate,
            });
        }
        Ok(Act::push(Step::Chosen {
            label: place.label,
            index: place.index,
            candidate,
        }))
    }
}

/// Checks that the scan has a slice.
fn check_slice(index: u32, base: &Base<'_>) -> Result<(), DraftRefusal> {
    let (count, axis) = (base.dims.along(base.axis), base.axis);
    match index < count {
        true => Ok(()),
        false => Err(PromptError::NoSuchSlice { index, count, axis }.into()),
    }
}

/// Checks that painted pixels are pixels of the slice.
fn check_pixels(place: Place, pixels: &Rle, base: &Base<'_>) -> Result<(), DraftRefusal> {
    pixels.check(base.dims.slice_shape(base.axis))?;
    match pixels.is_empty() {
        true => Err(DraftRefusal::NothingPainted(place)),
        false => Ok(()),
    }
}

/// Whether a change is made to this draft, and not to a new one in its place.
pub(super) fn stays(draft: &Draft, change: &DraftChange) -> bool {
    !draft.discarded || *change == DraftChange::Restore
}

/// Checks that a revision is the current one of a case that a person can look at.
pub(super) fn check_revision(
    asked: RevisionNumber,
    around: &Surroundings<'_>,
) -> Result<(), DraftRefusal> {
    let can_be_seen = around.state.is_decidable() || around.state == CaseState::Segmenting;
    match around.current.filter(|_| can_be_seen) {
        Some(current) if current.number == asked => Ok(()),
        Some(current) => Err(DraftRefusal::OtherRevision {
            case: around.case.clone(),
            asked,
            current: current.number,
            author: current.author.to_owned(),
        }),
        None => Err(no_revision(around)),
    }
}

fn base<'a>(around: &'a Surroundings<'_>) -> Result<&'a Base<'a>, DraftRefusal> {
    around.base.as_ref().ok_or_else(|| no_revision(around))
}

fn no_revision(around: &Surroundings<'_>) -> DraftRefusal {
    DraftRefusal::NoRevision {
        case: around.case.clone(),
        state: around.state,
    }
}
