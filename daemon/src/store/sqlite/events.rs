//! The audit log: a row for each change, never altered.

use super::row::{self, Doing};
use super::{StoreFault, Tables};
use crate::case::{Entry, Now};
use crate::store::{EventQuery, EventRows};
use medicosam_shared::case::{CaseId, Event};
use rusqlite::{Row, Transaction, params};

const RECORDED: &str = "noting which decisions lie beside results";

impl EventRows for Tables<'_> {
    fn add_event(&mut self, entry: &Entry, now: Now) -> Result<(), StoreFault> {
        let t = self.0;
        t.prepare_cached(
            "INSERT INTO audit (at, who, action, case_id, revision, detail) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut s| {
            s.execute(params![
                now.date.to_string(),
                entry.who,
                entry.action.as_str(),
                entry.case.0,
                entry.revision,
                entry.detail
            ])
        })
        .doing("writing the audit log")?;
        Ok(())
    }

    fn last_event(&self) -> Result<u64, StoreFault> {
        let t = self.0;
        t.query_row("SELECT coalesce(max(seq), 0) FROM audit", [], |r| {
            r.get::<_, i64>(0)
        })
        .map(i64::unsigned_abs)
        .doing("reading the audit log")
    }

    fn recorded(&self) -> Result<u64, StoreFault> {
        let t = self.0;
        t.query_row("SELECT recorded FROM store", [], |r| r.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .doing(RECORDED)
    }

    fn put_recorded(&mut self, position: u64) -> Result<(), StoreFault> {
        let t = self.0;
        t.execute("UPDATE store SET recorded = ?1", [position.cast_signed()])
            .map(drop)
            .doing(RECORDED)
    }

    fn events(&self, which: &EventQuery) -> Result<Vec<Event>, StoreFault> {
        let t = self.0;
        match which {
            EventQuery::After(seq, limit) => {
                let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
                let which = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
                select(t, which, params![seq, limit])
            }
            EventQuery::About(case) => {
                select(t, "WHERE case_id = ?1 ORDER BY seq", params![case.0])
            }
        }
    }
}

fn select(
    t: &Transaction<'_>,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Event>, StoreFault> {
    const DOING: &str = "reading the audit log";
    let sql = format!("SELECT seq, at, who, action, case_id, revision, detail FROM audit {which}");
    let mut statement = t.prepare_cached(&sql).doing(DOING)?;
    let rows = statement.query_map(values, columns).doing(DOING)?;
    rows.map(|row| event(row.doing(DOING)?)).collect()
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

fn event((seq, at, who, action, case, revision, detail): Columns) -> Result<Event, StoreFault> {
    Ok(Event {
        seq: seq.unsigned_abs(),
        at: row::from_word("a time", &at)?,
        who,
        action: row::from_json("an action", &format!("\"{action}\""))?,
        case: case.map(CaseId),
        revision,
        detail,
    })
}
