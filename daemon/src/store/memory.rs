//! A store in memory: for the story that every store has to tell, and for random histories.

use super::{
    CaseQuery, CaseRows, Commit, DraftRow, DraftRows, EventQuery, EventRows, FileRow, NewRevision,
    OutputName, ReferenceRows, RevisionRows, Rows, Store, StoreFault, Tally, WorkQuery, WorkRows,
};
use crate::case::DraftId;
use crate::case::{Case, Entry, Lane, Now, Tick, WorkId, WorkItem, WorkState};
use crate::change_signal::ChangeSignal;
use medicosam_shared::api::IntakePause;
use medicosam_shared::case::{Action, CaseId, CaseState, Event, Revision, RevisionNumber};
use medicosam_shared::draft::Step;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::{Measure, OutputFiles, ScanInfo};
use medicosam_shared::reference::Reference;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A store in memory.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    changes: ChangeSignal,
}

impl Store for MemoryStore {
    fn read(
        &self,
        body: &mut dyn FnMut(&dyn Rows) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        body(&*self.tables.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn transact(
        &self,
        body: &mut dyn FnMut(&mut dyn Rows) -> Result<Commit, StoreFault>,
    ) -> Result<(), StoreFault> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let before = tables.clone();
        match body(&mut *tables) {
            Ok(Commit::Yes) => {}
            Ok(Commit::No) => *tables = before,
            Err(fault) => {
                *tables = before;
                return Err(fault);
            }
        }
        self.changes.announce();
        Ok(())
    }

    fn check(&self) -> Result<(), StoreFault> {
        Ok(())
    }

    fn id(&self) -> &str {
        "memory"
    }

    fn changes(&self) -> &ChangeSignal {
        &self.changes
    }
}

/// A step of a draft, with its logits.
type KeptStep = (Step, Option<Vec<u8>>);

#[derive(Clone, Default)]
struct Tables {
    cases: BTreeMap<String, Case>,
    scans: BTreeMap<String, ScanInfo>,
    files: BTreeMap<(PathBuf, String), FileRow>,
    work: Vec<WorkItem>,
    revisions: BTreeMap<(String, RevisionNumber), (Revision, MaskSet)>,
    references: BTreeMap<(String, String), (Reference, MaskSet)>,
    events: Vec<Event>,
    recorded: u64,
    intake_pause: Option<IntakePause>,
    drafts: Vec<DraftRow>,
    steps: BTreeMap<(DraftId, u32), KeptStep>,
}

impl CaseRows for Tables {
    fn case(&self, id: &CaseId) -> Result<Option<Case>, StoreFault> {
        Ok(self.cases.get(&id.0).cloned())
    }

    fn cases(&self, which: &CaseQuery) -> Result<Vec<Case>, StoreFault> {
        let is_wanted = |case: &&Case| match which {
            CaseQuery::Listed => case.is_listed(),
            CaseQuery::Prefix(prefix) => case.id.0.starts_with(prefix),
            CaseQuery::At(key) => case.source.key() == *key && case.reads.is_none(),
            CaseQuery::Of { content, profile } => {
                case.content == *content && case.profile == *profile && case.reads.is_none()
            }
            CaseQuery::Reading(first) => case.reads.as_ref() == Some(first),
            CaseQuery::InReview => {
                let prompted = case.state == CaseState::Segmenting && case.revision.is_some();
                case.is_listed() && (case.state == CaseState::Review || prompted)
            }
        };
        let mut cases: Vec<Case> = self.cases.values().filter(is_wanted).cloned().collect();
        match which {
            CaseQuery::InReview => cases.sort_by_key(|case| std::cmp::Reverse(case.updated)),
            CaseQuery::At(_) | CaseQuery::Of { .. } | CaseQuery::Reading(_) => {
                cases.sort_by_key(|case| case.created)
            }
            CaseQuery::Listed | CaseQuery::Prefix(_) => {}
        }
        Ok(cases)
    }

    fn first_cases_with(&self, who: &str, actions: &[Action]) -> Result<Vec<CaseId>, StoreFault> {
        let read = |first: &CaseId| {
            let about = |event: &&Event| event.case.as_ref() == Some(first) && event.who == who;
            let mut events = self.events.iter().filter(about);
            events.any(|event| actions.contains(&event.action))
        };
        let firsts = self.cases.values().filter_map(|case| case.reads.as_ref());
        Ok(firsts.filter(|first| read(first)).cloned().collect())
    }

    fn put_case(&mut self, case: &Case) -> Result<OutputName, StoreFault> {
        let has_output = |other: &Case| other.id != case.id && other.output == case.output;
        if case.output.is_some() && self.cases.values().any(has_output) {
            return Ok(OutputName::Taken);
        }
        self.cases.insert(case.id.0.clone(), case.clone());
        Ok(OutputName::Own)
    }

    fn scan(&self, id: &CaseId) -> Result<Option<ScanInfo>, StoreFault> {
        Ok(self.scans.get(&id.0).cloned())
    }

    fn put_scan(&mut self, id: &CaseId, scan: &ScanInfo) -> Result<(), StoreFault> {
        self.scans.insert(id.0.clone(), scan.clone());
        Ok(())
    }

    fn tally(&self) -> Result<Tally, StoreFault> {
        let mut tally = Tally::default();
        let counts = |case: &&Case| case.is_listed() && !case.dismissed;
        for case in self.cases.values().filter(counts) {
            *tally.cases.entry(case.state).or_default() += 1;
        }
        for item in &self.work {
            match (&item.state, item.task.lane()) {
                (WorkState::Ready { .. }, Lane::Interactive) => tally.queue.interactive += 1,
                (WorkState::Ready { .. }, Lane::Any) => tally.queue.bulk += 1,
                _ => {}
            }
        }
        Ok(tally)
    }

    fn files(&self, path: Option<&Path>) -> Result<Vec<FileRow>, StoreFault> {
        let files = self.files.values();
        Ok(files
            .filter(|file| path.is_none_or(|path| file.path == path))
            .cloned()
            .collect())
    }

    fn put_file(&mut self, file: &FileRow) -> Result<(), StoreFault> {
        let key = (file.path.clone(), file.case.0.clone());
        self.files.insert(key, file.clone());
        Ok(())
    }

    fn forget_files(
        &mut self,
        path: Option<&Path>,
        case: Option<&CaseId>,
    ) -> Result<(), StoreFault> {
        self.files.retain(|_, file| {
            let is_path = path.is_none_or(|path| file.path == path);
            let is_case = case.is_none_or(|case| file.case == *case);
            !(is_path && is_case) || (path.is_none() && case.is_none())
        });
        Ok(())
    }
}

impl WorkRows for Tables {
    fn work(&self, id: WorkId) -> Result<Option<WorkItem>, StoreFault> {
        Ok(self.work.iter().find(|item| item.id == id).cloned())
    }

    fn works(&self, which: &WorkQuery) -> Result<Vec<WorkItem>, StoreFault> {
        let is_wanted = |item: &&WorkItem| match which {
            WorkQuery::OpenFor(case) => item.case == *case && item.is_open(),
            WorkQuery::OfDraft(draft) => item.task.draft() == Some(*draft),
            WorkQuery::Leased(by) => match &item.state {
                WorkState::Leased { owner, .. } => by.as_ref().is_none_or(|by| by == owner),
                _ => false,
            },
            WorkQuery::Ready => matches!(item.state, WorkState::Ready { .. }),
        };
        Ok(self.work.iter().filter(is_wanted).cloned().collect())
    }

    fn due(&self, lane: Lane, now: Now) -> Result<Option<WorkItem>, StoreFault> {
        let is_free = |item: &WorkItem| {
            let others = self.work.iter().filter(|other| other.id != item.id);
            !others
                .clone()
                .any(|o| o.case == item.case && o.is_held(now))
        };
        let due = self
            .work
            .iter()
            .filter(|item| item.task.lane() <= lane && item.is_due(now) && is_free(item))
            .min_by_key(|item| (item.task.lane(), waited_until(item), item.id));
        Ok(due.cloned())
    }

    fn put_work(&mut self, work: &WorkItem) -> Result<WorkId, StoreFault> {
        if work.id == WorkId(0) {
            let id = WorkId(self.work.len() as i64 + 1);
            self.work.push(WorkItem { id, ..work.clone() });
            return Ok(id);
        }
        if let Some(known) = self.work.iter_mut().find(|item| item.id == work.id) {
            known.clone_from(work);
        }
        Ok(work.id)
    }
}

/// What work waited for: nothing, or a time.
fn waited_until(item: &WorkItem) -> Tick {
    match item.state {
        WorkState::Ready { not_before } => not_before,
        WorkState::Leased { .. }
        | WorkState::Done { .. }
        | WorkState::Failed(_)
        | WorkState::Cancelled => Tick::LONG_AGO,
    }
}

impl RevisionRows for Tables {
    fn revision(
        &self,
        id: &CaseId,
        number: RevisionNumber,
    ) -> Result<Option<Revision>, StoreFault> {
        let found = self.revisions.get(&(id.0.clone(), number));
        Ok(found.map(|(revision, _)| revision.clone()))
    }

    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<Option<MaskSet>, StoreFault> {
        let found = self.revisions.get(&(id.0.clone(), number));
        Ok(found.map(|(_, masks)| masks.clone()))
    }

    fn sizes(
        &self,
        profile: &str,
        (label, measure): (Label, Measure),
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreFault> {
        let mut cases: Vec<&Case> = self
            .cases
            .values()
            .filter(|case| case.profile == profile && case.id != *but && case.is_listed())
            .filter(|case| case.reads.is_none())
            .filter(|case| case.revision.is_some() && case.state != CaseState::Rejected)
            .collect();
        cases.sort_by_key(|case| std::cmp::Reverse(case.updated));
        let current = cases.into_iter().take(limit as usize).filter_map(|case| {
            let key = (case.id.0.clone(), case.revision?);
            self.revisions.get(&key)
        });
        Ok(current
            .flat_map(|(revision, _)| &revision.provenance.objects)
            .filter(|object| object.label == label)
            .filter_map(|object| object.size_in(measure))
            .collect())
    }

    fn add_revision(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        parent: Option<RevisionNumber>,
        new: &NewRevision,
    ) -> Result<(), StoreFault> {
        let revision = Revision {
            number,
            parent,
            provenance: new.provenance.clone(),
            output: new.output.clone(),
        };
        let key = (id.0.clone(), number);
        if self.revisions.contains_key(&key) {
            return Err(StoreFault::Unreadable {
                what: "a revision",
                why: format!("case {id} has a revision {number} already"),
            });
        }
        self.revisions.insert(key, (revision, new.masks.clone()));
        Ok(())
    }

    fn put_output(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        files: &OutputFiles,
    ) -> Result<(), StoreFault> {
        if let Some((revision, _)) = self.revisions.get_mut(&(id.0.clone(), number)) {
            revision.output.clone_from(files);
        }
        Ok(())
    }
}

impl ReferenceRows for Tables {
    fn references(&self, id: &CaseId) -> Result<Vec<Reference>, StoreFault> {
        let own = self
            .references
            .iter()
            .filter(|((case, _), _)| *case == id.0);
        Ok(own.map(|(_, (reference, _))| reference.clone()).collect())
    }

    fn reference_masks(&self, id: &CaseId, name: &str) -> Result<Option<MaskSet>, StoreFault> {
        let found = self.references.get(&(id.0.clone(), name.to_owned()));
        Ok(found.map(|(_, masks)| masks.clone()))
    }

    fn put_reference(
        &mut self,
        id: &CaseId,
        reference: &Reference,
        masks: &MaskSet,
    ) -> Result<(), StoreFault> {
        let key = (id.0.clone(), reference.name.clone());
        self.references
            .insert(key, (reference.clone(), masks.clone()));
        Ok(())
    }

    fn remove_reference(&mut self, id: &CaseId, name: &str) -> Result<(), StoreFault> {
        self.references.remove(&(id.0.clone(), name.to_owned()));
        Ok(())
    }
}

impl EventRows for Tables {
    fn events(&self, which: &EventQuery) -> Result<Vec<Event>, StoreFault> {
        let events = self.events.iter();
        Ok(match which {
            EventQuery::After(seq, limit) => events
                .filter(|event| event.seq > *seq)
                .take(*limit as usize)
                .cloned()
                .collect(),
            EventQuery::About(case) => events
                .filter(|event| event.case.as_ref() == Some(case))
                .cloned()
                .collect(),
        })
    }

    fn last_event(&self) -> Result<u64, StoreFault> {
        Ok(self.events.len() as u64)
    }

    fn recorded(&self) -> Result<u64, StoreFault> {
        Ok(self.recorded)
    }

    fn put_recorded(&mut self, position: u64) -> Result<(), StoreFault> {
        self.recorded = position;
        Ok(())
    }

    fn intake_pause(&self) -> Result<Option<IntakePause>, StoreFault> {
        Ok(self.intake_pause.clone())
    }

    fn put_intake_pause(&mut self, pause: Option<&IntakePause>) -> Result<(), StoreFault> {
        self.intake_pause = pause.cloned();
        Ok(())
    }

    fn add_event(&mut self, entry: &Entry, now: Now) -> Result<(), StoreFault> {
        self.events.push(Event {
            seq: self.events.len() as u64 + 1,
            at: now.date,
            who: entry.who.clone(),
            action: entry.action,
            case: entry.case.clone(),
            revision: entry.revision,
            detail: entry.detail.clone(),
        });
        Ok(())
    }
}

impl DraftRows for Tables {
    fn draft(&self, id: &CaseId, reviewer: &str) -> Result<Option<DraftRow>, StoreFault> {
        let mut drafts = self.drafts.iter();
        let found = drafts.find(|draft| draft.case == *id && draft.reviewer == reviewer);
        Ok(found.cloned())
    }

    fn drafted_by(&self, reviewer: &str) -> Result<Vec<CaseId>, StoreFault> {
        let own = self.drafts.iter().filter(|draft| {
            let is_there = draft.revision.is_some() && !draft.discarded;
            draft.reviewer == reviewer && is_there && draft.position > 0
        });
        Ok(own.map(|draft| draft.case.clone()).collect())
    }

    fn draft_by_id(&self, id: DraftId) -> Result<Option<DraftRow>, StoreFault> {
        Ok(self.drafts.iter().find(|draft| draft.id == id).cloned())
    }

    fn put_draft(&mut self, draft: &DraftRow) -> Result<DraftId, StoreFault> {
        if draft.id == DraftId(0) {
            let id = DraftId(self.drafts.len() as i64 + 1);
            self.drafts.push(DraftRow {
                id,
                ..draft.clone()
            });
            return Ok(id);
        }
        if let Some(known) = self.drafts.iter_mut().find(|known| known.id == draft.id) {
            known.clone_from(draft);
        }
        Ok(draft.id)
    }

    fn steps(&self, id: DraftId) -> Result<Vec<Step>, StoreFault> {
        let steps = self.steps.range((id, 0)..=(id, u32::MAX));
        Ok(steps.map(|(_, (step, _))| step.clone()).collect())
    }

    fn put_step(
        &mut self,
        id: DraftId,
        number: u32,
        step: &Step,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreFault> {
        let known = self.steps.remove(&(id, number));
        let logits = logits.map(<[u8]>::to_vec);
        let logits = logits.or_else(|| known.and_then(|(_, logits)| logits));
        self.steps.insert((id, number), (step.clone(), logits));
        Ok(())
    }

    fn forget_steps(&mut self, id: DraftId, number: u32) -> Result<(), StoreFault> {
        self.steps
            .retain(|(draft, step), _| *draft != id || *step <= number);
        Ok(())
    }

    fn logits(&self, id: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreFault> {
        let found = self.steps.get(&(id, step));
        Ok(found.and_then(|(_, logits)| logits.clone()))
    }
}
