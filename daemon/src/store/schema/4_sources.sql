-- A case is a scan at its place: files of equal content have a case each, a volume of a file is a
-- number beside the path of the file, and cases of files that are gone can be off the list.
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
