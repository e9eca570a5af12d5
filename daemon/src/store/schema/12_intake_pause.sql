-- JSON IntakePause while no scans are begun.
ALTER TABLE store ADD COLUMN intake_pause TEXT;
