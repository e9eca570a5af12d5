//! Drafts in the database: what a reviewer changes before it becomes a revision.
//!
//! A case and a reviewer have one row for ever, whose version only grows; whether there is a draft
//! at present is seen by its revision.

use super::super::draft::{DraftId, DraftOutcome};
use super::super::error::{Doing, StoreError};
use super::super::{Lease, Task, WorkId};
use super::{audit, cases, row, work};
use medicosam_shared::api::{DraftChange, DraftProgress, DraftRequest, DraftResponse};
use medicosam_shared::case::{Action, CaseId, CaseState, RevisionNumber};
use medicosam_shared::draft::{Answered, Draft, Step};
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, PromptError, SlicePrompt};
use rusqlite::{OptionalExtension, Row, Transaction, params};

const STEP: &str = "a step of a draft";

/// The row of a draft. `revision` is `None` if there is no draft at present.
struct Head {
    id: DraftId,
    revision: Option<RevisionNumber>,
    version: u64,
    position: u32,
    discarded: bool,
}

impl Head {
    const COLUMNS: &str = "SELECT id, revision, version, position, discarded FROM drafts";

    fn read(r: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Head {
            id: r.get(0)?,
            revision: r.get(1)?,
            version: r.get::<_, i64>(2)?.unsigned_abs(),
            position: r.get(3)?,
            discarded: r.get(4)?,
        })
    }

    fn of(t: &Transaction<'_>, case: &CaseId, who: &str) -> Result<Option<Self>, StoreError> {
        let sql = format!("{} WHERE case_id = ?1 AND reviewer = ?2", Self::COLUMNS);
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row(params![case.0, who], Self::read).optional())
            .doing("reading a draft")
    }

    fn by_id(t: &Transaction<'_>, id: DraftId) -> Result<Self, StoreError> {
        let sql = format!("{} WHERE id = ?1", Self::COLUMNS);
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row([id], Self::read))
            .doing("reading a draft")
    }

    /// Writes it down as a newer version.
    fn save(&mut self, t: &Transaction<'_>) -> Result<(), StoreError> {
        self.version += 1;
        t.execute(
            "UPDATE drafts SET revision = ?2, version = ?3, position = ?4, discarded = ?5
             WHERE id = ?1",
            params![
                self.id,
                self.revision,
                self.version.cast_signed(),
                self.position,
                self.discarded
            ],
        )
        .doing("writing a draft")?;
        Ok(())
    }

    /// Adds a step in place of those that could have been redone.
    fn push(
        &mut self,
        t: &Transaction<'_>,
        step: &Step,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.forget_steps(t, self.position)?;
        self.position += 1;
        t.execute(
            "INSERT INTO draft_steps (draft, number, step, logits) VALUES (?, ?, ?, ?)",
            params![self.id, self.position, row::to_packed(STEP, step)?, logits],
        )
        .doing("writing a draft")?;
        Ok(())
    }

    /// Forgets the steps after `position`.
    fn forget_steps(&self, t: &Transaction<'_>, position: u32) -> Result<(), StoreError> {
        t.execute(
            "DELETE FROM draft_steps WHERE draft = ?1 AND number > ?2",
            params![self.id, position],
        )
        .doing("writing a draft")?;
        Ok(())
    }

    /// Puts steps in place of those that are there, one for each.
    fn rewrite(&self, t: &Transaction<'_>, steps: &[Step]) -> Result<(), StoreError> {
        for (number, step) in (1u32..).zip(steps) {
            t.execute(
                "UPDATE draft_steps SET step = ?3 WHERE draft = ?1 AND number = ?2",
                params![self.id, number, row::to_packed(STEP, step)?],
            )
            .doing("writing a draft")?;
        }
        Ok(())
    }

    /// Number of steps, those that could be redone included.
    fn count(&self, t: &Transaction<'_>) -> Result<u32, StoreError> {
        t.query_row(
            "SELECT count(*) FROM draft_steps WHERE draft = ?1",
            [self.id],
            |r| r.get(0),
        )
        .doing("reading a draft")
    }

    fn whole(&self, t: &Transaction<'_>) -> Result<Option<Draft>, StoreError> {
        let Some(revision) = self.revision else {
            return Ok(None);
        };
        let mut statement = t
            .prepare_cached("SELECT step FROM draft_steps WHERE draft = ?1 ORDER BY number")
            .doing("reading a draft")?;
        let steps = statement
            .query_map([self.id], |r| r.get::<_, Vec<u8>>(0))
            .doing("reading a draft")?
            .map(|packed| row::from_packed(STEP, &packed.doing("reading a draft")?))
            .collect::<Result<Vec<Step>, StoreError>>()?;
        Ok(Some(Draft {
            version: self.version,
            revision,
            position: self.position,
            steps,
            discarded: self.discarded,
            working: working(t, self.id)?,
        }))
    }

    /// What is to be said of a change whose step, if it made one, is `step`.
    fn changed(
        &self,
        t: &Transaction<'_>,
        step: Option<Step>,
    ) -> Result<DraftResponse, StoreError> {
        Ok(DraftResponse::Changed {
            version: self.version,
            position: self.position,
            step,
            working: working(t, self.id)?,
        })
    }
}

/// The draft of a reviewer.
pub fn draft(t: &Transaction<'_>, case: &CaseId, who: &str) -> Result<Option<Draft>, StoreError> {
    match Head::of(t, case, who)? {
        Some(head) => head.whole(t),
        None => Ok(None),
    }
}

/// The draft that work is for.
pub fn of_work(t: &Transaction<'_>, id: DraftId) -> Result<Option<Draft>, StoreError> {
    Head::by_id(t, id)?.whole(t)
}

/// How a draft stands.
pub fn progress(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
) -> Result<DraftProgress, StoreError> {
    let Some(head) = Head::of(t, case, who)?.filter(|head| head.revision.is_some()) else {
        return Ok(DraftProgress {
            version: 0,
            working: None,
            fault: None,
        });
    };
    let fault: Option<Option<String>> = t
        .query_row(
            "SELECT fault FROM work WHERE draft = ?1 ORDER BY id DESC LIMIT 1",
            [head.id],
            |r| r.get(0),
        )
        .optional()
        .doing("reading work")?;
    Ok(DraftProgress {
        version: head.version,
        working: working(t, head.id)?,
        fault: row::from_optional_json("a fault", fault.flatten())?,
    })
}

/// The draft after its last change, with the last step.
pub fn last_change(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
) -> Result<DraftResponse, StoreError> {
    let head = Head::of(t, case, who)?.ok_or_else(|| StoreError::NoDraft(case.clone()))?;
    let packed: Option<Vec<u8>> = t
        .query_row(
            "SELECT step FROM draft_steps WHERE draft = ?1 AND number = ?2",
            params![head.id, head.position],
            |r| r.get(0),
        )
        .optional()
        .doing("reading a draft")?;
    let step = packed.map(|p| row::from_packed(STEP, &p)).transpose()?;
    head.changed(t, step)
}

/// Changes a draft.
pub fn change(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
    request: &DraftRequest,
) -> Result<DraftOutcome, StoreError> {
    let head = Head::of(t, case, who)?;
    let known = head
        .as_ref()
        .filter(|head| head.revision.is_some() && !head.discarded);
    let version = known.map_or(0, |head| head.version);
    // One that was discarded may be named by its version or not at all.
    let of_discarded = head
        .as_ref()
        .is_some_and(|head| head.discarded && head.version == request.version);
    // Whoever wants to stop need not know how far it is meanwhile: every report of that is a version.
    let stops = matches!(request.change, DraftChange::Cancel);
    if request.version != version && !of_discarded && !stops {
        return Err(StoreError::DraftMoved(case.clone()));
    }
    let mut head = match (head, &request.change) {
        (Some(head), DraftChange::Restore) if head.discarded => head,
        (Some(head), _) if head.revision.is_some() && !head.discarded => head,
        (
            head,
            DraftChange::Object { .. }
            | DraftChange::Draw { .. }
            | DraftChange::Choose { .. }
            | DraftChange::Segment { .. }
            | DraftChange::Propagate { .. },
        ) => begin(t, case, who, head, request.revision)?,
        _ => return Err(StoreError::NoDraft(case.clone())),
    };
    let revision = head.revision.unwrap_or(request.revision);
    let changed = |head: Head, step: Option<Step>| {
        Ok(DraftOutcome {
            response: head.changed(t, step)?,
            work: None,
        })
    };
    let pushed = |mut head: Head, step: Step| {
        head.push(t, &step, None)?;
        head.save(t)?;
        changed(head, Some(step))
    };
    match &request.change {
        DraftChange::Object { label, name } => {
            let known = cases::revision(t, case, revision)?.provenance.objects;
            if known.iter().any(|object| object.label == *label) {
                let why = format!("the case has an object {label} already");
                return Err(StoreError::DraftUnfit(why));
            }
            let (label, name) = (*label, name.clone());
            pushed(head, Step::Object { label, name })
        }
        DraftChange::Draw { prompt } => {
            check(t, case, revision, prompt)?;
            let prompt = prompt.clone();
            pushed(head, Step::Drawn { prompt })
        }
        &DraftChange::Choose {
            label,
            index,
            candidate,
        } => {
            let draft = head.whole(t)?;
            let offered = draft
                .as_ref()
                .and_then(|d| d.answer(Place::new(label, index)))
                .map_or(0, |(answer, _)| answer.candidates.len());
            if candidate as usize >= offered {
                let why = format!(
                    "object {label} has {offered} masks to choose from on slice {index}, \
                     counted from 0, and not a mask {candidate}"
                );
                return Err(StoreError::DraftUnfit(why));
            }
            let step = Step::Chosen {
                label,
                index,
                candidate,
            };
            pushed(head, step)
        }
        DraftChange::Undo => {
            head.position = head.position.checked_sub(1).ok_or_else(|| {
                StoreError::DraftUnfit("there is nothing to undo in the draft".to_owned())
            })?;
            head.save(t)?;
            changed(head, None)
        }
        DraftChange::Redo => {
            if head.position >= head.count(t)? {
                let why = "there is nothing to redo in the draft".to_owned();
                return Err(StoreError::DraftUnfit(why));
            }
            head.position += 1;
            head.save(t)?;
            changed(head, None)
        }
        DraftChange::Cancel => {
            cancel(t, head.id)?;
            head.save(t)?;
            changed(head, None)
        }
        DraftChange::Discard => {
            cancel(t, head.id)?;
            head.discarded = true;
            head.save(t)?;
            audit::record(t, who, Action::Discarded, (case, Some(revision)), "")?;
            changed(head, None)
        }
        DraftChange::Restore => {
            head.discarded = false;
            head.save(t)?;
            audit::record(t, who, Action::Drafted, (case, Some(revision)), "")?;
            changed(head, None)
        }
        DraftChange::Rebase => {
            cases::check_revision(t, case, request.revision)?;
            if let Some(mut draft) = head.whole(t)? {
                let edited = cases::revision(t, case, request.revision)?
                    .provenance
                    .edited;
                if draft.rebase(request.revision, &edited) {
                    head.rewrite(t, &draft.steps)?;
                }
            }
            head.revision = Some(request.revision);
            head.save(t)?;
            audit::record(t, who, Action::Drafted, (case, Some(request.revision)), "")?;
            changed(head, None)
        }
        &DraftChange::Segment { label, index } => {
            let draft = head.whole(t)?;
            let drawn = draft.as_ref().map(Draft::drawn).unwrap_or_default();
            if !drawn.contains_key(&Place::new(label, index)) {
                return Err(PromptError::Empty { label, index }.into());
            }
            let task = Task::Preview {
                draft: head.id,
                label,
                index,
            };
            queue(t, case, who, head, &task)
        }
        &DraftChange::Propagate { label } => {
            let draft = head.whole(t)?;
            if !draft.is_some_and(|draft| has_seed(&draft, label)) {
                let why = format!(
                    "object {label} has no slice yet that was segmented by what somebody drew"
                );
                return Err(StoreError::DraftUnfit(why));
            }
            let task = Task::Propagate {
                draft: head.id,
                label,
            };
            queue(t, case, who, head, &task)
        }
        DraftChange::Commit => {
            cases::check_revision(t, case, revision)?;
            if working(t, head.id)?.is_some() {
                let why = "masks are still being made for the draft".to_owned();
                return Err(StoreError::DraftUnfit(why));
            }
            let draft = head.whole(t)?;
            let places: Vec<String> = draft
                .iter()
                .flat_map(|draft| draft.answers().into_keys())
                .map(|place| place.index.to_string())
                .collect();
            if places.is_empty() {
                let why = "no slice has been segmented in the draft yet".to_owned();
                return Err(StoreError::DraftUnfit(why));
            }
            let detail = format!("slice {}", places.join(", "));
            audit::record(t, who, Action::Prompted, (case, Some(revision)), &detail)?;
            let task = Task::Commit { draft: head.id };
            queue(t, case, who, head, &task)
        }
    }
}

/// Whether an object has a slice that was segmented by what a person drew.
fn has_seed(draft: &Draft, label: Label) -> bool {
    let mut answers = draft.answers().into_iter();
    answers.any(|(place, (answer, _))| place.label == label && !answer.propagated)
}

/// Begins a draft on a revision, in place of one that was discarded.
fn begin(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
    head: Option<Head>,
    revision: RevisionNumber,
) -> Result<Head, StoreError> {
    cases::check_revision(t, case, revision)?;
    let mut head = match head {
        Some(head) => head,
        None => {
            t.execute(
                "INSERT INTO drafts (case_id, reviewer, version, position) VALUES (?, ?, 0, 0)",
                params![case.0, who],
            )
            .doing("beginning a draft")?;
            Head::by_id(t, t.last_insert_rowid())?
        }
    };
    head.forget_steps(t, 0)?;
    head.revision = Some(revision);
    head.position = 0;
    head.discarded = false;
    audit::record(t, who, Action::Drafted, (case, Some(revision)), "")?;
    Ok(head)
}

/// Queues work for a draft ahead of bulk work.
fn queue(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
    mut head: Head,
    task: &Task,
) -> Result<DraftOutcome, StoreError> {
    let prior = match cases::summary(t, case)?.state {
        CaseState::Segmenting => CaseState::Review,
        state => state,
    };
    let id = work::add(t, case, task, who, prior)?;
    head.save(t)?;
    Ok(DraftOutcome {
        response: head.changed(t, None)?,
        work: Some(id),
    })
}

/// Checks that what is drawn lies on the scan. It may be nothing.
fn check(
    t: &Transaction<'_>,
    case: &CaseId,
    revision: RevisionNumber,
    prompt: &SlicePrompt,
) -> Result<(), StoreError> {
    let provenance = cases::revision(t, case, revision)?.provenance;
    match prompt.check(provenance.scan.info.dims, provenance.axis) {
        Ok(()) | Err(PromptError::Empty { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Takes back all work for a draft. A worker that is at it notices at its next step.
fn cancel(t: &Transaction<'_>, id: DraftId) -> Result<(), StoreError> {
    t.execute(
        "UPDATE work SET state = 'cancelled', owner = NULL, lease_until = NULL
         WHERE draft = ?1 AND state IN ('ready', 'leased')",
        [id],
    )
    .doing("taking work back")?;
    Ok(())
}

/// Slices done and to do of the oldest open work for a draft.
fn working(t: &Transaction<'_>, id: DraftId) -> Result<Option<Progress>, StoreError> {
    t.prepare_cached(
        "SELECT done, total FROM work WHERE draft = ?1 AND state IN ('ready', 'leased')
         ORDER BY id LIMIT 1",
    )
    .and_then(|mut s| {
        s.query_row([id], |r| {
            Ok(Progress {
                done: r.get(0)?,
                total: r.get(1)?,
            })
        })
        .optional()
    })
    .doing("reading work")
}

/// Says how far leased work for a draft is.
pub fn report(t: &Transaction<'_>, lease: &Lease, progress: Progress) -> Result<(), StoreError> {
    let changed = t
        .execute(
            "UPDATE work SET done = ?3, total = ?4
             WHERE id = ?1 AND fence = ?2 AND state = 'leased'",
            params![lease.work.0, lease.fence, progress.done, progress.total],
        )
        .doing("reporting progress")?;
    if changed == 0 {
        return Err(StoreError::LeaseLost(lease.case.clone()));
    }
    touch(t, lease.work)
}

/// Makes the draft of some work a newer version: something about the work has changed.
pub fn touch(t: &Transaction<'_>, work: WorkId) -> Result<(), StoreError> {
    t.execute(
        "UPDATE drafts SET version = version + 1 WHERE id = (SELECT draft FROM work WHERE id = ?1)",
        [work.0],
    )
    .doing("writing a draft")?;
    Ok(())
}

/// Puts the masks that work has made into its draft. The lease has been checked.
pub fn answer(
    t: &Transaction<'_>,
    id: DraftId,
    answered: &Answered,
    logits: Option<&[u8]>,
) -> Result<(), StoreError> {
    let mut head = Head::by_id(t, id)?;
    head.push(t, &Step::Answered(answered.clone()), logits)?;
    head.save(t)
}

/// What was kept with a step, from 1.
pub fn logits(t: &Transaction<'_>, id: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreError> {
    let kept: Option<Option<Vec<u8>>> = t
        .query_row(
            "SELECT logits FROM draft_steps WHERE draft = ?1 AND number = ?2",
            params![id, step],
            |r| r.get(0),
        )
        .optional()
        .doing("reading a draft")?;
    Ok(kept.flatten())
}

/// A draft has become a revision.
pub fn close(t: &Transaction<'_>, id: DraftId) -> Result<(), StoreError> {
    let mut head = Head::by_id(t, id)?;
    head.forget_steps(t, 0)?;
    head.revision = None;
    head.position = 0;
    head.save(t)
}
