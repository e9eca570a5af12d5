//! What a change makes of a draft. The daemon runs this on the draft that it keeps, a client on its
//! copy with the changes that are still on their way.

use super::change::{DraftChange, DraftRequest};
use super::content::Draft;
use super::refusal::DraftRefusal;
use super::step::{Answered, Step};
use super::surroundings::{Base, Surroundings};
use crate::case::{Action, CaseState, RevisionNumber};
use crate::place::{Label, Place};
use crate::progress::Progress;
use crate::prompt::PromptError;
use std::collections::BTreeSet;

/// What a change has made of a draft, for those who keep it in parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// How many of the earlier steps stay.
    pub kept: u32,
    /// The step that was added after them.
    pub step: Option<Step>,
    /// The earlier steps that are others now, counted from 0.
    pub rewritten: Vec<u32>,
    /// Work that the change asks for.
    pub work: Option<DraftWork>,
    /// All work for the draft is given up.
    pub cancels: bool,
    /// What the audit log gets.
    pub noted: Option<Noted>,
}

/// Work for a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftWork {
    /// Segment a slice by what is drawn on it.
    Preview(Place),
    /// Segment the slices around those of the object that were segmented by hand.
    Propagate(Label),
    /// Make a revision of the draft.
    Commit,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What was done.
    pub action: Action,
    /// On which revision.
    pub revision: RevisionNumber,
    /// More, in words.
    pub detail: String,
}

/// What is done to a draft once nothing speaks against it.
enum Act {
    Push(Step),
    Undo,
    Redo,
    Cancel,
    Discard,
    Restore,
    Rebase(RevisionNumber, BTreeSet<Place>),
    Work(DraftWork),
}

impl Draft {
    /// The revision whose facts [`Draft::apply`] needs: the one that the draft changes, or that it
    /// would change.
    pub fn base(draft: Option<&Draft>, request: &DraftRequest) -> RevisionNumber {
        let is_its_own =
            |draft: &&Draft| stays(draft, &request.change) && request.change != DraftChange::Rebase;
        draft
            .filter(is_its_own)
            .map_or(request.revision, |draft| draft.revision)
    }

    /// Makes a change, beginning a draft if need be. A refusal leaves the draft as it is.
    pub fn apply(
        slot: &mut Option<Draft>,
        request: &DraftRequest,
        around: &Surroundings<'_>,
    ) -> Result<Applied, DraftRefusal> {
        check_version(slot.as_ref(), request, around)?;
        if let Some(draft) = slot.as_mut().filter(|d| stays(d, &request.change)) {
            let act = draft.judge(request, around)?;
            return Ok(draft.perform(act));
        }
        if !request.change.begins() {
            return Err(DraftRefusal::NoDraft(around.case.clone()));
        }
        check_revision(request.revision, around)?;
        let mut draft = Draft::new(request.revision);
        draft.version = slot.as_ref().map_or(around.last_version, |d| d.version);
        let act = draft.judge(request, around)?;
        let mut applied = draft.perform(act);
        applied.noted = Some(note(Action::Drafted, draft.revision));
        *slot = Some(draft);
        Ok(applied)
    }

    /// Puts the masks that work has made behind the steps that count.
    pub fn take_answer(&mut self, answered: Answered) -> Applied {
        self.add(Step::Answered(answered))
    }

    /// Adds a step as a change of its own.
    fn add(&mut self, step: Step) -> Applied {
        self.version += 1;
        self.push(step.clone());
        Applied {
            kept: self.position - 1,
            step: Some(step),
            ..Applied::default()
        }
    }

    /// What the change does, if it can be made.
    fn judge(
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
                Ok(Act::Push(Step::Drawn { prompt }))
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
                let place = Place::new(label, index);
                match self.drawn().contains_key(&place) {
                    true => Ok(Act::Work(DraftWork::Preview(place))),
                    false => Err(DraftRefusal::NothingDrawn(place)),
                }
            }
            &DraftChange::Propagate { label } => match self.has_seed(label) {
                true => Ok(Act::Work(DraftWork::Propagate(label))),
                false => Err(DraftRefusal::NoSeed(label)),
            },
            DraftChange::Commit => {
                check_revision(self.revision, around)?;
                if self.working.is_some() {
                    return Err(DraftRefusal::Busy);
                }
                if self.answers().is_empty() {
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
        Ok(Act::Push(Step::Object { label, name }))
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
        Ok(Act::Push(Step::Chosen {
            label: place.label,
            index: place.index,
            candidate,
        }))
    }

    fn perform(&mut self, act: Act) -> Applied {
        let mut applied = Applied {
            kept: self.steps.len() as u32,
            ..Applied::default()
        };
        match act {
            Act::Push(step) => return self.add(step),
            Act::Undo => self.position = self.position.saturating_sub(1),
            Act::Redo => self.position += 1,
            Act::Cancel => self.cancel(&mut applied),
            Act::Discard => {
                self.cancel(&mut applied);
                self.discarded = true;
                applied.noted = Some(note(Action::Discarded, self.revision));
            }
            Act::Restore => {
                if std::mem::take(&mut self.discarded) {
                    applied.noted = Some(note(Action::Drafted, self.revision));
                }
            }
            Act::Rebase(revision, edited) => {
                applied.rewritten = self.rebase(revision, &edited);
                applied.noted = Some(note(Action::Drafted, revision));
            }
            Act::Work(work) => {
                self.working.get_or_insert(Progress { done: 0, total: 0 });
                applied.work = Some(work);
                if work == DraftWork::Commit {
                    applied.noted = Some(Noted {
                        detail: self.slices_in_words(),
                        ..note(Action::Prompted, self.revision)
                    });
                }
            }
        }
        self.version += 1;
        applied
    }

    fn cancel(&mut self, applied: &mut Applied) {
        self.working = None;
        applied.cancels = true;
    }

    /// `slice 3, 4, 7`
    fn slices_in_words(&self) -> String {
        let places = self.answers().into_keys();
        let slices: Vec<String> = places.map(|place| place.index.to_string()).collect();
        format!("slice {}", slices.join(", "))
    }
}

/// Whether a change is made to this draft, and not to a new one in its place.
fn stays(draft: &Draft, change: &DraftChange) -> bool {
    !draft.discarded || *change == DraftChange::Restore
}

/// Checks that the change is made to the draft as it was seen. A discarded draft counts as none,
/// and may also be named by its version. Cancelling skips the check: each report of progress is a
/// version of its own.
fn check_version(
    draft: Option<&Draft>,
    request: &DraftRequest,
    around: &Surroundings<'_>,
) -> Result<(), DraftRefusal> {
    let is_seen = match draft {
        None => request.version == 0,
        Some(draft) if draft.discarded => request.version == 0 || request.version == draft.version,
        Some(draft) => request.version == draft.version,
    };
    match is_seen || request.change == DraftChange::Cancel {
        true => Ok(()),
        false => Err(DraftRefusal::Moved(around.case.clone())),
    }
}

/// Checks that a revision is the current one of a case that a person can look at.
fn check_revision(asked: RevisionNumber, around: &Surroundings<'_>) -> Result<(), DraftRefusal> {
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

const fn note(action: Action, revision: RevisionNumber) -> Noted {
    Noted {
        action,
        revision,
        detail: String::new(),
    }
}
