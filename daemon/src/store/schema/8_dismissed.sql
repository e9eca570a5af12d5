-- Failed cases that a person put away. The index has all that counting the cases needs.
ALTER TABLE cases ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;
DROP INDEX cases_by_state;
CREATE INDEX cases_by_state ON cases (state, dismissed) WHERE listing = 'listed';
