-- Work that has waited for its surroundings comes behind other work. What a case goes back to after
-- work that came to nothing follows from its history.
DROP INDEX work_due;
CREATE INDEX work_due ON work (lane, not_before, id) WHERE state IN ('ready', 'leased');
ALTER TABLE work DROP COLUMN prior_state;
