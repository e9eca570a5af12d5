//! Drafts: a row for each case and reviewer, and its steps.

use super::row::{self, Doing};
use super::{StoreFault, Tables};
use crate::case::DraftId;
use crate::store::{DraftRow, DraftRows};
use medicosam_shared::case::CaseId;
use medicosam_shared::draft::Step;
use rusqlite::{OptionalExtension, Row, params};

const STEP: &str = "a step of a draft";
const READING: &str = "reading a draft";
const WRITING: &str = "writing a draft";

const COLUMNS: &str =
    "SELECT id, case_id, reviewer, revision, version, position, discarded FROM drafts";

impl DraftRows for Tables<'_> {
    fn draft(&self, case: &CaseId, reviewer: &str) -> Result<Option<DraftRow>, StoreFault> {
        let t = self.0;
        let sql = format!("{COLUMNS} WHERE case_id = ?1 AND reviewer = ?2");
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row(params![case.0, reviewer], read).optional())
            .doing(READING)
    }

    fn draft_by_id(&self, id: DraftId) -> Result<Option<DraftRow>, StoreFault> {
        let t = self.0;
        let sql = format!("{COLUMNS} WHERE id = ?1");
        t.prepare_cached(&sql)
            .and_then(|mut s| s.query_row([id], read).optional())
            .doing(READING)
    }

    fn put_draft(&mut self, draft: &DraftRow) -> Result<DraftId, StoreFault> {
        let t = self.0;
        let id = (draft.id != 0).then_some(draft.id);
        t.prepare_cached(
            "INSERT INTO drafts (id, case_id, reviewer, revision, version, position, discarded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET revision = ?4, version = ?5, position = ?6, discarded = ?7
             RETURNING id",
        )
        .and_then(|mut s| {
            let values = params![
                id,
                draft.case.0,
                draft.reviewer,
                draft.revision,
                draft.version.cast_signed(),
                draft.position,
                draft.discarded
            ];
            s.query_row(values, |r| r.get(0))
        })
        .doing(WRITING)
    }

    fn steps(&self, id: DraftId) -> Result<Vec<Step>, StoreFault> {
        let t = self.0;
        let mut statement = t
            .prepare_cached("SELECT step FROM draft_steps WHERE draft = ?1 ORDER BY number")
            .doing(READING)?;
        let rows = statement.query_map([id], |r| r.get::<_, Vec<u8>>(0));
        rows.doing(READING)?
            .map(|packed| row::from_packed(STEP, &packed.doing(READING)?))
            .collect()
    }

    fn put_step(
        &mut self,
        id: DraftId,
        number: u32,
        step: &Step,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreFault> {
        let t = self.0;
        let packed = row::to_packed(STEP, step)?;
        t.prepare_cached(
            "INSERT INTO draft_steps (draft, number, step, logits) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (draft, number) DO UPDATE SET step = ?3, logits = coalesce(?4, logits)",
        )
        .and_then(|mut s| s.execute(params![id, number, packed, logits]))
        .doing(WRITING)?;
        Ok(())
    }

    fn forget_steps(&mut self, id: DraftId, number: u32) -> Result<(), StoreFault> {
        let t = self.0;
        t.execute(
            "DELETE FROM draft_steps WHERE draft = ?1 AND number > ?2",
            params![id, number],
        )
        .doing(WRITING)?;
        Ok(())
    }

    fn logits(&self, id: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreFault> {
        let t = self.0;
        let kept: Option<Option<Vec<u8>>> = t
            .query_row(
                "SELECT logits FROM draft_steps WHERE draft = ?1 AND number = ?2",
                params![id, step],
                |r| r.get(0),
            )
            .optional()
            .doing(READING)?;
        Ok(kept.flatten())
    }
}

fn read(r: &Row<'_>) -> rusqlite::Result<DraftRow> {
    Ok(DraftRow {
        id: r.get(0)?,
        case: CaseId(r.get(1)?),
        reviewer: r.get(2)?,
        revision: r.get(3)?,
        version: r.get::<_, i64>(4)?.unsigned_abs(),
        position: r.get(5)?,
        discarded: r.get(6)?,
    })
}
