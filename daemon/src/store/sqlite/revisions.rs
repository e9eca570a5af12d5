//! Revisions: added, and never changed, but for where their files lie.

use super::row::{self, Doing};
use super::{StoreFault, Tables};
use crate::store::{NewRevision, RevisionRows};
use medicosam_shared::case::{CaseId, Revision, RevisionNumber};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::OutputFiles;
use rusqlite::{OptionalExtension, params};

const PROVENANCE: &str = "the provenance of a revision";
const FILES: &str = "the files of a revision";
const MASKS: &str = "the masks of a revision";

impl RevisionRows for Tables<'_> {
    fn add_revision(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        parent: Option<RevisionNumber>,
        new: &NewRevision,
    ) -> Result<(), StoreFault> {
        let t = self.0;
        t.execute(
            "INSERT INTO revisions (case_id, number, parent, provenance, output, masks)
             VALUES (?, ?, ?, ?, ?, ?)",
            params![
                id.0,
                number,
                parent,
                row::to_json(PROVENANCE, &new.provenance)?,
                row::to_json(FILES, &new.output)?,
                row::to_packed(MASKS, &new.masks)?
            ],
        )
        .doing("writing a revision")?;
        Ok(())
    }

    fn put_output(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        files: &OutputFiles,
    ) -> Result<(), StoreFault> {
        let files = row::to_json(FILES, files)?;
        let sql = "UPDATE revisions SET output = ?3 WHERE case_id = ?1 AND number = ?2";
        let written = self.0.execute(sql, params![id.0, number, files]);
        written.map(drop).doing("writing where results lie")
    }

    fn revision(
        &self,
        id: &CaseId,
        number: RevisionNumber,
    ) -> Result<Option<Revision>, StoreFault> {
        let t = self.0;
        let found = t
            .prepare_cached(
                "SELECT parent, provenance, output FROM revisions WHERE case_id = ?1 AND number = ?2",
            )
            .and_then(|mut s| {
                s.query_row(params![id.0, number], |r| {
                    Ok((
                        r.get::<_, Option<u32>>(0)?,
                        r.get::<_, String>(1)?,
                        r.get::<_, String>(2)?,
                    ))
                })
                .optional()
            })
            .doing("reading a revision")?;
        let Some((parent, provenance, output)) = found else {
            return Ok(None);
        };
        Ok(Some(Revision {
            number,
            parent,
            provenance: row::from_json(PROVENANCE, &provenance)?,
            output: row::from_json(FILES, &output)?,
        }))
    }

    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<Option<MaskSet>, StoreFault> {
        let t = self.0;
        let packed: Option<Vec<u8>> = t
            .query_row(
                "SELECT masks FROM revisions WHERE case_id = ?1 AND number = ?2",
                params![id.0, number],
                |r| r.get(0),
            )
            .optional()
            .doing("reading masks")?;
        packed
            .map(|packed| row::from_packed(MASKS, &packed))
            .transpose()
    }

    fn volumes(
        &self,
        profile: &str,
        label: Label,
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreFault> {
        let t = self.0;
        let query = || -> rusqlite::Result<Vec<f64>> {
            let mut statement = t.prepare_cached(
                "SELECT json_extract(object.value, '$.volume_ml')
                 FROM (SELECT id, revision FROM cases
                       WHERE profile = ?1 AND id <> ?2 AND revision IS NOT NULL
                             AND listing = 'listed' AND state <> 'rejected'
                       ORDER BY updated DESC, id LIMIT ?3) AS recent
                 JOIN revisions ON case_id = recent.id AND number = recent.revision,
                      json_each(provenance, '$.objects') AS object
                 WHERE json_extract(object.value, '$.label') = ?4",
            )?;
            let rows =
                statement.query_map(params![profile, but.0, limit, label.get()], |r| r.get(0))?;
            rows.collect()
        };
        query().doing("reading the volumes of other cases")
    }
}
