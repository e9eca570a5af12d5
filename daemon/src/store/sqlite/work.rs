//! The queue of work.

use super::statement::Found;
use super::{StoreFault, Tables};
use crate::case::{Lane, Now, Owner, Tick, WorkId, WorkItem, WorkState};
use crate::store::row;
use crate::store::{WorkQuery, WorkRows};
use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::progress::Progress;
use rusqlite::{ToSql, params};

const READING: &str = "reading work";

const COLUMNS: &str = "SELECT id, case_id, task, author, state, tries, not_before, owner, \
                       lease_until, fence, fault, revision, done, total FROM work";

impl WorkRows for Tables<'_> {
    fn work(&self, id: WorkId) -> Result<Option<WorkItem>, StoreFault> {
        self.first(READING, &format!("{COLUMNS} WHERE id = ?1"), [id.0], read)
    }

    fn works(&self, which: &WorkQuery) -> Result<Vec<WorkItem>, StoreFault> {
        let select = |which: &str, values: &[&dyn ToSql]| {
            self.all(READING, &format!("{COLUMNS} {which}"), values, read)
        };
        match which {
            WorkQuery::OpenFor(case) => {
                let which = "WHERE case_id = ?1 AND state IN ('ready', 'leased') ORDER BY id";
                select(which, params![case.0])
            }
            WorkQuery::OfDraft(draft) => select("WHERE draft = ?1 ORDER BY id", params![draft.0]),
            WorkQuery::Leased(owner) => {
                let owner = owner.as_ref().map(ToString::to_string);
                let which = "WHERE state = 'leased' AND (?1 IS NULL OR owner = ?1) ORDER BY id";
                select(which, params![owner])
            }
            WorkQuery::Ready => select("WHERE state = 'ready' ORDER BY id", params![]),
        }
    }

    fn due(&self, lane: Lane, now: Now) -> Result<Option<WorkItem>, StoreFault> {
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
        let sql = format!("{COLUMNS} {which}");
        self.first(READING, &sql, params![now.tick.0, number(lane)], read)
    }

    fn put_work(&mut self, item: &WorkItem) -> Result<WorkId, StoreFault> {
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
        let given = self.first(
            "writing work",
            "INSERT INTO work (id, case_id, task, author, lane, state, tries, not_before, owner,
                               lease_until, fence, fault, revision, draft, done, total)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO UPDATE SET
                 state = ?6, tries = ?7, not_before = ?8, owner = ?9, lease_until = ?10, fence = ?11,
                 fault = ?12, revision = ?13, done = ?15, total = ?16
             RETURNING id",
            params![
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
                item.task.draft().map(|draft| draft.0),
                item.progress.done,
                item.progress.total
            ],
            |found| found.get("id"),
        )?;
        Ok(WorkId(given.unwrap_or(item.id.0)))
    }
}

const fn number(lane: Lane) -> i64 {
    match lane {
        Lane::Interactive => 0,
        Lane::Any => 1,
    }
}

fn read(found: &Found<'_, '_>) -> Result<WorkItem, StoreFault> {
    Ok(WorkItem {
        id: WorkId(found.get("id")?),
        case: CaseId(found.get("case_id")?),
        task: found.json("work", "task")?,
        author: found.get("author")?,
        state: state(found)?,
        tries: found.get("tries")?,
        fence: found.get("fence")?,
        progress: Progress {
            done: found.get("done")?,
            total: found.get("total")?,
        },
    })
}

fn state(found: &Found<'_, '_>) -> Result<WorkState, StoreFault> {
    let word: String = found.get("state")?;
    Ok(match word.as_str() {
        "ready" => WorkState::Ready {
            not_before: Tick(found.get("not_before")?),
        },
        "leased" => WorkState::Leased {
            owner: Owner::parse(&found.get::<Option<String>>("owner")?.unwrap_or_default()),
            until: Tick(found.get::<Option<i64>>("lease_until")?.unwrap_or_default()),
        },
        "done" => WorkState::Done {
            revision: found.get("revision")?,
        },
        "failed" => {
            let fault = found.optional_json("a fault", "fault")?;
            WorkState::Failed(fault.unwrap_or_else(unknown))
        }
        "cancelled" => WorkState::Cancelled,
        other => return Err(row::no_such_word("the state of work", other)),
    })
}

fn unknown() -> Fault {
    Fault {
        code: "unknown".to_owned(),
        message: "it failed, and an older version did not write down why".to_owned(),
        hint: "Try it again.".to_owned(),
    }
}
