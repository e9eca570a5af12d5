-- What a case found where its results go, and the one file there that it may replace.
ALTER TABLE cases ADD COLUMN replaces_only TEXT;    -- SHA-256 of a label map
ALTER TABLE cases ADD COLUMN found TEXT;            -- JSON FoundResult
