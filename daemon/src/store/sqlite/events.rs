//! The audit log: a row for each change, never altered.

use super::statement::Found;
use super::{StoreFault, Tables};
use crate::case::{Entry, Now};
use crate::store::row;
use crate::store::{EventQuery, EventRows};
use medicosam_shared::api::IntakePause;
use medicosam_shared::case::{CaseId, Event};
use rusqlite::{ToSql, params};

const READING: &str = "reading the audit log";
const INTAKE: &str = "whether the intake is paused";
const PAUSE: &str = "a pause of the intake";
const RECORDED: &str = "noting which decisions lie beside results";

impl EventRows for Tables<'_> {
    fn add_event(&mut self, entry: &Entry, now: Now) -> Result<(), StoreFault> {
        self.run(
            "writing the audit log",
            "INSERT INTO audit (at, who, action, case_id, revision, detail) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                now.date.to_string(),
                entry.who,
                entry.action.as_str(),
                entry.case.as_ref().map(|case| &case.0),
                entry.revision,
                entry.detail
            ],
        )
    }

    fn last_event(&self) -> Result<u64, StoreFault> {
        let sql = "SELECT coalesce(max(seq), 0) AS last FROM audit";
        let last = self.first(READING, sql, [], |found| found.unsigned("last"))?;
        Ok(last.unwrap_or_default())
    }

    fn recorded(&self) -> Result<u64, StoreFault> {
        let sql = "SELECT recorded FROM store";
        let recorded = self.first(RECORDED, sql, [], |found| found.unsigned("recorded"))?;
        Ok(recorded.unwrap_or_default())
    }

    fn put_recorded(&mut self, position: u64) -> Result<(), StoreFault> {
        let sql = "UPDATE store SET recorded = ?1";
        self.run(RECORDED, sql, [position.cast_signed()])
    }

    fn intake_pause(&self) -> Result<Option<IntakePause>, StoreFault> {
        let sql = "SELECT intake_pause FROM store WHERE intake_pause IS NOT NULL";
        self.first(INTAKE, sql, [], |found| found.json(PAUSE, "intake_pause"))
    }

    fn put_intake_pause(&mut self, pause: Option<&IntakePause>) -> Result<(), StoreFault> {
        let pause = pause.map(|pause| row::to_json(PAUSE, pause)).transpose()?;
        self.run(INTAKE, "UPDATE store SET intake_pause = ?1", [pause])
    }

    fn events(&self, which: &EventQuery) -> Result<Vec<Event>, StoreFault> {
        let select = |which: &str, values: &[&dyn ToSql]| {
            let columns = "SELECT seq, at, who, action, case_id, revision, detail FROM audit";
            self.all(READING, &format!("{columns} {which}"), values, read)
        };
        match which {
            EventQuery::After(seq, limit) => {
                let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
                let which = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
                select(which, params![seq, limit])
            }
            EventQuery::About(case) => select("WHERE case_id = ?1 ORDER BY seq", params![case.0]),
        }
    }
}

fn read(found: &Found<'_, '_>) -> Result<Event, StoreFault> {
    let action: String = found.get("action")?;
    Ok(Event {
        seq: found.unsigned("seq")?,
        at: found.word("a time", "at")?,
        who: found.get("who")?,
        action: row::from_json("an action", &format!("\"{action}\""))?,
        case: found.get::<Option<String>>("case_id")?.map(CaseId),
        revision: found.get("revision")?,
        detail: found.get("detail")?,
    })
}
