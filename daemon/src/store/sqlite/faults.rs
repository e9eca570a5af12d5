//! Work that could not be done: tried again, given up, or given back.

use super::super::error::{Doing, StoreError};
use super::super::work::{BACKOFF, PAUSE};
use super::super::{FaultClass, Lease, Outcome, Task};
use super::leases::{self, Holder};
use super::{audit, cases, draft_rows};
use medicosam_shared::case::{Action, CaseId, CaseState, Fault};
use rusqlite::{Transaction, params};
use std::time::Duration;

/// Writes down why leased work could not be done.
pub fn fail(
    t: &Transaction<'_>,
    lease: &Lease,
    fault: &Fault,
    class: FaultClass,
) -> Result<Outcome, StoreError> {
    let holder = leases::holder(t, lease)?;
    if holder.task.first_stage().is_none() {
        return fail_quietly(t, lease, &holder, fault, class);
    }
    match class {
        FaultClass::Environment => {
            leases::again(t, lease, PAUSE, -1)?;
            cases::set_state(t, &lease.case, CaseState::Paused, Some(fault))?;
            audit::record(
                t,
                &holder.owner,
                Action::Paused,
                (&lease.case, None),
                &fault.message,
            )?;
            Ok(Outcome::Paused)
        }
        FaultClass::Passing if holder.tries as usize <= BACKOFF.len() => {
            leases::again(t, lease, BACKOFF[holder.tries.max(1) as usize - 1], 0)?;
            cases::set_state(t, &lease.case, holder.prior_state, Some(fault))?;
            audit::record(
                t,
                &holder.owner,
                Action::Released,
                (&lease.case, None),
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
        leases::again(t, lease, Duration::ZERO, 0)?;
        Outcome::TriesAgain
    } else {
        leases::end(t, lease, fault)?;
        Outcome::GivenUp
    };
    draft_rows::touch(t, lease.work)?;
    Ok(outcome)
}

/// Ends work that will not be tried again.
fn give_up(
    t: &Transaction<'_>,
    lease: &Lease,
    holder: &Holder,
    fault: &Fault,
) -> Result<(), StoreError> {
    leases::end(t, lease, fault)?;
    draft_rows::touch(t, lease.work)?;
    let state = match holder.task {
        Task::Segment => CaseState::Failed,
        _ => holder.prior_state,
    };
    let shown = (state == CaseState::Failed).then_some(fault);
    cases::set_state(t, &lease.case, state, shown)?;
    audit::record(
        t,
        &holder.owner,
        Action::Failed,
        (&lease.case, None),
        &fault.message,
    )
}

/// Gives back the work of a worker that died.
pub fn release(t: &Transaction<'_>, owner: &str, fault: &Fault) -> Result<Vec<CaseId>, StoreError> {
    let leases = leases::leased(t, "owner = ?1", params![owner])?;
    for lease in &leases {
        fail(t, lease, fault, FaultClass::Passing)?;
    }
    Ok(leases.into_iter().map(|lease| lease.case).collect())
}

/// Gives back all work, uncounted, and makes everything due.
pub fn release_all(t: &Transaction<'_>) -> Result<Vec<CaseId>, StoreError> {
    let leases = leases::leased(t, "true", &[])?;
    for lease in &leases {
        let holder = leases::holder(t, lease)?;
        leases::again(t, lease, Duration::ZERO, -1)?;
        if holder.task.first_stage().is_none() {
            continue;
        }
        cases::set_state(t, &lease.case, holder.prior_state, None)?;
        let detail = "the daemon was stopped in the middle of it";
        audit::record(
            t,
            &holder.owner,
            Action::Released,
            (&lease.case, None),
            detail,
        )?;
    }
    t.execute("UPDATE work SET not_before = 0 WHERE state = 'ready'", [])
        .doing("making work due")?;
    Ok(leases.into_iter().map(|lease| lease.case).collect())
}
