//! The tables, and how they came to be what they are.

use super::StoreFault;
use super::statement::Doing;
use crate::scan::Source;
use crate::store::row;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::Path;

const MIGRATING: &str = "migrating the store";

/// A step from one version of the schema to the next.
type Migration = fn(&Transaction<'_>) -> Result<(), StoreFault>;

/// The schema's version is the number of steps taken. Steps are never edited once released, only
/// added.
const MIGRATIONS: &[Migration] = &[
    |t| run(t, include_str!("../schema/1_first.sql")),
    |t| run(t, include_str!("../schema/2_reasons.sql")),
    |t| run(t, include_str!("../schema/3_drafts.sql")),
    sources,
    |t| run(t, include_str!("../schema/5_queue.sql")),
    |t| run(t, include_str!("../schema/6_moved_results.sql")),
    |t| run(t, include_str!("../schema/7_seen_results.sql")),
    |t| run(t, include_str!("../schema/8_dismissed.sql")),
    |t| run(t, include_str!("../schema/9_assigned.sql")),
    |t| run(t, include_str!("../schema/10_second_reading.sql")),
    |t| run(t, include_str!("../schema/11_references.sql")),
    |t| run(t, include_str!("../schema/12_intake_pause.sql")),
];

fn run(t: &Transaction<'_>, sql: &str) -> Result<(), StoreFault> {
    t.execute_batch(sql).doing(MIGRATING)
}

fn sources(t: &Transaction<'_>) -> Result<(), StoreFault> {
    run(t, include_str!("../schema/4_sources.sql"))?;
    // A volume of a file had a path as if it lay below the file.
    let mut statement = t.prepare("SELECT id, place FROM cases").doing(MIGRATING)?;
    let places = statement
        .query_map([], |r| {
            Ok((r.get::<_, String>(0)?, r.get::<_, Vec<u8>>(1)?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing(MIGRATING)?;
    for (id, text) in places {
        let source = Source::from_stored(&text);
        let Some(frame) = source.frame_number() else {
            continue;
        };
        let place = row::path_bytes(source.place());
        t.execute(
            "UPDATE cases SET place = ?2, frame = ?3 WHERE id = ?1",
            params![id, place, frame.cast_signed()],
        )
        .doing(MIGRATING)?;
        t.execute(
            "UPDATE files SET path = ?2 WHERE case_id = ?1",
            params![id, place],
        )
        .doing(MIGRATING)?;
    }
    Ok(())
}

/// Brings a database to the newest schema; refuses one that is newer. Foreign keys must be off:
/// rebuilding a table drops it while others refer to it.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreFault> {
    let known = MIGRATIONS.len() as i64;
    let version = |c: &Connection| {
        c.query_row("PRAGMA user_version", [], |row| row.get(0))
            .doing("reading the schema's version")
    };
    // A store that is up to date is opened without waiting for a writer.
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .doing("locking the store for migration")?;
    let found: i64 = version(&transaction)?;
    if found > known || found < 0 {
        return Err(StoreFault::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for step in &MIGRATIONS[found as usize..] {
        step(&transaction)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .doing("writing the schema's version")?;
    transaction.commit().doing("committing the migration")
}
