//! The queue of work: what is put into it, and what is claimed next.

use super::super::error::{Doing, StoreError};
use super::super::work::LEASE;
use super::super::{Lane, Lease, Queue, ScanOfCase, Task, Work, WorkId, WorkOutcome};
use super::{audit, cases, clock, row};
use medicosam_shared::api::PromptRequest;
use medicosam_shared::case::{Action, CaseId, CaseState, CaseSummary, Fault};
use medicosam_shared::geometry::Axis;
use medicosam_shared::provenance::ScanInfo;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Adds work for a case whose state is `prior`.
pub fn add(
    t: &Transaction<'_>,
    case: &CaseId,
    task: &Task,
    author: &str,
    prior: CaseState,
) -> Result<WorkId, StoreError> {
    let lane = match task {
        Task::Segment => 1,
        _ => 0,
    };
    t.execute(
        "INSERT INTO work (case_id, task, author, lane, state, prior_state, draft)
         VALUES (?, ?, ?, ?, 'ready', ?, ?)",
        params![
            case.0,
            row::to_json("work", task)?,
            author,
            lane,
            prior.as_str(),
            task.draft()
        ],
    )
    .doing("adding work")?;
    Ok(WorkId(t.last_insert_rowid()))
}

/// Queues a person's prompts.
pub fn request_prompt(
    t: &Transaction<'_>,
    id: &CaseId,
    who: &str,
    request: &PromptRequest,
) -> Result<WorkId, StoreError> {
    let before = cases::check_revision(t, id, request.revision)?;
    let scan: Option<String> = t
        .query_row("SELECT scan FROM cases WHERE id = ?1", [&id.0], |r| {
            r.get(0)
        })
        .doing("reading a case")?;
    let scan: Option<ScanInfo> = row::from_optional_json("the geometry of a scan", scan)?;
    let axis: Axis = cases::revision(t, id, request.revision)?.provenance.axis;
    if let Some(scan) = scan {
        for prompt in &request.prompts {
            prompt.check(scan.dims, axis)?;
        }
    }
    let prior = match before.state {
        // Another prompt is being worked on; if both fail, the case waits for review as it did.
        CaseState::Segmenting => CaseState::Review,
        state => state,
    };
    let task = Task::Prompt {
        prompts: request.prompts.clone(),
    };
    let work = add(t, id, &task, who, prior)?;
    let slices: Vec<String> = request
        .prompts
        .iter()
        .map(|p| p.index.to_string())
        .collect();
    let detail = format!("slice {}", slices.join(", "));
    audit::record(
        t,
        who,
        Action::Prompted,
        (id, Some(request.revision)),
        &detail,
    )?;
    Ok(work)
}

/// Queues a failed or paused case again.
pub fn retry(t: &Transaction<'_>, id: &CaseId, who: &str) -> Result<CaseSummary, StoreError> {
    let before = cases::summary(t, id)?;
    if !matches!(before.state, CaseState::Failed | CaseState::Paused) {
        return Err(StoreError::WrongState {
            case: id.clone(),
            state: before.state,
            needed: "only failed and paused cases can be tried again",
        });
    }
    let waiting = t
        .execute(
            "UPDATE work SET not_before = 0, tries = 0 WHERE case_id = ?1 AND state = 'ready'",
            [&id.0],
        )
        .doing("trying again")?;
    if waiting == 0 {
        add(t, id, &Task::Segment, who, CaseState::Waiting)?;
    }
    cases::set_state(t, id, CaseState::Waiting, None)?;
    audit::record(t, who, Action::Retried, (id, before.revision), "")?;
    cases::summary(t, id)
}

/// How a piece of work stands.
pub fn outcome(t: &Transaction<'_>, work: WorkId) -> Result<WorkOutcome, StoreError> {
    let (state, revision, fault): (String, Option<u32>, Option<String>) = t
        .query_row(
            "SELECT state, revision, fault FROM work WHERE id = ?1",
            [work.0],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .doing("reading work")?;
    Ok(match (state.as_str(), revision) {
        ("done", Some(revision)) => WorkOutcome::Done(revision),
        ("done", None) => WorkOutcome::Answered,
        ("ready" | "leased", _) => WorkOutcome::Open,
        _ => WorkOutcome::Failed(
            row::from_optional_json("a fault", fault)?.unwrap_or_else(|| Fault {
                code: "cancelled".to_owned(),
                message: "it was taken back, or the scan was replaced by another one".to_owned(),
                hint: "If the case is not in the list any more, look for the new one of the same \
                       name."
                    .to_owned(),
            }),
        ),
    })
}

/// What makes work `w` due at ?1: it is ready, or its lease ran out, and nobody else works on its
/// case.
macro_rules! due {
    () => {
        "(w.state = 'ready' AND w.not_before <= ?1 OR w.state = 'leased' AND w.lease_until < ?1)
         AND NOT EXISTS (
             SELECT 1 FROM work AS other
             WHERE other.case_id = w.case_id AND other.id <> w.id
               AND other.state = 'leased' AND other.lease_until >= ?1)"
    };
}

/// Whether any work is due.
pub fn has_due_work(t: &Transaction<'_>) -> Result<bool, StoreError> {
    t.query_row(
        concat!("SELECT EXISTS (SELECT 1 FROM work AS w WHERE ", due!(), ")"),
        [clock::since_boot_ms()],
        |r| r.get(0),
    )
    .doing("looking for work")
}

/// Work that is ready, by lane.
pub fn queue(t: &Transaction<'_>) -> Result<Queue, StoreError> {
    t.query_row(
        "SELECT count(*) FILTER (WHERE lane = 0), count(*) FILTER (WHERE lane <> 0)
         FROM work WHERE state = 'ready'",
        [],
        |r| {
            Ok(Queue {
                interactive: r.get::<_, i64>(0)?.unsigned_abs(),
                bulk: r.get::<_, i64>(1)?.unsigned_abs(),
            })
        },
    )
    .doing("counting work")
}

/// Takes the next work that is due.
pub fn claim(t: &Transaction<'_>, owner: &str, lane: Lane) -> Result<Option<Work>, StoreError> {
    let now = clock::since_boot_ms();
    let last_lane = match lane {
        Lane::Interactive => 0,
        Lane::Any => 1,
    };
    let claimed = t
        .prepare_cached(concat!(
            "UPDATE work SET state = 'leased', owner = ?2, lease_until = ?3,
                        fence = fence + 1, tries = tries + 1
                 WHERE id = (SELECT id FROM work AS w WHERE lane <= ?4 AND ",
            due!(),
            " ORDER BY lane, id LIMIT 1)
                 RETURNING id, case_id, fence, task, author"
        ))
        .and_then(|mut s| {
            s.query_row(
                params![now, owner, clock::in_ms(LEASE), last_lane],
                Claimed::read,
            )
            .optional()
        })
        .doing("claiming work")?;
    let Some(claimed) = claimed else {
        return Ok(None);
    };
    let case = CaseId(claimed.case);
    let task: Task = row::from_json("work", &claimed.task)?;
    if let Some(stage) = task.first_stage() {
        cases::set_state(t, &case, stage, None)?;
    }
    let summary = cases::summary(t, &case)?;
    if task.first_stage().is_some() {
        audit::record(t, owner, Action::Claimed, (&case, summary.revision), "")?;
    }
    let (source, sha256) = t
        .query_row(
            "SELECT path, sha256 FROM cases WHERE id = ?1",
            [&case.0],
            |r| Ok((cases::source(r, 0)?, r.get(1)?)),
        )
        .doing("claiming work")?;
    Ok(Some(Work {
        lease: Lease {
            work: WorkId(claimed.work),
            case,
            fence: claimed.fence,
        },
        task,
        author: claimed.author,
        source,
        sha256,
        profile: summary.profile,
        revision: summary.revision,
    }))
}

/// The scan of the bulk work that would be claimed next.
pub fn upcoming(t: &Transaction<'_>) -> Result<Option<ScanOfCase>, StoreError> {
    t.prepare_cached(
        "SELECT cases.id, path, sha256, profile, cases.revision
         FROM work JOIN cases ON cases.id = case_id
         WHERE lane = 1 AND work.state = 'ready' AND not_before <= ?1
         ORDER BY work.id LIMIT 1",
    )
    .and_then(|mut s| {
        s.query_row([clock::since_boot_ms()], cases::scan_of_case)
            .optional()
    })
    .doing("looking for the next work")
}

struct Claimed {
    work: i64,
    case: String,
    fence: i64,
    task: String,
    author: String,
}

impl Claimed {
    fn read(r: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Claimed {
            work: r.get(0)?,
            case: r.get(1)?,
            fence: r.get(2)?,
            task: r.get(3)?,
            author: r.get(4)?,
        })
    }
}
