-- Reference masks beside cases.
CREATE TABLE case_references (
    case_id   TEXT NOT NULL REFERENCES cases(id),
    name      TEXT NOT NULL,
    reference TEXT NOT NULL,                -- JSON Reference
    masks     BLOB NOT NULL,                -- gzip of JSON MaskSet
    PRIMARY KEY (case_id, name)
) STRICT;
