//! Work of a case that is queued: hurried, or taken back.

use super::Result;
use super::rows::{case, open_work};
use crate::case::{DAEMON, Task, WorkItem, WorkState};
use crate::store::Rows;
use medicosam_shared::case::CaseId;

/// Has the work of a case done soon of which `which` holds: work that waits is made due, and if none
/// waits, the work that makes its revision is added.
pub(super) fn make_due(
    rows: &mut dyn Rows,
    id: &CaseId,
    which: impl Fn(&Task) -> bool,
) -> Result<()> {
    let mut waits = false;
    for mut item in open_work(rows, id)? {
        if which(&item.task) && matches!(item.state, WorkState::Ready { .. }) {
            item.hurry();
            rows.put_work(&item)?;
            waits = true;
        }
    }
    if !waits {
        let task = case(rows, id)?.machines_task();
        rows.put_work(&WorkItem::new(id, task, DAEMON))?;
    }
    Ok(())
}

/// Takes back the work of a case that is off the list. A worker that has it notices at its next step.
pub(super) fn cancel_all(rows: &mut dyn Rows, id: &CaseId) -> Result<()> {
    for mut item in open_work(rows, id)? {
        item.cancel();
        rows.put_work(&item)?;
    }
    Ok(())
}
