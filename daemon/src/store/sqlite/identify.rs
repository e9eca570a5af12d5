//! Files that have been read become cases.

use super::super::error::{Doing, StoreError};
use super::super::{Fingerprint, Identification, Task};
use super::{audit, clock, row, work};
use crate::scan::SourceKey;
use medicosam_shared::case::{Action, CaseId, CaseState};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

/// Who makes cases.
pub const DAEMON: &str = "daemon";

/// See [`super::super::Store::identified_files`].
pub fn files(t: &Transaction<'_>, but: &str) -> Result<Vec<(SourceKey, Fingerprint)>, StoreError> {
    let mut statement = t
        .prepare(
            "SELECT files.path, dev, ino, size, mtime_ns, ctime_ns
             FROM files JOIN cases ON cases.id = case_id WHERE profile <> ?1",
        )
        .doing("reading known files")?;
    let rows = statement
        .query_map([but], |r| {
            Ok((
                SourceKey::from_bytes(&r.get::<_, Vec<u8>>(0)?),
                Fingerprint {
                    dev: r.get::<_, i64>(1)? as u64,
                    ino: r.get::<_, i64>(2)? as u64,
                    size: r.get::<_, i64>(3)? as u64,
                    mtime_ns: r.get(4)?,
                    ctime_ns: r.get(5)?,
                },
            ))
        })
        .doing("reading known files")?;
    rows.map(|row| row.doing("reading known files")).collect()
}

/// See [`super::super::Store::identify`].
pub fn identify(t: &Transaction<'_>, file: &Identification) -> Result<CaseId, StoreError> {
    let id = case_id(&file.sha256, &file.profile);
    let known: Option<(String, bool)> = t
        .query_row(
            "SELECT state, superseded_by IS NOT NULL FROM cases WHERE id = ?1",
            [&id.0],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .optional()
        .doing("looking for a case with this content")?;
    let previous: Option<String> = t
        .query_row(
            "SELECT case_id FROM files WHERE path = ?1",
            [file.source.key().to_bytes()],
            |r| r.get(0),
        )
        .optional()
        .doing("looking for the file")?;

    match known {
        None => create(t, &id, file)?,
        Some((_, true)) => revive(t, &id, file)?,
        Some((_, false)) => {}
    }
    link(t, &id, file)?;
    if let Some(previous) = previous.map(CaseId).filter(|p| *p != id) {
        supersede(t, &previous, &id)?;
    }
    Ok(id)
}

/// First 12 hex digits of SHA-256 over content hash and profile.
fn case_id(sha256: &str, profile: &str) -> CaseId {
    let digest = Sha256::new()
        .chain_update(sha256)
        .chain_update([0])
        .chain_update(profile)
        .finalize();
    CaseId(digest[..6].iter().map(|b| format!("{b:02x}")).collect())
}

fn create(t: &Transaction<'_>, id: &CaseId, file: &Identification) -> Result<(), StoreError> {
    let (state, fault, scan) = match &file.scan {
        Ok(scan) => (
            CaseState::Waiting,
            None,
            Some(row::to_json("the geometry of a scan", scan)?),
        ),
        Err(fault) => (
            CaseState::Failed,
            Some(row::to_json("a fault", fault)?),
            None,
        ),
    };
    let now = clock::now();
    t.execute(
        "INSERT INTO cases (id, sha256, profile, path, state, fault, scan, created, updated)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id.0,
            file.sha256,
            file.profile,
            file.source.to_stored(),
            state.as_str(),
            fault,
            scan,
            now,
            now
        ],
    )
    .doing("making a case")?;
    identified(t, id, file)?;
    match &file.scan {
        Ok(_) => work::add(t, id, &Task::Segment, DAEMON, CaseState::Waiting).map(drop),
        Err(fault) => audit::record(t, DAEMON, Action::Failed, (id, None), &fault.message),
    }
}

/// Writes down which file the case is.
fn identified(t: &Transaction<'_>, id: &CaseId, file: &Identification) -> Result<(), StoreError> {
    let source = file.source.to_string();
    audit::record(t, DAEMON, Action::Identified, (id, None), &source)
}

/// A content that had been replaced is back.
fn revive(t: &Transaction<'_>, id: &CaseId, file: &Identification) -> Result<(), StoreError> {
    t.execute(
        "UPDATE cases SET superseded_by = NULL, path = ?2, updated = ?3 WHERE id = ?1",
        params![id.0, file.source.to_stored(), clock::now()],
    )
    .doing("taking a case up again")?;
    identified(t, id, file)?;
    let revision: Option<u32> = t
        .query_row("SELECT revision FROM cases WHERE id = ?1", [&id.0], |r| {
            r.get(0)
        })
        .doing("taking a case up again")?;
    if file.scan.is_ok() && revision.is_none() {
        super::cases::set_state(t, id, CaseState::Waiting, None)?;
        work::add(t, id, &Task::Segment, DAEMON, CaseState::Waiting)?;
    }
    Ok(())
}

fn link(t: &Transaction<'_>, id: &CaseId, file: &Identification) -> Result<(), StoreError> {
    let f = file.fingerprint;
    t.execute(
        "INSERT INTO files (path, case_id, dev, ino, size, mtime_ns, ctime_ns)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (path) DO UPDATE SET case_id = excluded.case_id, dev = excluded.dev,
             ino = excluded.ino, size = excluded.size, mtime_ns = excluded.mtime_ns,
             ctime_ns = excluded.ctime_ns",
        params![
            file.source.key().to_bytes(),
            id.0,
            f.dev as i64,
            f.ino as i64,
            f.size as i64,
            f.mtime_ns,
            f.ctime_ns
        ],
    )
    .doing("writing down a file")?;
    Ok(())
}

/// Takes `old` off the list if no file has its content any more and nobody has decided on it.
fn supersede(t: &Transaction<'_>, old: &CaseId, new: &CaseId) -> Result<(), StoreError> {
    let changed = t
        .execute(
            "UPDATE cases SET superseded_by = ?2, updated = ?3
             WHERE id = ?1 AND superseded_by IS NULL
               AND state NOT IN ('approved', 'rejected', 'flagged')
               AND NOT EXISTS (SELECT 1 FROM files WHERE case_id = ?1)",
            params![old.0, new.0, clock::now()],
        )
        .doing("superseding a case")?;
    if changed == 0 {
        return Ok(());
    }
    t.execute(
        "UPDATE work SET state = 'cancelled' WHERE case_id = ?1 AND state IN ('ready', 'leased')",
        [&old.0],
    )
    .doing("superseding a case")?;
    let detail = format!("the file was replaced; its content is now case {new}");
    audit::record(t, DAEMON, Action::Superseded, (old, None), &detail)
}
