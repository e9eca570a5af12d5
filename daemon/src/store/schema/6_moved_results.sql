-- Results move with their scan; all else about a revision stays.
DROP TRIGGER revisions_stay;
CREATE TRIGGER revisions_stay
    BEFORE UPDATE OF case_id, number, parent, provenance, masks ON revisions
    BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END;
