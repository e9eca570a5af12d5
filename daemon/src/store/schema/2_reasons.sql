-- The reason of the decision that stands, beside its reviewer.
ALTER TABLE cases ADD COLUMN reason TEXT;
UPDATE cases SET reason = (
    SELECT nullif(detail, '') FROM audit
    WHERE case_id = cases.id AND revision = cases.revision AND action = cases.state
    ORDER BY seq DESC LIMIT 1)
WHERE state IN ('approved', 'rejected', 'flagged');
