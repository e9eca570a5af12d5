//! Drafts: a row for each case and reviewer, and its steps.

use super::statement::Found;
use super::{StoreFault, Tables};
use crate::case::DraftId;
use crate::store::row;
use crate::store::{DraftRow, DraftRows};
use medicosam_shared::case::CaseId;
use medicosam_shared::draft::Step;
use rusqlite::params;

const STEP: &str = "a step of a draft";
const READING: &str = "reading a draft";
const WRITING: &str = "writing a draft";

const COLUMNS: &str =
    "SELECT id, case_id, reviewer, revision, version, position, discarded FROM drafts";

impl DraftRows for Tables<'_> {
    fn draft(&self, case: &CaseId, reviewer: &str) -> Result<Option<DraftRow>, StoreFault> {
        let sql = format!("{COLUMNS} WHERE case_id = ?1 AND reviewer = ?2");
        self.first(READING, &sql, params![case.0, reviewer], read)
    }

    fn drafted_by(&self, reviewer: &str) -> Result<Vec<CaseId>, StoreFault> {
        self.all(
            READING,
            "SELECT case_id FROM drafts
             WHERE reviewer = ?1 AND revision IS NOT NULL AND NOT discarded AND position > 0",
            [reviewer],
            |row| row.get("case_id").map(CaseId),
        )
    }

    fn draft_by_id(&self, id: DraftId) -> Result<Option<DraftRow>, StoreFault> {
        let sql = format!("{COLUMNS} WHERE id = ?1");
        self.first(READING, &sql, [id.0], read)
    }

    fn put_draft(&mut self, draft: &DraftRow) -> Result<DraftId, StoreFault> {
        let id = (draft.id != DraftId(0)).then_some(draft.id.0);
        let given = self.first(
            WRITING,
            "INSERT INTO drafts (id, case_id, reviewer, revision, version, position, discarded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET revision = ?4, version = ?5, position = ?6, discarded = ?7
             RETURNING id",
            params![
                id,
                draft.case.0,
                draft.reviewer,
                draft.revision,
                draft.version.cast_signed(),
                draft.position,
                draft.discarded
            ],
            |found| found.get("id"),
        )?;
        Ok(DraftId(given.unwrap_or(draft.id.0)))
    }

    fn steps(&self, id: DraftId) -> Result<Vec<Step>, StoreFault> {
        let sql = "SELECT step FROM draft_steps WHERE draft = ?1 ORDER BY number";
        self.all(READING, sql, [id.0], |found| {
            row::from_packed(STEP, &found.get::<Vec<u8>>("step")?)
        })
    }

    fn put_step(
        &mut self,
        id: DraftId,
        number: u32,
        step: &Step,
        logits: Option<&[u8]>,
    ) -> Result<(), StoreFault> {
        let packed = row::to_packed(STEP, step)?;
        self.run(
            WRITING,
            "INSERT INTO draft_steps (draft, number, step, logits) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (draft, number) DO UPDATE SET step = ?3, logits = coalesce(?4, logits)",
            params![id.0, number, packed, logits],
        )
    }

    fn forget_steps(&mut self, id: DraftId, number: u32) -> Result<(), StoreFault> {
        let sql = "DELETE FROM draft_steps WHERE draft = ?1 AND number > ?2";
        self.run(WRITING, sql, params![id.0, number])
    }

    fn logits(&self, id: DraftId, step: u32) -> Result<Option<Vec<u8>>, StoreFault> {
        let sql = "SELECT logits FROM draft_steps WHERE draft = ?1 AND number = ?2";
        let kept = self.first(READING, sql, params![id.0, step], |found| {
            found.get("logits")
        })?;
        Ok(kept.flatten())
    }
}

fn read(found: &Found<'_, '_>) -> Result<DraftRow, StoreFault> {
    Ok(DraftRow {
        id: DraftId(found.get("id")?),
        case: CaseId(found.get("case_id")?),
        reviewer: found.get("reviewer")?,
        revision: found.get("revision")?,
        version: found.unsigned("version")?,
        position: found.get("position")?,
        discarded: found.get("discarded")?,
    })
}
