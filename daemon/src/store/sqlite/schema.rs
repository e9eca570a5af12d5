//! The tables, and how they came to be what they are.

use super::StoreFault;
use super::row::{self, Doing};
use crate::scan::Source;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::Path;

const MIGRATING: &str = "migrating the store";

/// A step from one version of the schema to the next.
type Migration = fn(&Transaction<'_>) -> Result<(), StoreFault>;

/// The schema's version is the number of steps taken. Steps are never edited once released, only
/// added.
const MIGRATIONS: &[Migration] = &[
    |t| t.execute_batch(FIRST).doing(MIGRATING),
    |t| t.execute_batch(REASONS).doing(MIGRATING),
    |t| t.execute_batch(DRAFTS).doing(MIGRATING),
    sources,
    |t| t.execute_batch(QUEUE).doing(MIGRATING),
    |t| t.execute_batch(MOVED_RESULTS).doing(MIGRATING),
];

/// Work that has waited for its surroundings comes behind other work. What a case goes back to after
/// work that came to nothing follows from its history.
const QUEUE: &str = "
    DROP INDEX work_due;
    CREATE INDEX work_due ON work (lane, not_before, id) WHERE state IN ('ready', 'leased');
    ALTER TABLE work DROP COLUMN prior_state;
";

/// The reason of the decision that stands, beside its reviewer.
const REASONS: &str = "
    ALTER TABLE cases ADD COLUMN reason TEXT;
    UPDATE cases SET reason = (
        SELECT nullif(detail, '') FROM audit
        WHERE case_id = cases.id AND revision = cases.revision AND action = cases.state
        ORDER BY seq DESC LIMIT 1)
    WHERE state IN ('approved', 'rejected', 'flagged');
";

const FIRST: &str = "
    CREATE TABLE cases (
        id            TEXT PRIMARY KEY,
        sha256        TEXT NOT NULL,
        profile       TEXT NOT NULL,
        path          BLOB NOT NULL,            -- bytes: a file name need not be UTF-8
        state         TEXT NOT NULL,
        fault         TEXT,                     -- JSON Fault
        scan          TEXT,                     -- JSON ScanInfo
        revision      INTEGER,                  -- the current one
        score         REAL,
        volume_ml     REAL,
        reviewer      TEXT,
        output        BLOB UNIQUE,              -- folder and stem of the output files
        superseded_by TEXT REFERENCES cases(id),
        created       TEXT NOT NULL,
        updated       TEXT NOT NULL,
        UNIQUE (sha256, profile)
    ) STRICT;
    CREATE INDEX cases_by_state ON cases (state) WHERE superseded_by IS NULL;

    CREATE TABLE files (                        -- what lies in the roots, as last read
        path     BLOB PRIMARY KEY,
        case_id  TEXT NOT NULL REFERENCES cases(id),
        dev      INTEGER NOT NULL,
        ino      INTEGER NOT NULL,
        size     INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX files_by_case ON files (case_id);

    CREATE TABLE work (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        case_id     TEXT NOT NULL REFERENCES cases(id),
        task        TEXT NOT NULL,              -- JSON Task
        author      TEXT NOT NULL,
        lane        INTEGER NOT NULL,           -- 0 somebody waits, 1 bulk
        state       TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'failed', 'cancelled')),
        tries       INTEGER NOT NULL DEFAULT 0,
        not_before  INTEGER NOT NULL DEFAULT 0, -- ms since boot
        owner       TEXT,
        lease_until INTEGER,                    -- ms since boot
        fence       INTEGER NOT NULL DEFAULT 0,
        prior_state TEXT NOT NULL,              -- of the case, to go back to if a prompt fails
        fault       TEXT,                       -- JSON Fault
        revision    INTEGER                     -- that it made
    ) STRICT;
    CREATE INDEX work_due ON work (lane, id) WHERE state IN ('ready', 'leased');

    CREATE TABLE revisions (
        case_id    TEXT NOT NULL REFERENCES cases(id),
        number     INTEGER NOT NULL,
        parent     INTEGER,
        provenance TEXT NOT NULL,               -- JSON Provenance
        output     TEXT NOT NULL,               -- JSON OutputFiles
        masks      BLOB NOT NULL,               -- gzip of JSON MaskSet
        PRIMARY KEY (case_id, number)
    ) STRICT;
    CREATE TRIGGER revisions_stay BEFORE UPDATE ON revisions
        BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END;
    CREATE TRIGGER revisions_remain BEFORE DELETE ON revisions
        BEGIN SELECT RAISE(ABORT, 'revisions are never deleted'); END;

    CREATE TABLE audit (
        seq      INTEGER PRIMARY KEY AUTOINCREMENT,
        at       TEXT NOT NULL,
        who      TEXT NOT NULL,
        action   TEXT NOT NULL,
        case_id  TEXT REFERENCES cases(id),
        revision INTEGER,
        detail   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_by_case ON audit (case_id);
    CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
    CREATE TRIGGER audit_remains BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;
";

/// Drafts, and how far work for them is.
const DRAFTS: &str = "
    CREATE TABLE drafts (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        case_id   TEXT NOT NULL REFERENCES cases(id),
        reviewer  TEXT NOT NULL,
        revision  INTEGER,                      -- that it changes; NULL: there is no draft now
        version   INTEGER NOT NULL,             -- only ever grows
        position  INTEGER NOT NULL,             -- steps that count
        discarded INTEGER NOT NULL DEFAULT 0,
        UNIQUE (case_id, reviewer)
    ) STRICT;
    CREATE TABLE draft_steps (
        draft  INTEGER NOT NULL REFERENCES drafts(id),
        number INTEGER NOT NULL,                -- from 1
        step   BLOB NOT NULL,                   -- gzip of JSON Step
        logits BLOB,                            -- of the masks that it offers, f16, little-endian
        PRIMARY KEY (draft, number)
    ) STRICT;
    ALTER TABLE work ADD COLUMN draft INTEGER REFERENCES drafts(id);
    ALTER TABLE work ADD COLUMN done INTEGER NOT NULL DEFAULT 0;    -- slices
    ALTER TABLE work ADD COLUMN total INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX work_by_draft ON work (draft, id) WHERE draft IS NOT NULL;
";

/// A case is a scan at its place: files of equal content have a case each, a volume of a file is a
/// number beside the path of the file, and cases of files that are gone can be off the list.
const SOURCES: &str = "
    CREATE TABLE cases_by_source (
        id            TEXT PRIMARY KEY,
        place         BLOB NOT NULL,            -- bytes: a file name need not be UTF-8
        frame         INTEGER,                  -- which volume of the file, from 0
        members       BLOB,                     -- paths of a group of files, zero bytes between
        sha256        TEXT NOT NULL,            -- of the content
        profile       TEXT NOT NULL,
        listing       TEXT NOT NULL CHECK (listing IN ('listed', 'superseded', 'withdrawn')),
        superseded_by TEXT REFERENCES cases(id),
        state         TEXT NOT NULL,
        fault         TEXT,                     -- JSON Fault
        scan          TEXT,                     -- JSON ScanInfo
        revision      INTEGER,                  -- the current one
        score         REAL,
        volume_ml     REAL,
        reviewer      TEXT,
        reason        TEXT,
        output        BLOB UNIQUE,              -- folder and stem of the output files
        replaces      INTEGER NOT NULL,         -- whether it may replace others' files there, once
        created       TEXT NOT NULL,
        updated       TEXT NOT NULL
    ) STRICT;
    INSERT INTO cases_by_source
        SELECT id, path, NULL, NULL, sha256, profile,
               CASE WHEN superseded_by IS NULL THEN 'listed' ELSE 'superseded' END, superseded_by,
               state, fault, scan, revision, score, volume_ml, reviewer, reason, output,
               0, created, updated
        FROM cases;
    DROP TABLE cases;
    ALTER TABLE cases_by_source RENAME TO cases;
    CREATE INDEX cases_by_state ON cases (state) WHERE listing = 'listed';
    CREATE INDEX cases_by_place ON cases (place);
    CREATE INDEX cases_by_content ON cases (sha256);

    CREATE TABLE files_of_cases (               -- what lies in the roots, as last read
        path     BLOB NOT NULL,
        case_id  TEXT NOT NULL REFERENCES cases(id),
        dev      INTEGER NOT NULL,
        ino      INTEGER NOT NULL,
        size     INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        PRIMARY KEY (path, case_id)
    ) STRICT;
    -- A second name of a content had no case of its own: it is found again, and gets one.
    INSERT INTO files_of_cases
        SELECT files.path, case_id, dev, ino, size, mtime_ns, ctime_ns
        FROM files JOIN cases ON cases.id = case_id AND cases.place = files.path
        WHERE listing = 'listed';
    DROP TABLE files;
    ALTER TABLE files_of_cases RENAME TO files;
    CREATE INDEX files_by_case ON files (case_id);
    CREATE INDEX work_by_case ON work (case_id) WHERE state IN ('ready', 'leased');
    CREATE INDEX work_leased ON work (case_id) WHERE state = 'leased';

    CREATE TABLE store (                        -- one row
        id       TEXT NOT NULL,                 -- tells results of this store from those of others
        recorded INTEGER NOT NULL               -- up to where in the log decisions lie beside results
    ) STRICT;
    INSERT INTO store VALUES (lower(hex(randomblob(8))), 0);
";

/// Results move with their scan; all else about a revision stays.
const MOVED_RESULTS: &str = "
    DROP TRIGGER revisions_stay;
    CREATE TRIGGER revisions_stay
        BEFORE UPDATE OF case_id, number, parent, provenance, masks ON revisions
        BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END;
";

fn sources(t: &Transaction<'_>) -> Result<(), StoreFault> {
    t.execute_batch(SOURCES).doing(MIGRATING)?;
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
/// a table that is made anew is dropped while others refer to it.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreFault> {
    let known = MIGRATIONS.len() as i64;
    let version = |c: &Connection| {
        c.query_row("PRAGMA user_version", [], |row| row.get(0))
            .doing("reading the schema's version")
    };
    // Those who come later need not wait for those who write.
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
