//! The draft of the case that is looked at, as far as the client is with it.
//!
//! The daemon keeps the draft. What is drawn is seen at once and sent behind, one change at a time;
//! so what is on the screen is what the daemon has confirmed and what is still on its way to it.

use super::event::{Effect, Failure};
use medicosam_shared::api::{DraftChange, DraftRequest, DraftResponse, DraftView, Progress};
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::draft::{Draft, Step, Understands};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::{Label, SlicePrompt};
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
    /// The first of them is on its way.
    sent: bool,
    /// What the model was trained on, if that is known.
    pub understands: Option<Understands>,
    /// The masks with what the draft changes, if it changes any.
    masks: Option<Arc<MaskSet>>,
    /// Grows whenever `masks` may have changed.
    pub generation: u64,
}

impl Drafting {
    /// The draft as it is seen.
    pub fn draft(&self) -> Option<&Draft> {
        self.seen.as_ref()
    }

    /// What is drawn for an object on a slice.
    pub fn drawn(&self, label: Label, index: u32) -> Option<&SlicePrompt> {
        self.seen.as_ref()?.drawn().remove(&(label, index))
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

    /// Sends the next change, if none is on its way.
    fn send(&mut self, case: &CaseId, revision: RevisionNumber) -> Vec<Effect> {
        let Some(change) = self.outbox.front().filter(|_| !self.sent) else {
            return Vec::new();
        };
        self.sent = true;
        let known = self.confirmed.as_ref();
        vec![Effect::ChangeDraft {
            case: case.clone(),
            request: DraftRequest {
                revision,
                version: known.map_or(0, |d| d.version),
                change: change.clone(),
            },
        }]
    }

    /// Takes the answer to the change that was on its way, which it returns, and sends the next.
    pub fn answered(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        response: &DraftResponse,
    ) -> (Option<DraftChange>, Vec<Effect>) {
        self.sent = false;
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
                    let steps = position.saturating_sub(u32::from(step.is_some()));
                    if step.is_some() {
                        draft.steps.truncate(steps as usize);
                        draft.steps.extend(step.clone());
                    }
                    draft.position = *position;
                    draft.version = *version;
                    draft.working = *working;
                    draft.discarded = matches!(change, Some(DraftChange::Discard));
                    if matches!(change, Some(DraftChange::Rebase)) {
                        draft.revision = revision;
                    }
                }
            }
            DraftResponse::Revised { .. } => self.confirmed = None,
            DraftResponse::Queued | DraftResponse::Failed { .. } => {}
        }
        self.look(revision);
        let mut effects = match response {
            // What the draft is now has to be read before anything else is asked.
            DraftResponse::Queued | DraftResponse::Failed { .. } => {
                return (change, vec![Effect::LoadDraft(case.clone())]);
            }
            _ => self.watch(case),
        };
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
        if matches!(
            failure.fault.code.as_str(),
            "daemon-unreachable" | "connection-broken"
        ) {
            // When the daemon is there again, its version of the draft says whether it had come.
            return (None, Vec::new());
        }
        self.sent = false;
        let change = self.outbox.pop_front();
        // What was drawn on top of it may mean something else now.
        self.outbox.clear();
        self.look(revision);
        (change, vec![Effect::LoadDraft(case.clone())])
    }

    /// Takes the draft as the daemon has it, and goes on with what has not been answered.
    pub fn loaded(
        &mut self,
        case: &CaseId,
        revision: RevisionNumber,
        view: DraftView,
    ) -> Vec<Effect> {
        let version = |draft: &Option<Draft>| draft.as_ref().map_or(0, |d| d.version);
        let moved = version(&view.draft) != version(&self.confirmed);
        if std::mem::take(&mut self.sent) && moved {
            // The change had come before the connection broke.
            self.outbox.pop_front();
        }
        self.understands = view.understands;
        self.confirmed = view.draft;
        self.look(revision);
        let mut effects = self.watch(case);
        effects.extend(self.send(case, revision));
        effects
    }

    /// Takes news of what is being segmented.
    pub fn progressed(
        &mut self,
        case: &CaseId,
        version: u64,
        working: Option<Progress>,
    ) -> Vec<Effect> {
        let Some(draft) = &mut self.confirmed else {
            return Vec::new();
        };
        if working.is_none() {
            return vec![Effect::LoadDraft(case.clone())];
        }
        draft.working = working;
        draft.version = draft.version.max(version);
        self.watch(case)
    }

    fn watch(&self, case: &CaseId) -> Vec<Effect> {
        let working = self.confirmed.as_ref().filter(|d| d.working.is_some());
        working
            .map(|draft| Effect::WatchDraft {
                case: case.clone(),
                after: draft.version,
            })
            .into_iter()
            .collect()
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
