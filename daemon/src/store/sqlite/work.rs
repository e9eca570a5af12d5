//! The queue of work.

use super::row::{self, Doing};
use super::{StoreFault, Tables};
use crate::case::{Lane, Now, Owner, Tick, WorkId, WorkItem, WorkState};
use crate::store::{WorkQuery, WorkRows};
use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::progress::Progress;
use rusqlite::{Row, ToSql, Transaction, params};

const READING: &str = "reading work";

const COLUMNS: &str = "SELECT id, case_id, task, author, state, tries, not_before, owner, \
                       lease_until, fence, fault, revision, done, total FROM work";

impl WorkRows for Tables<'_> {
    fn work(&self, id: WorkId) -> Result<Option<WorkItem>, StoreFault> {
        let t = self.0;
        Ok(select(t, "WHERE id = ?1", params![id.0])?.pop())
    }

    fn works(&self, which: &WorkQuery) -> Result<Vec<WorkItem>, StoreFault> {
        let t = self.0;
        match which {
            WorkQuery::OpenFor(case) => {
                let which = "WHERE case_id = ?1 AND state IN ('ready', 'leased') ORDER BY id";
                select(t, which, params![case.0])
            }
            WorkQuery::OfDraft(draft) => select(t, "WHERE draft = ?1 ORDER BY id", params![draft]),
            WorkQuery::Leased(owner) => {
                let owner = owner.as_ref().map(ToString::to_string);
                let which = "WHERE state = 'leased' AND (?1 IS NULL OR owner = ?1) ORDER BY id";
                select(t, which, params![owner])
            }
            WorkQuery::Ready => select(t, "WHERE state = 'ready' ORDER BY id", params![]),
        }
    }

    fn due(&self, lane: Lane, now: Now) -> Result<Option<WorkItem>, StoreFault> {
        let t = self.0;
        // In the order of the queue, and only as far as the first: with thousands of pieces of work,
        // looking at all of them costs more than most of the work. What has waited for its
        // surroundings comes behind what never had to.
        let which = "AS w INDEXED BY work_due
             WHERE w.state IN ('ready', 'leased') AND lane <= ?2
               AND (w.state = 'ready' AND w.not_before <= ?1
                    OR w.state = 'leased' AND w.lease_until < ?1)
               AND w.case_id NOT IN (
                   SELECT case_id FROM work INDEXED BY work_leased
                   WHERE state = 'leased' AND lease_until >= ?1)
             ORDER BY lane, not_before, id LIMIT 1";
        Ok(select(t, which, params![now.tick.0, number(lane)])?.pop())
    }

    fn put_work(&mut self, item: &WorkItem) -> Result<WorkId, StoreFault> {
        let t = self.0;
        let id = (item.id != WorkId(0)).then_some(item.id.0);
        let task = row::to_json("work", &item.task)?;
        let (mut not_before, mut owner, mut until) = (Tick::LONG_AGO, None, None);
        let (mut fault, mut revision) = (None, None);
        match &item.state {
            WorkState::Ready { not_before: tick } => not_before = *tick,
            WorkState::Leased {
                owner: by,
                until: tick,
            } => {
                (owner, until) = (Some(by.to_string()), Some(tick.0));
            }
            WorkState::Done { revision: number } => revision = *number,
            WorkState::Failed(why) => fault = Some(row::to_json("a fault", why)?),
            WorkState::Cancelled => {}
        }
        t.prepare_cached(
            "INSERT INTO work (id, case_id, task, author, lane, state, tries, not_before, owner,
                               lease_until, fence, fault, revision, draft, done, total)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO UPDATE SET
                 state = ?6, tries = ?7, not_before = ?8, owner = ?9, lease_until = ?10, fence = ?11,
                 fault = ?12, revision = ?13, done = ?15, total = ?16
             RETURNING id",
        )
        .and_then(|mut s| {
            let values = params![
                id,
                item.case.0,
                task,
                item.author,
                number(item.task.lane()),
                item.state.as_str(),
                item.tries,
                not_before.0,
                owner,
                until,
                item.fence,
                fault,
                revision,
                item.task.draft(),
                item.progress.done,
                item.progress.total
            ];
            s.query_row(values, |r| r.get(0).map(WorkId))
        })
        .doing("writing work")
    }
}

const fn number(lane: Lane) -> i64 {
    match lane {
        Lane::Interactive => 0,
        Lane::Any => 1,
    }
}

fn select(
    t: &Transaction<'_>,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<WorkItem>, StoreFault> {
    let sql = format!("{COLUMNS} {which}");
    let mut statement = t.prepare_cached(&sql).doing(READING)?;
    let mut rows = statement.query(values).doing(READING)?;
    let mut works = Vec::new();
    while let Some(found) = rows.next().doing(READING)? {
        works.push(read(found)?);
    }
    Ok(works)
}

fn read(r: &Row<'_>) -> Result<WorkItem, StoreFault> {
    Ok(WorkItem {
        id: WorkId(get(r, "id")?),
        case: CaseId(get(r, "case_id")?),
        task: row::from_json("work", &get::<String>(r, "task")?)?,
        author: get(r, "author")?,
        state: state(r)?,
        tries: get(r, "tries")?,
        fence: get(r, "fence")?,
        progress: Progress {
            done: get(r, "done")?,
            total: get(r, "total")?,
        },
    })
}

fn state(r: &Row<'_>) -> Result<WorkState, StoreFault> {
    let word: String = get(r, "state")?;
    Ok(match word.as_str() {
        "ready" => WorkState::Ready {
            not_before: Tick(get(r, "not_before")?),
        },
        "leased" => WorkState::Leased {
            owner: Owner::parse(&get::<Option<String>>(r, "owner")?.unwrap_or_default()),
            until: Tick(get::<Option<i64>>(r, "lease_until")?.unwrap_or_default()),
        },
        "done" => WorkState::Done {
            revision: get(r, "revision")?,
        },
        "failed" => {
            let fault = row::from_optional_json("a fault", get(r, "fault")?)?;
            WorkState::Failed(fault.unwrap_or_else(unknown))
        }
        "cancelled" => WorkState::Cancelled,
        other => {
            return Err(StoreFault::Unreadable {
                what: "the state of work",
                why: format!("{other:?} is no such word"),
            });
        }
    })
}

fn unknown() -> Fault {
    Fault {
        code: "unknown".to_owned(),
        message: "it failed, and an older version did not write down why".to_owned(),
        hint: "Try it again.".to_owned(),
    }
}

fn get<T: rusqlite::types::FromSql>(r: &Row<'_>, column: &str) -> Result<T, StoreFault> {
    r.get(column).doing(READING)
}
