//! Rows that several doors read and write.

use super::Result;
use crate::case::{Case, Entry, Lease, Now, Refusal, WorkItem, decision};
use crate::scan::Fingerprint;
use crate::store::{EventQuery, Rows, WorkQuery};
use medicosam_shared::case::{CaseId, CaseState, Event, Revision, RevisionNumber};

/// A case that must be there.
pub(super) fn case(rows: &dyn Rows, id: &CaseId) -> Result<Case> {
    let found = rows.case(id)?;
    found.ok_or_else(|| Refusal::NoSuchCase(id.0.clone()).into())
}

/// A revision that must be there.
pub(super) fn revision(rows: &dyn Rows, id: &CaseId, number: RevisionNumber) -> Result<Revision> {
    let found = rows.revision(id, number)?;
    found.ok_or_else(|| no_such_revision(id, number).into())
}

pub(super) fn no_such_revision(id: &CaseId, number: RevisionNumber) -> Refusal {
    Refusal::NoSuchRevision {
        case: id.clone(),
        number,
    }
}

/// The states in which the files of a case were last read, in the order of its members.
pub(super) fn fingerprints(rows: &dyn Rows, case: &Case) -> Result<Vec<Fingerprint>> {
    let mut found = Vec::new();
    for member in case.source.members() {
        let files = rows.files(Some(member))?;
        let own = files
            .into_iter()
            .find(|file| file.case == *case.owner_of_files());
        found.extend(own.map(|file| file.fingerprint));
    }
    Ok(found)
}

/// Who made the current revision of a case; nobody if there is none.
pub(super) fn author_of(rows: &dyn Rows, case: &Case) -> Result<String> {
    Ok(match case.revision {
        Some(number) => revision(rows, &case.id, number)?.provenance.author,
        None => String::new(),
    })
}

/// What happened to a case, oldest first.
pub(super) fn history(rows: &dyn Rows, id: &CaseId) -> Result<Vec<Event>> {
    Ok(rows.events(&EventQuery::About(id.clone()))?)
}

/// The state of a case without the work on it.
pub(super) fn resting(rows: &dyn Rows, case: &Case) -> Result<CaseState> {
    Ok(match case.revision {
        Some(_) => decision::resting(&history(rows, &case.id)?),
        None => CaseState::Waiting,
    })
}

pub(super) fn log(
    rows: &mut dyn Rows,
    entries: impl IntoIterator<Item = Entry>,
    now: Now,
) -> Result<()> {
    for entry in entries {
        rows.add_event(&entry, now)?;
    }
    Ok(())
}

/// Open work of a case.
pub(super) fn open_work(rows: &dyn Rows, id: &CaseId) -> Result<Vec<WorkItem>> {
    Ok(rows.works(&WorkQuery::OpenFor(id.clone()))?)
}

/// Leased work, if the lease still holds.
pub(super) fn held(rows: &dyn Rows, lease: &Lease) -> Result<WorkItem> {
    let found = rows.work(lease.work)?;
    let item = found.ok_or_else(|| Refusal::LeaseLost(lease.case.clone()))?;
    item.holder(lease)?;
    Ok(item)
}
