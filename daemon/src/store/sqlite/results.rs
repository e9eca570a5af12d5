//! What came of work: a revision, or masks for a draft.

use super::super::error::{Doing, StoreError};
use super::super::{Lease, NewRevision, Task};
use super::leases::holder;
use super::{audit, beside, cases, clock, decisions, draft_rows, drafts, row};
use medicosam_shared::case::{Action, RevisionNumber};
use medicosam_shared::draft::Answered;
use rusqlite::{Transaction, params};

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
        draft_rows::close(t, draft)?;
    }
    if holder.task == Task::Segment {
        beside::forget_what_was_used(t, &lease.case, &provenance.sources)?;
    }
    audit::record(
        t,
        &provenance.author,
        Action::Revised,
        (&lease.case, Some(number)),
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
