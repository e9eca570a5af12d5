//! Reference masks.

use super::{StoreFault, Tables};
use crate::store::{ReferenceRows, row};
use medicosam_shared::case::CaseId;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::reference::Reference;
use rusqlite::params;

const READING: &str = "reading reference masks";
const REFERENCE: &str = "the origin of reference masks";
const MASKS: &str = "reference masks";

impl ReferenceRows for Tables<'_> {
    fn references(&self, id: &CaseId) -> Result<Vec<Reference>, StoreFault> {
        let sql = "SELECT reference FROM case_references WHERE case_id = ?1 ORDER BY name";
        self.all(READING, sql, [&id.0], |found| {
            found.json(REFERENCE, "reference")
        })
    }

    fn reference_masks(&self, id: &CaseId, name: &str) -> Result<Option<MaskSet>, StoreFault> {
        let sql = "SELECT masks FROM case_references WHERE case_id = ?1 AND name = ?2";
        self.first(READING, sql, params![id.0, name], |found| {
            row::from_packed(MASKS, &found.get::<Vec<u8>>("masks")?)
        })
    }

    fn put_reference(
        &mut self,
        id: &CaseId,
        reference: &Reference,
        masks: &MaskSet,
    ) -> Result<(), StoreFault> {
        self.run(
            "writing reference masks",
            "INSERT INTO case_references (case_id, name, reference, masks) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (case_id, name) DO UPDATE SET reference = ?3, masks = ?4",
            params![
                id.0,
                reference.name,
                row::to_json(REFERENCE, reference)?,
                row::to_packed(MASKS, masks)?
            ],
        )
    }

    fn remove_reference(&mut self, id: &CaseId, name: &str) -> Result<(), StoreFault> {
        let sql = "DELETE FROM case_references WHERE case_id = ?1 AND name = ?2";
        self.run("removing reference masks", sql, params![id.0, name])
    }
}
