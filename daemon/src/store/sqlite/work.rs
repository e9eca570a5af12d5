//! Work in the database: leases, fences, tries.

use super::super::error::{Doing, StoreError};
use super::super::work::{BACKOFF, LEASE, PAUSE};
use super::super::{
    FaultClass, Lane, Lease, NewRevision, Outcome, Queue, ScanOfCase, Task, Work, WorkId,
    WorkOutcome,
};
use super::audit::{self, Entry};
use super::{beside, cases, clock, decisions, drafts, row};
use medicosam_shared::api::PromptRequest;
use medicosam_shared::case::{Action, CaseId, CaseState, CaseSummary, Fault, RevisionNumber};
use medicosam_shared::draft::Answered;
use medicosam_shared::geometry::Axis;
use medicosam_shared::provenance::ScanInfo;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::path::Path;
use std::time::Duration;

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
    record(
        t,
        who,
        Action::Prompted,
        id,
        Some(request.revision),
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
    record(t, who, Action::Retried, id, before.revision, "")?;
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
        record(t, owner, Action::Claimed, &case, summary.revision, "")?;
    }
    let (path, sha256) = t
        .query_row(
            "SELECT path, sha256 FROM cases WHERE id = ?1",
            [&case.0],
            |r| Ok((row::path_from(r.get(0)?), r.get(1)?)),
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
        path,
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

/// Makes a lease last longer.
pub fn renew(t: &Transaction<'_>, lease: &Lease) -> Result<(), StoreError> {
    let changed = t
        .execute(
            "UPDATE work SET lease_until = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'leased'",
            params![lease.work.0, lease.fence, clock::in_ms(LEASE)],
        )
        .doing("renewing a lease")?;
    if changed == 0 {
        return Err(StoreError::LeaseLost(lease.case.clone()));
    }
    Ok(())
}

/// Moves the leased case to another stage.
pub fn stage(t: &Transaction<'_>, lease: &Lease, state: CaseState) -> Result<(), StoreError> {
    let holder = holder(t, lease)?;
    cases::set_state(t, &lease.case, state, None)?;
    record(
        t,
        &holder.owner,
        Action::Stage,
        &lease.case,
        None,
        state.as_str(),
    )
}

/// See [`super::super::Store::reserve_output`].
pub fn reserve_output(
    t: &Transaction<'_>,
    lease: &Lease,
    folder: &Path,
    stem: &str,
) -> Result<String, StoreError> {
    holder(t, lease)?;
    // A person waits: where the name is known and the lease is young, nothing is written, and
    // nothing has to be forced to the disk.
    t.execute(
        "UPDATE work SET lease_until = ?2 WHERE id = ?1 AND lease_until < ?3",
        params![lease.work.0, clock::in_ms(LEASE), clock::in_ms(LEASE / 2)],
    )
    .doing("renewing a lease")?;
    let reserved: Option<Vec<u8>> = t
        .query_row(
            "SELECT output FROM cases WHERE id = ?1",
            [&lease.case.0],
            |r| r.get(0),
        )
        .doing("reserving a name for the output")?;
    let name_of = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    if let Some(reserved) = reserved.map(row::path_from)
        && reserved.parent() == Some(folder)
    {
        return Ok(name_of(&reserved));
    }
    for name in [stem.to_owned(), format!("{stem}-{}", lease.case)] {
        let path = folder.join(&name);
        let changed = t
            .execute(
                "UPDATE OR IGNORE cases SET output = ?2 WHERE id = ?1",
                params![lease.case.0, row::path_bytes(&path)],
            )
            .doing("reserving a name for the output")?;
        if changed == 1 {
            return Ok(name);
        }
    }
    Err(StoreError::Unreadable {
        what: "the name of an output",
        why: format!(
            "both {stem} and {stem}-{} belong to other cases",
            lease.case
        ),
    })
}

/// Commits a revision.
pub fn finish(
    t: &Transaction<'_>,
    lease: &Lease,
    new: &NewRevision,
) -> Result<RevisionNumber, StoreError> {
    let holder = holder(t, lease)?;
    let before = cases::summary(t, &lease.case)?;
    let number = before.revision.unwrap_or(0) + 1;
    let provenance = &new.provenance;
    t.execute(
        "INSERT INTO revisions (case_id, number, parent, provenance, output, masks)
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            lease.case.0,
            number,
            before.revision,
            row::to_json("the provenance of a revision", provenance)?,
            row::to_json("the files of a revision", &new.output)?,
            row::to_packed("the masks of a revision", &new.masks)?
        ],
    )
    .doing("writing a revision")?;
    let expected = || {
        let expected = provenance.objects.iter().filter_map(|o| o.predicted_iou());
        expected.reduce(f32::min)
    };
    let score = provenance
        .quality
        .as_ref()
        .map(|q| q.score)
        .or_else(expected);
    let volume: Option<f64> = provenance
        .objects
        .iter()
        .map(|o| o.volume_ml)
        .reduce(|a, b| a + b);
    let reviewer = match holder.task {
        Task::Segment => None,
        _ => Some(&holder.author),
    };
    t.execute(
        "UPDATE cases SET state = 'review', fault = NULL, revision = ?2, score = ?3,
                volume_ml = ?4, reviewer = ?5, reason = NULL, updated = ?6 WHERE id = ?1",
        params![lease.case.0, number, score, volume, reviewer, clock::now()],
    )
    .doing("writing a revision")?;
    t.execute(
        "UPDATE work SET state = 'done', revision = ?2, owner = NULL, lease_until = NULL WHERE id = ?1",
        params![lease.work.0, number],
    )
    .doing("finishing work")?;
    if let Some(draft) = holder.task.draft() {
        drafts::close(t, draft)?;
    }
    if holder.task == Task::Segment {
        beside::forget_what_was_used(t, &lease.case, &provenance.sources)?;
    }
    record(
        t,
        &provenance.author,
        Action::Revised,
        &lease.case,
        Some(number),
        &holder.owner,
    )?;
    if let Some(approval) = &new.approval {
        decisions::approve_by_policy(t, &lease.case, number, approval)?;
    }
    Ok(number)
}

/// Puts the masks that work has made into its draft.
pub fn answer(
    t: &Transaction<'_>,
    lease: &Lease,
    answered: &Answered,
    logits: Option<&[u8]>,
) -> Result<(), StoreError> {
    let holder = holder(t, lease)?;
    if let Some(draft) = holder.task.draft() {
        drafts::answer(t, draft, answered, logits)?;
    }
    t.execute(
        "UPDATE work SET state = 'done', owner = NULL, lease_until = NULL WHERE id = ?1",
        [lease.work.0],
    )
    .doing("finishing work")?;
    Ok(())
}

/// Writes down why leased work could not be done.
pub fn fail(
    t: &Transaction<'_>,
    lease: &Lease,
    fault: &Fault,
    class: FaultClass,
) -> Result<Outcome, StoreError> {
    let holder = holder(t, lease)?;
    if holder.task.first_stage().is_none() {
        return fail_quietly(t, lease, &holder, fault, class);
    }
    match class {
        FaultClass::Environment => {
            again(t, lease, PAUSE, -1)?;
            cases::set_state(t, &lease.case, CaseState::Paused, Some(fault))?;
            record(
                t,
                &holder.owner,
                Action::Paused,
                &lease.case,
                None,
                &fault.message,
            )?;
            Ok(Outcome::Paused)
        }
        FaultClass::Passing if holder.tries as usize <= BACKOFF.len() => {
            again(t, lease, BACKOFF[holder.tries.max(1) as usize - 1], 0)?;
            cases::set_state(t, &lease.case, holder.waiting_state(), Some(fault))?;
            record(
                t,
                &holder.owner,
                Action::Released,
                &lease.case,
                None,
                &fault.message,
            )?;
            Ok(Outcome::TriesAgain)
        }
        FaultClass::BadInput | FaultClass::Passing => {
            give_up(t, lease, &holder, fault)?;
            Ok(Outcome::GivenUp)
        }
    }
}

/// Writes down why work for a draft could not be done. The case stays as it is. Whoever waits for it
/// is told at once what keeps it from being done, and can ask again: nothing is lost.
fn fail_quietly(
    t: &Transaction<'_>,
    lease: &Lease,
    holder: &Holder,
    fault: &Fault,
    class: FaultClass,
) -> Result<Outcome, StoreError> {
    let outcome = if class == FaultClass::Passing && holder.tries <= 1 {
        again(t, lease, Duration::ZERO, 0)?;
        Outcome::TriesAgain
    } else {
        end(t, lease, fault)?;
        Outcome::GivenUp
    };
    drafts::touch(t, lease.work)?;
    Ok(outcome)
}

/// Gives back the work of a worker that died.
pub fn release(t: &Transaction<'_>, owner: &str, fault: &Fault) -> Result<Vec<CaseId>, StoreError> {
    let leases = leased(t, "owner = ?1", params![owner])?;
    for lease in &leases {
        fail(t, lease, fault, FaultClass::Passing)?;
    }
    Ok(leases.into_iter().map(|lease| lease.case).collect())
}

/// Gives back all work, uncounted, and makes everything due.
pub fn release_all(t: &Transaction<'_>) -> Result<Vec<CaseId>, StoreError> {
    let leases = leased(t, "true", &[])?;
    for lease in &leases {
        let holder = holder(t, lease)?;
        again(t, lease, Duration::ZERO, -1)?;
        if holder.task.first_stage().is_none() {
            continue;
        }
        cases::set_state(t, &lease.case, holder.waiting_state(), None)?;
        let detail = "the daemon was stopped in the middle of it";
        record(
            t,
            &holder.owner,
            Action::Released,
            &lease.case,
            None,
            detail,
        )?;
    }
    t.execute("UPDATE work SET not_before = 0 WHERE state = 'ready'", [])
        .doing("making work due")?;
    Ok(leases.into_iter().map(|lease| lease.case).collect())
}

/// Who holds a lease, and what they hold.
struct Holder {
    owner: String,
    task: Task,
    author: String,
    tries: i64,
    prior_state: CaseState,
}

impl Holder {
    /// The state of the case while the work waits.
    fn waiting_state(&self) -> CaseState {
        self.prior_state
    }
}

/// The holder of a lease; an error if the lease is no longer theirs.
fn holder(t: &Transaction<'_>, lease: &Lease) -> Result<Holder, StoreError> {
    let (owner, task, author, tries, prior): (String, String, String, i64, String) = t
        .query_row(
            "SELECT owner, task, author, tries, prior_state FROM work
             WHERE id = ?1 AND fence = ?2 AND state = 'leased'",
            params![lease.work.0, lease.fence],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)),
        )
        .optional()
        .doing("checking a lease")?
        .ok_or_else(|| StoreError::LeaseLost(lease.case.clone()))?;
    Ok(Holder {
        owner,
        task: row::from_json("work", &task)?,
        author,
        tries,
        prior_state: row::from_word("a state", &prior)?,
    })
}

/// Puts leased work back, due after a while; `count` corrects the number of tries.
fn again(t: &Transaction<'_>, lease: &Lease, wait: Duration, count: i64) -> Result<(), StoreError> {
    t.execute(
        "UPDATE work SET state = 'ready', not_before = ?2, tries = tries + ?3, owner = NULL,
                lease_until = NULL WHERE id = ?1",
        params![lease.work.0, clock::in_ms(wait), count],
    )
    .doing("giving work back")?;
    Ok(())
}

/// Ends work that will not be tried again.
fn give_up(
    t: &Transaction<'_>,
    lease: &Lease,
    holder: &Holder,
    fault: &Fault,
) -> Result<(), StoreError> {
    end(t, lease, fault)?;
    drafts::touch(t, lease.work)?;
    let state = match holder.task {
        Task::Segment => CaseState::Failed,
        _ => holder.prior_state,
    };
    let shown = (state == CaseState::Failed).then_some(fault);
    cases::set_state(t, &lease.case, state, shown)?;
    record(
        t,
        &holder.owner,
        Action::Failed,
        &lease.case,
        None,
        &fault.message,
    )
}

fn end(t: &Transaction<'_>, lease: &Lease, fault: &Fault) -> Result<(), StoreError> {
    t.execute(
        "UPDATE work SET state = 'failed', fault = ?2, owner = NULL, lease_until = NULL WHERE id = ?1",
        params![lease.work.0, row::to_json("a fault", fault)?],
    )
    .doing("giving work up")?;
    Ok(())
}

fn leased(
    t: &Transaction<'_>,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Lease>, StoreError> {
    let sql = format!("SELECT id, case_id, fence FROM work WHERE state = 'leased' AND {which}");
    let mut statement = t.prepare(&sql).doing("looking for leases")?;
    let rows = statement
        .query_map(values, |r| {
            Ok(Lease {
                work: WorkId(r.get(0)?),
                case: CaseId(r.get(1)?),
                fence: r.get(2)?,
            })
        })
        .doing("looking for leases")?;
    rows.map(|lease| lease.doing("looking for leases"))
        .collect()
}

fn record(
    t: &Transaction<'_>,
    who: &str,
    action: Action,
    case: &CaseId,
    revision: Option<RevisionNumber>,
    detail: &str,
) -> Result<(), StoreError> {
    audit::record(
        t,
        &Entry {
            who,
            action,
            case,
            revision,
            detail,
        },
    )
}
