//! Files beside a scan from which prompts come.

use super::super::error::{Doing, StoreError};
use super::super::{PromptsFile, Task};
use super::identify::DAEMON;
use super::{audit, cases, work};
use crate::scan::SourceKey;
use medicosam_shared::case::{Action, CaseId, CaseState};
use medicosam_shared::provenance::PromptSource;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;

/// See [`super::super::Store::prompts_changed`].
pub fn prompts_changed(
    t: &Transaction<'_>,
    scans: &[SourceKey],
    file: &PromptsFile,
) -> Result<Vec<CaseId>, StoreError> {
    let mut concerned = Vec::new();
    for scan in scans {
        if let Some(id) = case_of(t, scan)?
            && !concerned.contains(&id)
            && concerns(t, &id, file)?
        {
            concerned.push(id);
        }
    }
    Ok(concerned)
}

/// The case that a file stands for, if it still does.
fn case_of(t: &Transaction<'_>, scan: &SourceKey) -> Result<Option<CaseId>, StoreError> {
    t.query_row(
        "SELECT case_id FROM files JOIN cases ON cases.id = case_id
         WHERE files.path = ?1 AND superseded_by IS NULL",
        [scan.to_bytes()],
        |r| r.get(0).map(CaseId),
    )
    .optional()
    .doing("looking for the scan of a file")
}

/// Takes back the work of segmenting a case again if the revision that was just made has been made
/// of all that was seen beside the scan: the worker read it before its work was queued.
pub fn forget_what_was_used(
    t: &Transaction<'_>,
    id: &CaseId,
    sources: &[PromptSource],
) -> Result<(), StoreError> {
    let history = audit::of_case(t, id)?;
    let seen = history.iter().filter(|e| e.action == Action::Beside);
    // The last entry about each file counts.
    let mut last = BTreeMap::new();
    for event in seen {
        let file = event.detail.split(HASH).next().unwrap_or_default();
        last.insert(file, event.detail.as_str());
    }
    let used = |detail: &str| sources.iter().any(|s| detail == entry(&s.path, &s.sha256));
    if last.is_empty() || !last.values().all(|detail| used(detail)) {
        return Ok(());
    }
    t.execute(
        "UPDATE work SET state = 'cancelled' WHERE case_id = ?1 AND state = 'ready' AND lane = 1",
        [&id.0],
    )
    .doing("taking back work")?;
    Ok(())
}

/// What stands between a file and its hash in the audit log.
const HASH: &str = " (SHA-256 ";

/// A file in the audit log.
fn entry(path: &str, sha256: &str) -> String {
    format!("{path}{HASH}{sha256})")
}

/// Segments the case again if the file says something new; whether it does.
fn concerns(t: &Transaction<'_>, id: &CaseId, file: &PromptsFile) -> Result<bool, StoreError> {
    let path = file.path.to_string_lossy();
    let detail = entry(&path, &file.sha256);
    let history = audit::of_case(t, id)?;
    let of_file = format!("{path}{HASH}");
    let known = history
        .iter()
        .rfind(|e| e.action == Action::Beside && e.detail.starts_with(&of_file));
    if known.is_some_and(|event| event.detail.starts_with(&detail)) {
        return Ok(false);
    }
    let case = cases::summary(t, id)?;
    if let Some(number) = case.revision {
        let sources = cases::revision(t, id, number)?.provenance.sources;
        if sources
            .iter()
            .any(|s| s.path == path && s.sha256 == file.sha256)
        {
            return Ok(false);
        }
    }
    let decided = matches!(
        case.state,
        CaseState::Approved | CaseState::Rejected | CaseState::Flagged
    );
    let note = if decided {
        "; not used, because a person has decided"
    } else {
        ""
    };
    audit::record(
        t,
        DAEMON,
        Action::Beside,
        (id, case.revision),
        &format!("{detail}{note}"),
    )?;
    if decided {
        return Ok(true);
    }
    // What waits reads the file when its turn comes; it may wait for this very file.
    let waits = t
        .execute(
            "UPDATE work SET not_before = 0
             WHERE case_id = ?1 AND state = 'ready' AND lane = 1",
            params![id.0],
        )
        .doing("making work due")?;
    if waits == 0 {
        work::add(t, id, &Task::Segment, DAEMON, CaseState::Waiting)?;
    }
    // A worker that is at it has its own word; this work comes after it.
    if !matches!(case.state, CaseState::Embedding | CaseState::Segmenting) {
        cases::set_state(t, id, CaseState::Waiting, None)?;
    }
    Ok(true)
}
