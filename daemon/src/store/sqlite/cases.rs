//! Reading cases, and moving them.

use super::super::ScanOfCase;
use super::super::error::{Doing, StoreError};
use super::audit;
use super::{clock, row};
use crate::scan::Source;
use medicosam_shared::case::{
    CaseDetail, CaseId, CaseState, CaseSummary, Fault, Revision, RevisionNumber,
};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::collections::BTreeMap;

const SUMMARY: &str = "SELECT id, path, profile, state, fault, revision, score, volume_ml, reviewer, created, updated, reason FROM cases";

/// All cases that stand for a file, those that wait for a person first, worst score first.
pub fn list(t: &Transaction<'_>) -> Result<Vec<CaseSummary>, StoreError> {
    let sql = format!(
        "{SUMMARY} WHERE superseded_by IS NULL
         ORDER BY CASE state WHEN 'review' THEN 0 WHEN 'failed' THEN 1 WHEN 'flagged' THEN 2
                  WHEN 'paused' THEN 3 WHEN 'segmenting' THEN 4 WHEN 'embedding' THEN 5
                  WHEN 'waiting' THEN 6 WHEN 'rejected' THEN 7 ELSE 8 END,
                  score ASC NULLS LAST, created, id"
    );
    let mut statement = t.prepare_cached(&sql).doing("listing cases")?;
    let rows = statement
        .query_map([], SummaryColumns::read)
        .doing("listing cases")?;
    rows.map(|columns| columns.doing("listing cases")?.summary())
        .collect()
}

/// Those of the cases `ids` that stand for a file, in that order.
pub fn some(t: &Transaction<'_>, ids: &[CaseId]) -> Result<Vec<CaseSummary>, StoreError> {
    let sql = format!("{SUMMARY} WHERE id = ?1 AND superseded_by IS NULL");
    let mut statement = t.prepare_cached(&sql).doing("reading cases")?;
    let mut cases = Vec::with_capacity(ids.len());
    for id in ids {
        let columns = statement
            .query_row([&id.0], SummaryColumns::read)
            .optional()
            .doing("reading cases")?;
        cases.extend(columns.map(SummaryColumns::summary).transpose()?);
    }
    Ok(cases)
}

/// Number of cases in each state that has any.
pub fn counts(t: &Transaction<'_>) -> Result<BTreeMap<CaseState, u64>, StoreError> {
    let mut statement = t
        .prepare_cached(
            "SELECT state, count(*) FROM cases WHERE superseded_by IS NULL GROUP BY state",
        )
        .doing("counting cases")?;
    let rows = statement
        .query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?)))
        .doing("counting cases")?;
    rows.map(|row| {
        let (state, count) = row.doing("counting cases")?;
        Ok((row::from_word("a state", &state)?, count as u64))
    })
    .collect()
}

/// The one case whose id begins with `prefix`.
pub fn find(t: &Transaction<'_>, prefix: &str) -> Result<CaseId, StoreError> {
    let mut statement = t
        .prepare_cached("SELECT id FROM cases WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id")
        .doing("finding a case")?;
    let ids = statement
        .query_map([prefix], |r| r.get::<_, String>(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("finding a case")?;
    match ids.as_slice() {
        [id] if !prefix.is_empty() => Ok(CaseId(id.clone())),
        [] => Err(StoreError::NoSuchCase(prefix.to_owned())),
        several => Err(StoreError::Ambiguous {
            prefix: prefix.to_owned(),
            count: several.len(),
        }),
    }
}

/// The scans of the cases that wait for a person, or that one is prompting on; those that came up
/// last first.
pub fn in_review(t: &Transaction<'_>) -> Result<Vec<ScanOfCase>, StoreError> {
    let mut statement = t
        .prepare_cached(
            "SELECT id, path, sha256, profile, revision FROM cases
             WHERE (state = 'review' OR state = 'segmenting' AND revision IS NOT NULL)
               AND superseded_by IS NULL
             ORDER BY updated DESC, id",
        )
        .doing("listing cases in review")?;
    statement
        .query_map([], scan_of_case)
        .and_then(Iterator::collect)
        .doing("listing cases in review")
}

/// A row of case, path, SHA-256, profile and revision.
pub fn scan_of_case(r: &Row<'_>) -> rusqlite::Result<ScanOfCase> {
    Ok(ScanOfCase {
        case: CaseId(r.get(0)?),
        source: source(r, 1)?,
        sha256: r.get(2)?,
        profile: r.get(3)?,
        revision: r.get(4)?,
    })
}

/// The source in a column of a row.
pub fn source(r: &Row<'_>, column: usize) -> rusqlite::Result<Source> {
    Ok(Source::from_stored(&r.get::<_, Vec<u8>>(column)?))
}

/// The scan that a case stands for.
pub fn scan(t: &Transaction<'_>, id: &CaseId) -> Result<ScanOfCase, StoreError> {
    t.query_row(
        "SELECT id, path, sha256, profile, revision FROM cases WHERE id = ?1",
        [&id.0],
        scan_of_case,
    )
    .optional()
    .doing("reading a case")?
    .ok_or_else(|| StoreError::NoSuchCase(id.0.clone()))
}

/// The row of a case.
pub fn summary(t: &Transaction<'_>, id: &CaseId) -> Result<CaseSummary, StoreError> {
    let sql = format!("{SUMMARY} WHERE id = ?1");
    t.query_row(&sql, [&id.0], SummaryColumns::read)
        .optional()
        .doing("reading a case")?
        .ok_or_else(|| StoreError::NoSuchCase(id.0.clone()))?
        .summary()
}

/// Everything about a case.
pub fn detail(t: &Transaction<'_>, id: &CaseId) -> Result<CaseDetail, StoreError> {
    let summary = summary(t, id)?;
    let (sha256, scan) = t
        .query_row(
            "SELECT sha256, scan FROM cases WHERE id = ?1",
            [&id.0],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .doing("reading a case")?;
    let mut statement = t
        .prepare_cached("SELECT number FROM revisions WHERE case_id = ?1 ORDER BY number")
        .doing("reading revisions")?;
    let numbers = statement
        .query_map([&id.0], |r| r.get(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<RevisionNumber>>>)
        .doing("reading revisions")?;
    Ok(CaseDetail {
        summary,
        sha256,
        scan: row::from_optional_json("the geometry of a scan", scan)?,
        revisions: numbers
            .into_iter()
            .map(|number| revision(t, id, number))
            .collect::<Result<_, _>>()?,
        history: audit::of_case(t, id)?,
    })
}

/// Volumes of an object in the current revisions of other cases of a profile.
pub fn volumes(
    t: &Transaction<'_>,
    profile: &str,
    label: Label,
    but: &CaseId,
    limit: u32,
) -> Result<Vec<f64>, StoreError> {
    let query = || -> rusqlite::Result<Vec<f64>> {
        let mut statement = t.prepare_cached(
            "SELECT json_extract(object.value, '$.volume_ml')
             FROM (SELECT id, revision FROM cases
                   WHERE profile = ?1 AND id <> ?2 AND revision IS NOT NULL
                         AND superseded_by IS NULL AND state <> 'rejected'
                   ORDER BY updated DESC, id LIMIT ?3) AS recent
             JOIN revisions ON case_id = recent.id AND number = recent.revision,
                  json_each(provenance, '$.objects') AS object
             WHERE json_extract(object.value, '$.label') = ?4",
        )?;
        let rows =
            statement.query_map(params![profile, but.0, limit, label.get()], |r| r.get(0))?;
        rows.collect()
    };
    query().doing("reading the volumes of other cases")
}

/// One revision of a case.
pub fn revision(
    t: &Transaction<'_>,
    id: &CaseId,
    number: RevisionNumber,
) -> Result<Revision, StoreError> {
    let (parent, provenance, output) = t
        .query_row(
            "SELECT parent, provenance, output FROM revisions WHERE case_id = ?1 AND number = ?2",
            params![id.0, number],
            |r| {
                Ok((
                    r.get::<_, Option<u32>>(0)?,
                    r.get::<_, String>(1)?,
                    r.get::<_, String>(2)?,
                ))
            },
        )
        .optional()
        .doing("reading a revision")?
        .ok_or_else(|| no_such_revision(id, number))?;
    Ok(Revision {
        number,
        parent,
        provenance: row::from_json("the provenance of a revision", &provenance)?,
        output: row::from_json("the files of a revision", &output)?,
    })
}

/// The masks of one revision.
pub fn masks(
    t: &Transaction<'_>,
    id: &CaseId,
    number: RevisionNumber,
) -> Result<MaskSet, StoreError> {
    let packed: Vec<u8> = t
        .query_row(
            "SELECT masks FROM revisions WHERE case_id = ?1 AND number = ?2",
            params![id.0, number],
            |r| r.get(0),
        )
        .optional()
        .doing("reading masks")?
        .ok_or_else(|| no_such_revision(id, number))?;
    row::from_packed("the masks of a revision", &packed)
}

/// Checks that somebody who looked at revision `asked` has looked at the current one.
pub fn check_revision(
    t: &Transaction<'_>,
    id: &CaseId,
    asked: RevisionNumber,
) -> Result<CaseSummary, StoreError> {
    let summary = summary(t, id)?;
    if !summary.state.is_decidable() && summary.state != CaseState::Segmenting {
        return Err(StoreError::WrongState {
            case: id.clone(),
            state: summary.state,
            needed: "there is nothing to look at yet",
        });
    }
    match summary.revision {
        Some(current) if current == asked => Ok(summary),
        Some(current) => Err(StoreError::Conflict {
            case: id.clone(),
            asked,
            current,
            author: revision(t, id, current)?.provenance.author,
        }),
        None => Err(no_such_revision(id, asked)),
    }
}

/// Sets a case's state and fault.
pub fn set_state(
    t: &Transaction<'_>,
    id: &CaseId,
    state: CaseState,
    fault: Option<&Fault>,
) -> Result<(), StoreError> {
    let fault = fault.map(|f| row::to_json("a fault", f)).transpose()?;
    t.execute(
        "UPDATE cases SET state = ?2, fault = ?3, updated = ?4 WHERE id = ?1",
        params![id.0, state.as_str(), fault, clock::now()],
    )
    .doing("moving a case")?;
    Ok(())
}

fn no_such_revision(id: &CaseId, number: RevisionNumber) -> StoreError {
    StoreError::NoSuchRevision {
        case: id.clone(),
        number,
    }
}

/// A row of [`SUMMARY`] before its texts are understood.
struct SummaryColumns {
    id: String,
    source: Source,
    profile: String,
    state: String,
    fault: Option<String>,
    revision: Option<u32>,
    score: Option<f64>,
    volume_ml: Option<f64>,
    reviewer: Option<String>,
    created: String,
    updated: String,
    reason: Option<String>,
}

impl SummaryColumns {
    fn read(r: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(SummaryColumns {
            id: r.get(0)?,
            source: source(r, 1)?,
            profile: r.get(2)?,
            state: r.get(3)?,
            fault: r.get(4)?,
            revision: r.get(5)?,
            score: r.get(6)?,
            volume_ml: r.get(7)?,
            reviewer: r.get(8)?,
            created: r.get(9)?,
            updated: r.get(10)?,
            reason: r.get(11)?,
        })
    }

    fn summary(self) -> Result<CaseSummary, StoreError> {
        Ok(CaseSummary {
            id: CaseId(self.id),
            name: self.source.name(),
            path: self.source.place().to_string_lossy().into_owned(),
            frame: self.source.frame_number(),
            profile: self.profile,
            state: row::from_word("a state", &self.state)?,
            fault: row::from_optional_json("a fault", self.fault)?,
            revision: self.revision,
            score: self.score.map(|s| s as f32),
            volume_ml: self.volume_ml,
            reviewer: self.reviewer,
            reason: self.reason,
            created: row::from_word("a time", &self.created)?,
            updated: row::from_word("a time", &self.updated)?,
        })
    }
}
