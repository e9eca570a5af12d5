-- Drafts, and how far work for them is.
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
