//! Queries: lists, cases, revisions, events. None of them waits for a writer.

use super::job::{ScanOfCase, WorkOutcome};
use super::queue::open_lane;
use super::rows::{case, fingerprints, history, no_such_revision, revision};
use super::{Registry, Result, cohort};
use crate::case::Lane;
use crate::case::{Case, Refusal, WorkId, WorkState};
use crate::scan::Stamp;
use crate::store::{CaseQuery, EventQuery, Queue};
use medicosam_shared::case::{
    CaseDetail, CaseId, CaseState, CaseSummary, Event, Fault, Revision, RevisionNumber,
};
use medicosam_shared::correction::SliceChange;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::mask::Rle;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::provenance::Measure;
use std::collections::{BTreeMap, BTreeSet};

impl Registry {
    /// All listed cases, those that wait for a person first, worst score first; and the position in the
    /// event log that the list stands for.
    pub fn cases(&self) -> Result<(Vec<CaseSummary>, u64)> {
        let (mut cases, last) =
            self.read(|rows| Ok((rows.cases(&CaseQuery::Listed)?, rows.last_event()?)))?;
        cases.sort_by_cached_key(|case| case.order());
        Ok((cases.iter().map(Case::summary).collect(), last))
    }

    /// Some cases, in the order of `ids`; those that are not listed are left out. With the position in
    /// the event log.
    pub fn some_cases(&self, ids: &[CaseId]) -> Result<(Vec<CaseSummary>, u64)> {
        self.read(|rows| {
            let mut cases = Vec::with_capacity(ids.len());
            for id in ids {
                let found = rows.case(id)?.filter(Case::is_listed);
                cases.extend(found.map(|case| case.summary()));
            }
            Ok((cases, rows.last_event()?))
        })
    }

    /// Says of each case what it is to the user `who`: whether they have a draft on it, whether it is
    /// theirs to look at, and whether it is a second reading that somebody else has to do.
    pub fn mark_for(&self, who: &str, cases: &mut [CaseSummary]) -> Result<()> {
        let drafted: BTreeSet<CaseId> = self.read(|rows| {
            Registry::mark_first_readers(rows, who, cases)?;
            let drafted = rows.drafted_by(who)?;
            Ok(drafted.into_iter().collect())
        })?;
        for case in cases {
            case.draft = drafted.contains(&case.id);
            case.yours = case.assigned.as_deref() == Some(who);
        }
        Ok(())
    }

    /// Number of listed cases per state, without those that were put away.
    pub fn counts(&self) -> Result<BTreeMap<CaseState, u64>> {
        self.read(|rows| Ok(rows.tally()?.cases))
    }

    /// How much work nobody has taken yet.
    pub fn queue(&self) -> Result<Queue> {
        self.read(|rows| Ok(rows.tally()?.queue))
    }

    /// The case whose id begins with `prefix`.
    pub fn find(&self, prefix: &str) -> Result<CaseId> {
        self.read(|rows| {
            let found = rows.cases(&CaseQuery::Prefix(prefix.to_owned()))?;
            match found.as_slice() {
                [case] if !prefix.is_empty() => Ok(case.id.clone()),
                [] => Err(Refusal::NoSuchCase(prefix.to_owned()).into()),
                several => Err(Refusal::Ambiguous {
                    prefix: prefix.to_owned(),
                    count: several.len(),
                }
                .into()),
            }
        })
    }

    /// The scan that a case stands for.
    pub fn scan(&self, id: &CaseId) -> Result<ScanOfCase> {
        self.read(|rows| Ok(case(rows, id)?.into()))
    }

    /// Whether the files of a case are in the state in which they were read when it was identified.
    pub fn is_as_read(&self, id: &CaseId, stamp: &Stamp) -> Result<bool> {
        self.read(|rows| {
            let recorded = fingerprints(rows, &case(rows, id)?)?;
            Ok(!recorded.is_empty() && recorded == stamp.files())
        })
    }

    /// Everything about a case.
    pub fn case(&self, id: &CaseId) -> Result<CaseDetail> {
        self.read(|rows| {
            let found = case(rows, id)?;
            let mut revisions = Vec::new();
            for number in 1..=found.revision.unwrap_or(0) {
                // Of a case that was recovered only the newest one is there.
                revisions.extend(rows.revision(id, number)?);
            }
            let mut summary = found.summary();
            if let Some(current) = revisions.last_mut()
                && let Some(quality) = cohort::renewed(rows, &found, current)?
            {
                summary.score = Some(quality.score);
                current.provenance.quality = Some(quality);
            }
            Ok(CaseDetail {
                summary,
                sha256: found.content,
                scan: rows.scan(id)?,
                revisions,
                history: history(rows, id)?,
                references: rows.references(id)?,
                output_found: found.found,
            })
        })
    }

    /// One revision of a case.
    pub fn revision(&self, id: &CaseId, number: RevisionNumber) -> Result<Revision> {
        self.read(|rows| revision(rows, id, number))
    }

    /// The masks of one revision.
    pub fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<MaskSet> {
        self.read(|rows| {
            let found = rows.masks(id, number)?;
            found.ok_or_else(|| no_such_revision(id, number).into())
        })
    }

    /// Sizes of an object in the current revisions of other cases of a profile, those of the `limit` that
    /// changed last which have this measure.
    pub fn sizes(
        &self,
        profile: &str,
        object: (Label, Measure),
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>> {
        self.read(|rows| Ok(rows.sizes(profile, object, but, limit)?))
    }

    /// The audit log after `after`, at most `limit` entries, oldest first.
    pub fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.read(|rows| Ok(rows.events(&EventQuery::After(after, limit))?))
    }

    /// Position of the newest entry of the audit log.
    pub fn last_event(&self) -> Result<u64> {
        self.read(|rows| Ok(rows.last_event()?))
    }

    /// How a piece of work stands.
    pub fn outcome(&self, work: WorkId) -> Result<WorkOutcome> {
        self.read(|rows| {
            let state = rows.work(work)?.map(|item| item.state);
            Ok(match state.unwrap_or(WorkState::Cancelled) {
                WorkState::Ready { .. } | WorkState::Leased { .. } => WorkOutcome::Open,
                WorkState::Done {
                    revision: Some(revision),
                } => WorkOutcome::Done(revision),
                WorkState::Done { revision: None } => WorkOutcome::Answered,
                WorkState::Failed(fault) => WorkOutcome::Failed(fault),
                WorkState::Cancelled => WorkOutcome::Failed(cancelled()),
            })
        })
    }

    /// Whether there is a case of this id, whatever became of it.
    pub fn has_case(&self, id: &str) -> Result<bool> {
        self.read(|rows| Ok(rows.case(&CaseId(id.to_owned()))?.is_some()))
    }

    /// Whether [`Registry::claim`] would find any work now.
    pub fn has_due_work(&self) -> Result<bool> {
        let now = self.clock.now();
        self.read(|rows| Ok(rows.due(open_lane(rows, Lane::Any)?, now)?.is_some()))
    }

    /// The scan of the bulk work that [`Registry::claim`] would hand out next, without taking it:
    /// somebody else may.
    pub fn upcoming(&self) -> Result<Option<ScanOfCase>> {
        let now = self.clock.now();
        self.read(|rows| {
            let next = rows.due(open_lane(rows, Lane::Any)?, now)?;
            let next = next.filter(|item| item.task.lane() == Lane::Any);
            next.map(|item| Ok(ScanOfCase::from(case(rows, &item.case)?)))
                .transpose()
        })
    }

    /// What the prompts of a revision have changed, compared with the revision that it changed.
    pub fn changes_of(&self, id: &CaseId, number: RevisionNumber) -> Result<Vec<SliceChange>> {
        self.read(|rows| {
            let made = revision(rows, id, number)?;
            let before = match made.parent {
                Some(parent) => rows.masks(id, parent)?,
                None => None,
            };
            let change = |prompt: &SlicePrompt| {
                let place = prompt.place();
                let mut objects = made.provenance.objects.iter();
                let object = objects.find(|object| object.label == place.label)?;
                let now = object
                    .slices
                    .iter()
                    .find(|score| score.index == place.index)?;
                let before = before.as_ref().and_then(|masks| masks.object(place.label));
                let before = before.and_then(|object| object.slices.get(&place.index));
                Some(SliceChange::to(place, before.map_or(0, Rle::area), now))
            };
            Ok(made.provenance.prompts.iter().filter_map(change).collect())
        })
    }

    /// The scans that wait for a person, or that one is prompting on; those that came up last first.
    pub fn in_review(&self) -> Result<Vec<ScanOfCase>> {
        let cases = self.read(|rows| Ok(rows.cases(&CaseQuery::InReview)?))?;
        Ok(cases.into_iter().map(ScanOfCase::from).collect())
    }
}

fn cancelled() -> Fault {
    Fault {
        code: "cancelled".to_owned(),
        message: "it was taken back, or the scan was replaced by another one".to_owned(),
        hint: "If the case is not in the list any more, look for the new one of the same name."
            .to_owned(),
    }
}
