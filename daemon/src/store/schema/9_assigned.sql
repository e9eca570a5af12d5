-- Who is to look at a case.
ALTER TABLE cases ADD COLUMN assigned TEXT;
