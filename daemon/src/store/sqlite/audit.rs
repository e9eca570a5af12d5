//! The audit log: one row for each change, never altered. Also the event stream.

use super::super::error::{Doing, StoreError};
use super::{clock, row};
use medicosam_shared::case::{Action, CaseId, Event, RevisionNumber};
use rusqlite::{Row, Transaction, params};

/// Writes a change down: who did what to a case, on which of its revisions.
pub fn record(
    t: &Transaction<'_>,
    who: &str,
    action: Action,
    (case, revision): (&CaseId, Option<RevisionNumber>),
    detail: &str,
) -> Result<(), StoreError> {
    t.prepare_cached(
        "INSERT INTO audit (at, who, action, case_id, revision, detail) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .and_then(|mut s| {
        let at = clock::now();
        s.execute(params![at, who, action.as_str(), case.0, revision, detail])
    })
    .doing("writing the audit log")?;
    Ok(())
}

/// Position of the newest entry; 0 if there is none.
pub fn last(t: &Transaction<'_>) -> Result<u64, StoreError> {
    t.query_row("SELECT coalesce(max(seq), 0) FROM audit", [], |r| {
        r.get::<_, i64>(0)
    })
    .map(|seq| seq as u64)
    .doing("reading the audit log")
}

/// Entries after a position, oldest first.
pub fn after(t: &Transaction<'_>, seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    select(
        t,
        "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        params![seq, limit],
    )
}

/// All entries about a case, oldest first.
pub fn of_case(t: &Transaction<'_>, case: &CaseId) -> Result<Vec<Event>, StoreError> {
    select(t, "WHERE case_id = ?1 ORDER BY seq", params![case.0])
}

fn select(
    t: &Transaction<'_>,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Event>, StoreError> {
    let sql = format!("SELECT seq, at, who, action, case_id, revision, detail FROM audit {which}");
    let mut statement = t.prepare_cached(&sql).doing("reading the audit log")?;
    let rows = statement
        .query_map(values, columns)
        .doing("reading the audit log")?;
    rows.map(|row| event(row.doing("reading the audit log")?))
        .collect()
}

type Columns = (
    i64,
    String,
    String,
    String,
    Option<String>,
    Option<u32>,
    String,
);

fn columns(r: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        r.get(0)?,
        r.get(1)?,
        r.get(2)?,
        r.get(3)?,
        r.get(4)?,
        r.get(5)?,
        r.get(6)?,
    ))
}

fn event((seq, at, who, action, case, revision, detail): Columns) -> Result<Event, StoreError> {
    Ok(Event {
        seq: seq as u64,
        at: row::from_word("a time", &at)?,
        who,
        action: row::from_json("an action", &format!("\"{action}\""))?,
        case: case.map(CaseId),
        revision,
        detail,
    })
}
