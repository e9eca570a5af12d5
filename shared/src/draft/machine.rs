//! What a change makes of a draft. The daemon runs this on the draft that it keeps, a client on its
//! copy with the changes that are still on their way.

use super::change::{DraftChange, DraftRequest};
use super::content::Draft;
use super::judge::{Act, check_revision, stays};
use super::refusal::DraftRefusal;
use super::step::{Answered, Step};
use super::surroundings::Surroundings;
use super::work::DraftWork;
use crate::case::{Action, RevisionNumber};

use crate::progress::Progress;

use std::collections::BTreeSet;

/// What a change has made of a draft, for a store that keeps drafts in parts.
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

    fn perform(&mut self, act: Act) -> Applied {
        let mut applied = Applied {
            kept: self.steps.len() as u32,
            ..Applied::default()
        };
        match act {
            Act::Push(step) => return self.add(*step),
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
            // The daemon makes the step.
            Act::Wait => {}
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
        let canvas = self.canvas();
        let places: BTreeSet<u32> = canvas.places().map(|(place, _)| place.index).collect();
        if places.is_empty() {
            return "emptied".to_owned();
        }
        let slices: Vec<String> = places.iter().map(u32::to_string).collect();
        format!("slice {}", slices.join(", "))
    }
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

const fn note(action: Action, revision: RevisionNumber) -> Noted {
    Noted {
        action,
        revision,
        detail: String::new(),
    }
}
