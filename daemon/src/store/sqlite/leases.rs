//! Leases: who works on what, and what only the holder of a lease may do.

use super::super::error::{Doing, StoreError};
use super::super::work::LEASE;
use super::super::{Lease, Task, WorkId};
use super::{audit, cases, clock, row};
use medicosam_shared::case::{Action, CaseId, CaseState, Fault};
use rusqlite::{OptionalExtension, Transaction, params};
use std::path::Path;
use std::time::Duration;

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
    audit::record(
        t,
        &holder.owner,
        Action::Stage,
        (&lease.case, None),
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

/// Who holds a lease, and what they hold.
pub(super) struct Holder {
    pub owner: String,
    pub task: Task,
    pub author: String,
    pub tries: i64,
    /// The state of the case while the work waits.
    pub prior_state: CaseState,
}

/// The holder of a lease; an error if the lease is no longer theirs.
pub(super) fn holder(t: &Transaction<'_>, lease: &Lease) -> Result<Holder, StoreError> {
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
pub(super) fn again(
    t: &Transaction<'_>,
    lease: &Lease,
    wait: Duration,
    count: i64,
) -> Result<(), StoreError> {
    t.execute(
        "UPDATE work SET state = 'ready', not_before = ?2, tries = tries + ?3, owner = NULL,
                lease_until = NULL WHERE id = ?1",
        params![lease.work.0, clock::in_ms(wait), count],
    )
    .doing("giving work back")?;
    Ok(())
}

/// Ends work that will not be done.
pub(super) fn end(t: &Transaction<'_>, lease: &Lease, fault: &Fault) -> Result<(), StoreError> {
    t.execute(
        "UPDATE work SET state = 'failed', fault = ?2, owner = NULL, lease_until = NULL WHERE id = ?1",
        params![lease.work.0, row::to_json("a fault", fault)?],
    )
    .doing("giving work up")?;
    Ok(())
}

/// The leases for which `which` holds.
pub(super) fn leased(
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
