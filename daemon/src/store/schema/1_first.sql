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
