//! The draft of the case that is looked at, as far as the client is with it.
//!
//! The daemon keeps the draft. What is drawn is seen at once and sent behind; so what is on the
//! screen is what the daemon has confirmed and what is still on its way to it. One thing at a time
//! is asked of the daemon, a change or the whole draft, so that every answer is about what is known.

use crate::app::event::{Effect, Failure};
use medicosam_shared::api::{DraftChange, DraftRequest, DraftResponse, DraftView};
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::draft::{Draft, Step};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::understands::Understands;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Drafting {
    /// As the daemon has it; discarded ones too.
    confirmed: Option<Draft>,
    /// As it is seen; `None` if there is none, or it is discarded.
    seen: Option<Draft>,
    /// What has not been answered, oldest first.
    outbox: VecDeque<DraftChange>,
    /// What is on its way.
    asked: Asked,
    /// The draft has to be read before anything else is asked.
    is_stale: bool,
    /// Somebody waits for news of what is being segmented.
    is_watched: bool,
    /// What the model was trained on, if that is known.
    pub understands: Option<Understands>,
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
    /// The draft as it is seen.
    pub fn draft(&self) -> Option<&Draft> {
        self.seen.as_ref()
    }

    /// Whether points are of use: unless the model is known not to understand them.
    pub fn takes_points(&self) -> bool {
        self.understands.is_none_or(|u| u.points)
    }

    /// What is drawn for an object on a slice.
    pub fn drawn(&self, label: Label, index: u32) -> Option<&SlicePrompt> {
        self.seen
            .as_ref()?
            .drawn()
            .remove(&Place::new(label, index))
    }

    /// The masks with what the draft changes, if it changes any.
    pub fn masks(&self) -> Option<&Arc<MaskSet>> {
        self.masks.as_ref()
    }

    /// Whether there are changes that would be lost with the draft.
    pub fn has_changes(&self) -> bool {
        self.seen.as_ref().is_some_and(Draft::can_undo)
    }

    /// Whether there is a discarded draft to bring back.
    pub fn is_discarded(&self) -> bool {
        self.confirmed.as_ref().is_some_and(|d| d.discarded) && self.seen.is_none()
    }

    /// Slices done and to do of what is being segmented; without numbers for a single slice.
    pub fn working(&self) -> Option<Progress> {
        let waits = |change: &DraftChange| {
            matches!(change, DraftChange::Segment { .. } | DraftChange::Commit)
        };
        let asked = self.outbox.iter().any(waits);
        let known = self.confirmed.as_ref().and_then(|d| d.working);
        known.or_else(|| asked.then_some(Progress { done: 0, total: 0 }))
    }

    /// Whether the same is on its way already.
    pub fn is_asked(&self, change: &DraftChange) -> bool {
        self.outbox.contains(change)
    }

    /// Names of the objects that are new in the draft.
    pub fn objects(&self) -> BTreeMap<Label, String> {
        let objects = self.seen.as_ref().map(Draft::objects).unwrap_or_default();
        let owned = |(label, name): (Label, &str)| (label, name.to_owned());
        objects.into_iter().map(owned).collect()
    }

    /// Takes a change: it is seen at once, and sent when its turn comes.
    pub fn ask(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        change: DraftChange,
    ) -> Vec<Effect> {
        self.outbox.push_back(change);
        self.look(revision);
        self.send(case, revision)
    }

    /// Has the draft read again, now or when what was asked before is answered.
    pub fn load(&mut self, case: &CaseId, revision: RevisionNumber) -> Vec<Effect> {
        self.is_stale = true;
        self.send(case, revision)
    }

    /// Asks for what is to be asked next, if nothing is on its way.
    fn send(&mut self, case: &CaseId, revision: RevisionNumber) -> Vec<Effect> {
        let after_loss = match self.asked {
            Asked::Nothing => false,
            Asked::LostChange => true,
            Asked::Change | Asked::Draft { .. } => return Vec::new(),
        };
        if std::mem::take(&mut self.is_stale) {
            self.asked = Asked::Draft { after_loss };
            return vec![Effect::LoadDraft(case.clone())];
        }
        let Some(change) = self.outbox.front().filter(|_| !after_loss) else {
            return Vec::new();
        };
        self.asked = Asked::Change;
        vec![Effect::ChangeDraft {
            case: case.clone(),
            request: DraftRequest {
                revision,
                version: self.version(),
                change: change.clone(),
            },
        }]
    }

    /// The version that changes are made to; 0 if there is no draft.
    fn version(&self) -> u64 {
        self.confirmed.as_ref().map_or(0, |draft| draft.version)
    }

    /// Takes the answer to the change that was on its way, which it returns, and sends the next.
    pub fn answered(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        response: &DraftResponse,
    ) -> (Option<DraftChange>, Vec<Effect>) {
        if self.asked != Asked::Change {
            // Asked before the case was left and opened again.
            return (None, self.load(case, revision));
        }
        self.asked = Asked::Nothing;
        let change = self.outbox.pop_front();
        match response {
            DraftResponse::Changed {
                version,
                position,
                step,
                working,
            } => {
                let begins = self.confirmed.as_ref().is_none_or(|d| d.discarded)
                    && !matches!(change, Some(DraftChange::Restore));
                if begins {
                    self.confirmed = Some(Draft::new(revision));
                }
                if let Some(draft) = &mut self.confirmed {
                    let before = position.saturating_sub(u32::from(step.is_some())) as usize;
                    if step.is_some() {
                        draft.steps.truncate(before);
                        draft.steps.extend(step.clone());
                    }
                    // Other masks have come before this one.
                    self.is_stale |= draft.steps.len() < *position as usize;
                    draft.position = *position;
                    draft.version = *version;
                    draft.working = *working;
                    draft.discarded = matches!(change, Some(DraftChange::Discard));
                    if matches!(change, Some(DraftChange::Rebase)) {
                        draft.revision = revision;
                        // What was followed may have given way to what somebody did there.
                        self.is_stale = true;
                    }
                }
            }
            DraftResponse::Revised { .. } => self.confirmed = None,
            DraftResponse::Queued | DraftResponse::Failed { .. } => self.is_stale = true,
        }
        self.look(revision);
        let mut effects = self.watch(case);
        effects.extend(self.send(case, revision));
        (change, effects)
    }

    /// The change that was on its way was refused, or nobody knows what became of it. The draft is
    /// read again; returns the change if it was refused.
    pub fn refused(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        failure: &Failure,
    ) -> (Option<DraftChange>, Vec<Effect>) {
        if self.asked != Asked::Change {
            return (None, self.load(case, revision));
        }
        if is_loss(failure) {
            // When the daemon is there again, its version of the draft says whether it had come.
            self.asked = Asked::LostChange;
            return (None, Vec::new());
        }
        self.asked = Asked::Nothing;
        if failure.fault.is(FaultCode::DraftMoved) {
            // Masks came while it was on its way: once more, on top of them.
            return (None, self.load(case, revision));
        }
        let change = self.outbox.pop_front();
        // What was drawn on top of it may mean something else now.
        self.outbox.clear();
        self.look(revision);
        (change, self.load(case, revision))
    }

    /// Takes the draft as the daemon has it, and goes on with what has not been answered.
    pub fn loaded(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        view: DraftView,
    ) -> Vec<Effect> {
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
        self.look(revision);
        let mut effects = self.watch(case);
        effects.extend(self.send(case, revision));
        effects
    }

    /// The draft could not be read. Once the daemon is there again it is asked for it again.
    pub fn unread(&mut self) {
        self.asked = match self.asked {
            Asked::Draft { after_loss: true } => Asked::LostChange,
            Asked::Draft { after_loss: false } => Asked::Nothing,
            other => other,
        };
    }

    /// Takes news of what is being segmented.
    pub fn progressed(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        version: u64,
        working: Option<Progress>,
    ) -> Vec<Effect> {
        self.is_watched = false;
        let Some(draft) = &mut self.confirmed else {
            return Vec::new();
        };
        if working.is_none() {
            return self.load(case, revision);
        }
        draft.working = working;
        draft.version = draft.version.max(version);
        self.watch(case)
    }

    /// There is no news, and nobody waits for any.
    pub fn unwatched(&mut self) {
        self.is_watched = false;
    }

    fn watch(&mut self, case: &CaseId) -> Vec<Effect> {
        let works = self.confirmed.as_ref().is_some_and(|d| d.working.is_some());
        if !works || std::mem::replace(&mut self.is_watched, true) {
            return Vec::new();
        }
        vec![Effect::WatchDraft {
            case: case.clone(),
            after: self.version(),
        }]
    }

    /// Works out what is seen: the confirmed draft with what has not been answered.
    fn look(&mut self, revision: RevisionNumber) {
        let mut seen = self.confirmed.clone().filter(|d| !d.discarded);
        for change in &self.outbox {
            let step = match change.clone() {
                DraftChange::Object { label, name } => Step::Object { label, name },
                DraftChange::Draw { prompt } => Step::Drawn { prompt },
                DraftChange::Choose {
                    label,
                    index,
                    candidate,
                } => Step::Chosen {
                    label,
                    index,
                    candidate,
                },
                DraftChange::Undo => {
                    if let Some(draft) = &mut seen {
                        draft.position = draft.position.saturating_sub(1);
                    }
                    continue;
                }
                DraftChange::Redo => {
                    if let Some(draft) = &mut seen {
                        draft.position = (draft.position + 1).min(draft.steps.len() as u32);
                    }
                    continue;
                }
                DraftChange::Discard => {
                    seen = None;
                    continue;
                }
                _ => continue,
            };
            seen.get_or_insert_with(|| Draft::new(revision)).push(step);
        }
        self.seen = seen;
    }

    /// Works out the masks on top of those of the revision.
    pub fn compose(&mut self, base: Option<&Arc<MaskSet>>) {
        let draft = self.seen.as_ref().filter(|d| !d.answers().is_empty());
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

/// Whether the draft is `after` what it was `before` because of a change, of which nobody knows
/// whether the daemon got it. Masks may have come to the draft meanwhile in any case.
fn has_come(change: &DraftChange, before: Option<&Draft>, after: Option<&Draft>) -> bool {
    let version = |draft: Option<&Draft>| draft.map_or(0, |d| d.version);
    if version(before) == version(after) {
        return false;
    }
    let position = |draft: Option<&Draft>| draft.map_or(0, |d| d.position);
    let Some(draft) = after.filter(|d| !d.discarded) else {
        return matches!(change, DraftChange::Commit | DraftChange::Discard);
    };
    match change {
        DraftChange::Object { label, .. } => draft.objects().contains_key(label),
        DraftChange::Draw { prompt } => {
            let drawn = draft.drawn().remove(&prompt.place());
            drawn.map_or(prompt.is_empty(), |drawn| drawn == prompt)
        }
        DraftChange::Undo => position(after) < position(before),
        DraftChange::Redo => position(after) > position(before),
        DraftChange::Commit | DraftChange::Discard => false,
        // Seen on the screen, and asked for with one key if not.
        _ => true,
    }
}
