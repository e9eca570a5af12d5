//! The rows of drafts and of their steps.
//!
//! A case and a reviewer have one row, which stays and whose version only grows; there is a draft at
//! present if the row names a revision.

use super::super::draft::DraftId;
use super::super::error::{Doing, StoreError};
use super::super::{Lease, WorkId};
use super::row;
use medicosam_shared::case::{CaseId, Fault, RevisionNumber};
use medicosam_shared::draft::{Applied, Draft, Step};
use medicosam_shared::progress::Progress;
use rusqlite::{OptionalExtension, Row, Transaction, params};

const STEP: &str = "a step of a draft";

/// The row of a draft, without its steps.
pub struct Head {
    /// Number of the draft.
    pub id: DraftId,
    /// The revision that it changes; `None`: there is no draft at present.
    pub revision: Option<RevisionNumber>,
    /// Its version.
    pub version: u64,
    /// How many of its steps count.
    pub position: u32,
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

    /// The row of a reviewer on a case, if there was ever a draft.
    pub fn of(t: &Transaction<'_>, case: &CaseId, who: &str) -> Result<Option<Self>, StoreError> {
        let sql = format!("{} WHERE case_id = ?1 AND reviewer = ?2", Self::COLUMNS);
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row(params![case.0, who], Self::read).optional())
            .doing("reading a draft")
    }

    /// The row of a draft.
    pub fn by_id(t: &Transaction<'_>, id: DraftId) -> Result<Self, StoreError> {
        let sql = format!("{} WHERE id = ?1", Self::COLUMNS);
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row([id], Self::read))
            .doing("reading a draft")
    }

    /// A row for the first draft of a reviewer on a case.
    pub fn insert(t: &Transaction<'_>, case: &CaseId, who: &str) -> Result<DraftId, StoreError> {
        t.execute(
            "INSERT INTO drafts (case_id, reviewer, version, position) VALUES (?, ?, 0, 0)",
            params![case.0, who],
        )
        .doing("beginning a draft")?;
        Ok(t.last_insert_rowid())
    }

    /// The draft with its steps, if there is one at present.
    pub fn whole(&self, t: &Transaction<'_>) -> Result<Option<Draft>, StoreError> {
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
}

/// A step of a draft, from 1.
pub fn step(t: &Transaction<'_>, id: DraftId, number: u32) -> Result<Option<Step>, StoreError> {
    let packed: Option<Vec<u8>> = t
        .query_row(
            "SELECT step FROM draft_steps WHERE draft = ?1 AND number = ?2",
            params![id, number],
            |r| r.get(0),
        )
        .optional()
        .doing("reading a draft")?;
    packed.map(|p| row::from_packed(STEP, &p)).transpose()
}

/// Why the work for a draft that was asked for last failed, if it did.
pub fn last_fault(t: &Transaction<'_>, id: DraftId) -> Result<Option<Fault>, StoreError> {
    let fault: Option<Option<String>> = t
        .query_row(
            "SELECT fault FROM work WHERE draft = ?1 ORDER BY id DESC LIMIT 1",
            [id],
            |r| r.get(0),
        )
        .optional()
        .doing("reading work")?;
    row::from_optional_json("a fault", fault.flatten())
}

/// Writes what a change has made of a draft. `logits` are kept with its new step.
pub fn write(
    t: &Transaction<'_>,
    id: DraftId,
    draft: &Draft,
    applied: &Applied,
    logits: Option<&[u8]>,
) -> Result<(), StoreError> {
    if applied.cancels {
        cancel(t, id)?;
    }
    forget_steps(t, id, applied.kept)?;
    for &at in &applied.rewritten {
        if let Some(step) = draft.steps.get(at as usize) {
            t.execute(
                "UPDATE draft_steps SET step = ?3 WHERE draft = ?1 AND number = ?2",
                params![id, at + 1, row::to_packed(STEP, step)?],
            )
            .doing("writing a draft")?;
        }
    }
    if let Some(step) = &applied.step {
        t.execute(
            "INSERT INTO draft_steps (draft, number, step, logits) VALUES (?, ?, ?, ?)",
            params![id, applied.kept + 1, row::to_packed(STEP, step)?, logits],
        )
        .doing("writing a draft")?;
    }
    t.execute(
        "UPDATE drafts SET revision = ?2, version = ?3, position = ?4, discarded = ?5 WHERE id = ?1",
        params![
            id,
            draft.revision,
            draft.version.cast_signed(),
            draft.position,
            draft.discarded
        ],
    )
    .doing("writing a draft")?;
    Ok(())
}

/// Forgets all steps but the first `kept`.
fn forget_steps(t: &Transaction<'_>, id: DraftId, kept: u32) -> Result<(), StoreError> {
    t.execute(
        "DELETE FROM draft_steps WHERE draft = ?1 AND number > ?2",
        params![id, kept],
    )
    .doing("writing a draft")?;
    Ok(())
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
pub fn working(t: &Transaction<'_>, id: DraftId) -> Result<Option<Progress>, StoreError> {
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
    forget_steps(t, id, 0)?;
    t.execute(
        "UPDATE drafts SET revision = NULL, version = version + 1, position = 0 WHERE id = ?1",
        [id],
    )
    .doing("writing a draft")?;
    Ok(())
}
