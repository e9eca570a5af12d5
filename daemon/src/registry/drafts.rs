//! Drafts: what a reviewer changes before it becomes a revision.

use super::rows::{author_of, case, log, open_work, resting};
use super::{Registry, Result, second_readings};
use crate::case::DraftId;
use crate::case::corrections::check_nobody_corrects;
use crate::case::{Case, Entry, Now, Refusal, Task, WorkId, WorkItem, WorkState};
use crate::store::{DraftRow, Rows, WorkQuery};
use medicosam_shared::api::{DraftProgress, DraftRequest, DraftResponse};
use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::draft::{
    Answered, Applied, Base, Current, Draft, DraftRefusal, DraftWork, LookedAt, Surroundings,
};
use medicosam_shared::progress::Progress;

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftOutcome {
    /// The draft as it is now.
    pub response: DraftResponse,
    /// Work that was queued for it.
    pub work: Option<WorkId>,
}

impl Registry {
    /// The draft of a reviewer on a case, if there is one.
    pub fn draft(&self, id: &CaseId, who: &str) -> Result<Option<Draft>> {
        self.read(|rows| match rows.draft(id, who)? {
            Some(row) => whole(rows, &row),
            None => Ok(None),
        })
    }

    /// How the draft of a reviewer on a case stands.
    pub fn draft_progress(&self, id: &CaseId, who: &str) -> Result<DraftProgress> {
        self.read(|rows| {
            let row = rows.draft(id, who)?.filter(|row| row.revision.is_some());
            let Some(row) = row else {
                return Ok(DraftProgress {
                    version: 0,
                    position: 0,
                    working: None,
                    fault: None,
                });
            };
            Ok(DraftProgress {
                version: row.version,
                position: row.position,
                working: working(rows, row.id)?,
                fault: last_fault(rows, row.id)?,
            })
        })
    }

    /// The draft of a reviewer on a case after its last change, with the last step.
    pub fn last_draft_change(&self, id: &CaseId, who: &str) -> Result<DraftResponse> {
        self.read(|rows| {
            let none = || Refusal::from(DraftRefusal::NoDraft(id.clone()));
            let row = rows.draft(id, who)?.ok_or_else(none)?;
            let last = row.position.checked_sub(1);
            let mut steps = rows.steps(row.id)?;
            let step = last.map(|at| at as usize).filter(|at| *at < steps.len());
            Ok(DraftResponse::Changed {
                version: row.version,
                position: row.position,
                step: step.map(|at| steps.swap_remove(at)),
                working: working(rows, row.id)?,
            })
        })
    }

    /// A draft that leased work is for; `None` if it is not there any more.
    pub fn draft_in_work(&self, draft: DraftId) -> Result<Option<Draft>> {
        self.read(|rows| match rows.draft_by_id(draft)? {
            Some(row) => whole(rows, &row),
            None => Ok(None),
        })
    }

    /// The logits that were kept with a step (from 1) of a draft.
    pub fn draft_logits(&self, draft: DraftId, step: u32) -> Result<Option<Vec<u8>>> {
        self.read(|rows| Ok(rows.logits(draft, step)?))
    }

    /// Changes the draft of a reviewer on a case, beginning one if need be. Work that it needs is queued
    /// ahead of bulk work.
    pub fn change_draft(
        &self,
        id: &CaseId,
        who: &str,
        request: &DraftRequest,
    ) -> Result<DraftOutcome> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            second_readings::check_reader(rows, &case, who)?;
            let row = rows.draft(id, who)?;
            let mut draft = match &row {
                Some(row) => whole(rows, row)?,
                None => None,
            };
            let last_version = row.as_ref().map_or(0, |row| row.version);
            let applied = apply(rows, &case, &mut draft, request, last_version)?;
            let none = || Refusal::from(DraftRefusal::NoDraft(id.clone()));
            let draft = draft.ok_or_else(none)?;
            let number = keep(rows, (id, who), row, (&draft, &applied), None)?;
            if applied.cancels {
                cancel(rows, &mut case, number, now)?;
            }
            if let Some(noted) = applied.noted {
                let revision = Some(noted.revision);
                log(
                    rows,
                    [Entry::new(who, noted.action, id, revision, noted.detail)],
                    now,
                )?;
            }
            let work = match applied.work {
                Some(work) => Some(queue(rows, &case, who, number, work)?),
                None => None,
            };
            Ok(DraftOutcome {
                response: DraftResponse::Changed {
                    version: draft.version,
                    position: draft.position,
                    step: applied.step,
                    working: working(rows, number)?,
                },
                work,
            })
        })
    }
}

/// The draft of a row, if there is one at present.
fn whole(rows: &dyn Rows, row: &DraftRow) -> Result<Option<Draft>> {
    let Some(revision) = row.revision else {
        return Ok(None);
    };
    Ok(Some(Draft {
        version: row.version,
        revision,
        position: row.position,
        steps: rows.steps(row.id)?,
        discarded: row.discarded,
        working: working(rows, row.id)?,
    }))
}

/// Asks the draft machine, with what it needs to know of the case.
fn apply(
    rows: &dyn Rows,
    case: &Case,
    draft: &mut Option<Draft>,
    request: &DraftRequest,
    last_version: u64,
) -> Result<Applied> {
    let author = author_of(rows, case)?;
    let base = rows.revision(&case.id, Draft::base(draft.as_ref(), request))?;
    let number = Draft::looks_at(draft.as_ref(), request);
    let looked_at = match number {
        Some(number) => rows
            .masks(&case.id, number)?
            .zip(rows.revision(&case.id, number)?),
        None => None,
    };
    let around = Surroundings {
        case: &case.id,
        state: case.state,
        current: case.revision.map(|number| Current {
            number,
            author: &author,
        }),
        base: base.as_ref().map(|base| Base::from(&base.provenance)),
        looked_at: match &looked_at {
            Some((masks, made)) => LookedAt::Masks(masks, &made.provenance),
            None => LookedAt::Missing,
        },
        last_version,
    };
    Draft::apply(draft, request, &around).map_err(|refusal| Refusal::from(refusal).into())
}

/// Writes down what a change has made of a draft; the number of its row.
fn keep(
    rows: &mut dyn Rows,
    (case, who): (&CaseId, &str),
    row: Option<DraftRow>,
    (draft, applied): (&Draft, &Applied),
    logits: Option<&[u8]>,
) -> Result<DraftId> {
    let id = rows.put_draft(&DraftRow {
        id: row.map_or(DraftId(0), |row| row.id),
        case: case.clone(),
        reviewer: who.to_owned(),
        revision: Some(draft.revision),
        version: draft.version,
        position: draft.position,
        discarded: draft.discarded,
    })?;
    rows.forget_steps(id, applied.kept)?;
    for &at in &applied.rewritten {
        if let Some(step) = draft.steps.get(at as usize) {
            rows.put_step(id, at + 1, step, None)?;
        }
    }
    if let Some(step) = &applied.step {
        rows.put_step(id, applied.kept + 1, step, logits)?;
    }
    Ok(id)
}

/// Puts the masks that work has made into its draft. The lease has been checked.
pub(super) fn answer(
    rows: &mut dyn Rows,
    task: &Task,
    answered: &Answered,
    logits: Option<&[u8]>,
) -> Result<()> {
    let Some(row) = of(rows, task)? else {
        return Ok(());
    };
    // Taking a draft away takes back its work as well.
    let Some(mut draft) = whole(rows, &row)? else {
        return Ok(());
    };
    let applied = draft.take_answer(answered.clone());
    let (case, who) = (row.case.clone(), row.reviewer.clone());
    keep(rows, (&case, &who), Some(row), (&draft, &applied), logits)?;
    Ok(())
}

/// The draft that work is for.
fn of(rows: &dyn Rows, task: &Task) -> Result<Option<DraftRow>> {
    match task.draft() {
        Some(draft) => Ok(rows.draft_by_id(draft)?),
        None => Ok(None),
    }
}

/// Makes the draft of some work a newer version: something about the work has changed.
pub(super) fn touch(rows: &mut dyn Rows, task: &Task) -> Result<()> {
    if let Some(mut draft) = of(rows, task)? {
        draft.version += 1;
        rows.put_draft(&draft)?;
    }
    Ok(())
}

/// The draft that work was for has become a revision.
pub(super) fn close(rows: &mut dyn Rows, task: &Task) -> Result<()> {
    if let Some(mut draft) = of(rows, task)? {
        rows.forget_steps(draft.id, 0)?;
        (draft.revision, draft.position) = (None, 0);
        draft.version += 1;
        rows.put_draft(&draft)?;
    }
    Ok(())
}

/// Queues work for a draft ahead of bulk work. One correction of a revision at a time.
fn queue(
    rows: &mut dyn Rows,
    case: &Case,
    who: &str,
    draft: DraftId,
    work: DraftWork,
) -> Result<WorkId> {
    let task = match work {
        DraftWork::Preview(place) => Task::Preview {
            draft,
            label: place.label,
            index: place.index,
        },
        DraftWork::Propagate(asked) => Task::Propagate { draft, asked },
        DraftWork::Boxes(asked) => Task::Boxes { draft, asked },
        DraftWork::Commit => {
            check_nobody_corrects(case, &open_work(rows, &case.id)?)?;
            Task::Commit { draft }
        }
    };
    let item = WorkItem::new(&case.id, task, who);
    Ok(rows.put_work(&item)?)
}

/// Takes back all work for a draft. A worker that has it notices at its next step; one that makes a
/// revision of it may have written files already, and is not interrupted.
fn cancel(rows: &mut dyn Rows, case: &mut Case, id: DraftId, now: Now) -> Result<()> {
    for mut item in rows.works(&WorkQuery::OfDraft(id))? {
        if !item.is_open() {
            continue;
        }
        if item.task.corrects() {
            if item.is_held(now) {
                return Err(case
                    .refuse("the draft is being made a revision already")
                    .into());
            }
            case.put(resting(rows, case)?, None, now);
            rows.put_case(case)?;
        }
        item.cancel();
        rows.put_work(&item)?;
    }
    Ok(())
}

/// Slices done and to do of the oldest open work for a draft.
fn working(rows: &dyn Rows, id: DraftId) -> Result<Option<Progress>> {
    let works = rows.works(&WorkQuery::OfDraft(id))?;
    let open = works.into_iter().find(WorkItem::is_open);
    Ok(open.map(|item| item.progress))
}

/// Why the newest work for a draft failed, if it did.
fn last_fault(rows: &dyn Rows, id: DraftId) -> Result<Option<Fault>> {
    let newest = rows.works(&WorkQuery::OfDraft(id))?.pop();
    Ok(newest.and_then(|item| match item.state {
        WorkState::Failed(fault) => Some(fault),
        WorkState::Ready { .. }
        | WorkState::Leased { .. }
        | WorkState::Done { .. }
        | WorkState::Cancelled => None,
    }))
}
