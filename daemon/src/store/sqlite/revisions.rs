//! Revisions: added, and never changed, but for where their files lie.

use super::{StoreFault, Tables};
use crate::store::row;
use crate::store::{NewRevision, RevisionRows};
use medicosam_shared::case::{CaseId, Revision, RevisionNumber};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::{Measure, OutputFiles};
use rusqlite::params;

const READING: &str = "reading a revision";
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
        self.run(
            "writing a revision",
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
    }

    fn put_output(
        &mut self,
        id: &CaseId,
        number: RevisionNumber,
        files: &OutputFiles,
    ) -> Result<(), StoreFault> {
        let sql = "UPDATE revisions SET output = ?3 WHERE case_id = ?1 AND number = ?2";
        let files = row::to_json(FILES, files)?;
        self.run(
            "writing where results lie",
            sql,
            params![id.0, number, files],
        )
    }

    fn revision(
        &self,
        id: &CaseId,
        number: RevisionNumber,
    ) -> Result<Option<Revision>, StoreFault> {
        let sql =
            "SELECT parent, provenance, output FROM revisions WHERE case_id = ?1 AND number = ?2";
        self.first(READING, sql, params![id.0, number], |found| {
            Ok(Revision {
                number,
                parent: found.get("parent")?,
                provenance: found.json(PROVENANCE, "provenance")?,
                output: found.json(FILES, "output")?,
            })
        })
    }

    fn masks(&self, id: &CaseId, number: RevisionNumber) -> Result<Option<MaskSet>, StoreFault> {
        let sql = "SELECT masks FROM revisions WHERE case_id = ?1 AND number = ?2";
        self.first(READING, sql, params![id.0, number], |found| {
            row::from_packed(MASKS, &found.get::<Vec<u8>>("masks")?)
        })
    }

    fn sizes(
        &self,
        profile: &str,
        (label, measure): (Label, Measure),
        but: &CaseId,
        limit: u32,
    ) -> Result<Vec<f64>, StoreFault> {
        let field = match measure {
            Measure::Millilitres => "$.volume_ml",
            Measure::Voxels => "$.voxels",
        };
        self.all(
            "reading the sizes of other cases",
            "SELECT json_extract(object.value, ?5) AS size
             FROM (SELECT id, revision FROM cases
                   WHERE profile = ?1 AND id <> ?2 AND revision IS NOT NULL
                         AND listing = 'listed' AND state <> 'rejected' AND reads IS NULL
                   ORDER BY updated DESC, id LIMIT ?3) AS recent
             JOIN revisions ON case_id = recent.id AND number = recent.revision,
                  json_each(provenance, '$.objects') AS object
             WHERE json_extract(object.value, '$.label') = ?4 AND size IS NOT NULL",
            params![profile, but.0, limit, label.get(), field],
            |found| found.get("size"),
        )
    }
}
