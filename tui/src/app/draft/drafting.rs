//! The draft of the case that is looked at, as far as the client is with it.
//!
//! The daemon keeps the draft. Changes are seen at once and sent behind; so the screen shows the
//! confirmed draft with the changes that are still on their way to the daemon, made by the same
//! rules. One thing at a time is asked of the daemon, a change or the whole draft, so that every
//! answer is about a known draft.

use super::known::Known;
use super::lost::has_come;
use crate::app::event::{Effect, Failure};
use medicosam_shared::api::{DraftResponse, DraftView};
use medicosam_shared::draft::{Draft, DraftChange, DraftRefusal, Step};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::place::{Label, Place};
use medicosam_shared::progress::{Pace, Progress};
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::understands::Understands;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Drafting {
    /// As the daemon has it; discarded ones too.
    confirmed: Option<Draft>,
    /// The same with the changes of the outbox.
    seen: Option<Draft>,
    /// Changes that have not been answered, oldest first.
    outbox: VecDeque<DraftChange>,
    /// What is on its way.
    asked: Asked,
    /// The draft has to be read before anything else is asked.
    is_stale: bool,
    /// Somebody waits for news of what is being segmented.
    is_watched: bool,
    /// What the model was trained on, if that is known.
    pub understands: Option<Understands>,
    /// How fast what is being segmented goes on.
    pace: Pace,
    /// The masks with what the draft changes, if it changes any.
    masks: Option<Arc<MaskSet>>,
    /// Grows whenever `masks` may have changed.
    pub generation: u64,
}

/// What the daemon was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Asked {
    /// Nothing, or everything is answered.
    #[default]
    Nothing,
    /// The first change of the outbox.
    Change,
    /// The first change of the outbox, and the connection broke before the answer.
    LostChange,
    /// The draft; `after_loss`: the first change of the outbox may be in it.
    Draft { after_loss: bool },
}

impl Drafting {
    /// The draft as it is seen; `None` if there is none, or it is discarded.
    pub fn draft(&self) -> Option<&Draft> {
        self.seen.as_ref().filter(|draft| !draft.discarded)
    }

    /// Whether points are of use: unless the model is known not to understand them.
    pub fn takes_points(&self) -> bool {
        self.understands.is_none_or(|u| u.points)
    }

    /// What is drawn for an object on a slice.
    pub fn drawn(&self, label: Label, index: u32) -> Option<&SlicePrompt> {
        self.draft()?.drawn().remove(&Place::new(label, index))
    }

    /// The masks with what the draft changes, if it changes any.
    pub fn masks(&self) -> Option<&Arc<MaskSet>> {
        self.masks.as_ref()
    }

    /// Whether there are changes that would be lost with the draft.
    pub fn has_changes(&self) -> bool {
        self.draft().is_some_and(Draft::can_undo)
    }

    /// Whether there is a discarded draft to bring back.
    pub fn is_discarded(&self) -> bool {
        self.seen.as_ref().is_some_and(|draft| draft.discarded)
    }

    /// Slices done and to do of what is being segmented; without numbers for a single slice.
    pub fn working(&self) -> Option<Progress> {
        self.draft()?.working
    }

    /// Takes news of how far that is, in seconds of the client's clock.
    pub fn keep_pace(&mut self, seconds: f64, working: Option<Progress>) {
        match working.filter(|progress| progress.total > 0) {
            Some(progress) => self.pace.report(seconds, progress),
            None => self.pace = Pace::default(),
        }
    }

    /// How fast it is, and how long it will take.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Whether the same is on its way already.
    pub fn is_asked(&self, change: &DraftChange) -> bool {
        self.outbox.contains(change)
    }

    /// Names of the objects that are new in the draft.
    pub fn objects(&self) -> BTreeMap<Label, String> {
        let objects = self.draft().map(Draft::objects).unwrap_or_default();
        let owned = |(label, name): (Label, &str)| (label, name.to_owned());
        objects.into_iter().map(owned).collect()
    }

    /// Whether a change could be made to the draft as it is seen.
    pub fn check(&self, known: Known<'_>, change: &DraftChange) -> Result<(), DraftRefusal> {
        known.apply(&mut self.seen.clone(), change).map(drop)
    }

    /// Takes a change: it is seen at once, and sent when its turn comes.
    pub fn ask(
        &mut self,
        known: Known<'_>,
        change: DraftChange,
    ) -> Result<Vec<Effect>, DraftRefusal> {
        known.apply(&mut self.seen, &change)?;
        self.outbox.push_back(change);
        Ok(self.send(known))
    }

    /// Has the draft read again, now or when what was asked before is answered.
    pub fn load(&mut self, known: Known<'_>) -> Vec<Effect> {
        self.is_stale = true;
        self.send(known)
    }

    /// Asks for what is to be asked next, if nothing is on its way.
    fn send(&mut self, known: Known<'_>) -> Vec<Effect> {
        let after_loss = match self.asked {
            Asked::Nothing => false,
            Asked::LostChange => true,
            Asked::Change | Asked::Draft { .. } => return Vec::new(),
        };
        if std::mem::take(&mut self.is_stale) {
            self.asked = Asked::Draft { after_loss };
            return vec![Effect::LoadDraft(known.case.clone())];
        }
        let Some(change) = self.outbox.front().filter(|_| !after_loss) else {
            return Vec::new();
        };
        self.asked = Asked::Change;
        vec![Effect::ChangeDraft {
            case: known.case.clone(),
            request: known.request(self.confirmed.as_ref(), change.clone()),
        }]
    }

    /// Takes the answer to the change that was on its way, which it returns, and sends the next.
    pub fn answered(
        &mut self,
        known: Known<'_>,
        response: &DraftResponse,
    ) -> (Option<DraftChange>, Vec<Effect>) {
        let change = match self.asked {
            Asked::Change => self.outbox.pop_front(),
            // Asked before the case was left and opened again.
            Asked::Nothing | Asked::LostChange | Asked::Draft { .. } => None,
        };
        let Some(change) = change else {
            return (None, self.load(known));
        };
        self.asked = Asked::Nothing;
        match response {
            DraftResponse::Changed {
                version,
                position,
                step,
                working,
            } => {
                let is_known = self.confirm(known, &change, *position, step.as_ref());
                self.is_stale |= !is_known;
                if let Some(draft) = &mut self.confirmed {
                    draft.version = *version;
                    draft.working = *working;
                }
            }
            DraftResponse::Revised { .. } => self.confirmed = None,
            DraftResponse::Queued | DraftResponse::Failed { .. } => self.is_stale = true,
        }
        self.look(known);
        let mut effects = self.watch(known);
        effects.extend(self.send(known));
        (Some(change), effects)
    }

    /// Makes a change that the daemon has made; `step` is the last step of its draft. Returns
    /// whether the draft is surely the same then; else masks have come that are not known here.
    fn confirm(
        &mut self,
        known: Known<'_>,
        change: &DraftChange,
        position: u32,
        step: Option<&Step>,
    ) -> bool {
        let applied = known.apply(&mut self.confirmed, change);
        let (Ok(applied), Some(draft)) = (applied, &mut self.confirmed) else {
            return false;
        };
        let is_same = match (&applied.step, step) {
            (None, Some(masks)) => {
                draft.push(masks.clone());
                true
            }
            (made, step) => made.as_ref() == step,
        };
        is_same && draft.position == position
    }

    /// The change that was on its way was refused, or nobody knows what became of it. The draft is
    /// read again; returns the change if it was refused.
    pub fn refused(
        &mut self,
        known: Known<'_>,
        failure: &Failure,
    ) -> (Option<DraftChange>, Vec<Effect>) {
        if self.asked != Asked::Change {
            return (None, self.load(known));
        }
        if is_loss(failure) {
            // When the daemon is there again, its version of the draft says whether it had come.
            self.asked = Asked::LostChange;
            return (None, Vec::new());
        }
        self.asked = Asked::Nothing;
        if failure.fault.is(FaultCode::DraftMoved) {
            // Masks came while it was on its way: once more, on top of them.
            return (None, self.load(known));
        }
        let change = self.outbox.pop_front();
        // What was drawn on top of it may mean something else now.
        self.outbox.clear();
        self.look(known);
        (change, self.load(known))
    }

    /// Takes the draft as the daemon has it, and goes on with what has not been answered.
    pub fn loaded(&mut self, known: Known<'_>, view: DraftView) -> Vec<Effect> {
        let Asked::Draft { after_loss } = self.asked else {
            return Vec::new();
        };
        self.asked = Asked::Nothing;
        let lost = self.outbox.front().filter(|_| after_loss);
        if lost.is_some_and(|change| has_come(change, self.confirmed.as_ref(), view.draft.as_ref()))
        {
            self.outbox.pop_front();
        }
        self.understands = view.understands;
        self.confirmed = view.draft;
        self.look(known);
        let mut effects = self.watch(known);
        effects.extend(self.send(known));
        effects
    }

    /// The draft could not be read. Once the daemon is there again it is asked for it again.
    pub fn unread(&mut self) {
        self.asked = match self.asked {
            Asked::Draft { after_loss: true } => Asked::LostChange,
            Asked::Draft { after_loss: false } => Asked::Nothing,
            Asked::Nothing => Asked::Nothing,
            Asked::Change => Asked::Change,
            Asked::LostChange => Asked::LostChange,
        };
    }

    /// Takes news of what is being segmented.
    pub fn progressed(
        &mut self,
        known: Known<'_>,
        version: u64,
        working: Option<Progress>,
    ) -> Vec<Effect> {
        self.is_watched = false;
        let Some(draft) = &mut self.confirmed else {
            return Vec::new();
        };
        if working.is_none() {
            return self.load(known);
        }
        draft.working = working;
        draft.version = draft.version.max(version);
        self.look(known);
        self.watch(known)
    }

    /// There is no news, and nobody waits for any.
    pub fn unwatched(&mut self) {
        self.is_watched = false;
    }

    fn watch(&mut self, known: Known<'_>) -> Vec<Effect> {
        let works = self.confirmed.as_ref().filter(|d| d.working.is_some());
        let Some(after) = works.map(|draft| draft.version) else {
            return Vec::new();
        };
        if std::mem::replace(&mut self.is_watched, true) {
            return Vec::new();
        }
        let case = known.case.clone();
        vec![Effect::WatchDraft { case, after }]
    }

    /// Works out what is seen: the confirmed draft with what has not been answered.
    fn look(&mut self, known: Known<'_>) {
        self.seen.clone_from(&self.confirmed);
        for change in &self.outbox {
            // The daemon says why when the turn of a change comes that no longer fits.
            let _refused = known.apply(&mut self.seen, change);
        }
    }

    /// Works out the masks on top of those of the revision.
    pub fn compose(&mut self, base: Option<&Arc<MaskSet>>) {
        let draft = self.draft().filter(|d| d.changes_masks());
        self.masks = draft
            .zip(base)
            .map(|(draft, base)| Arc::new(draft.masks(base)));
        self.generation += 1;
    }
}

/// Whether the daemon was not reached, or the answer did not come back.
fn is_loss(failure: &Failure) -> bool {
    let fault = &failure.fault;
    fault.is(FaultCode::DaemonUnreachable) || fault.is(FaultCode::ConnectionBroken)
}
