-- The case of which a case is a second reading.
ALTER TABLE cases ADD COLUMN reads TEXT REFERENCES cases(id);
CREATE INDEX cases_by_reads ON cases (reads) WHERE reads IS NOT NULL;
