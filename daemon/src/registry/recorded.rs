//! What lies beside the results of cases: which revision they are, and the decision on it.

use super::rows::{case, history, revision};
use super::{Registry, Result};
use crate::case::{Case, decision};
use crate::output::Review;
use crate::store::Rows;
use medicosam_shared::case::{CaseId, Revision};
use medicosam_shared::provenance::{OutputFiles, Provenance};

/// What belongs into the record beside the results of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordOfCase {
    /// The results of its current revision.
    pub output: OutputFiles,
    /// How they came about.
    pub provenance: Provenance,
    /// The decision on them that stands.
    pub review: Option<Review>,
}

impl Registry {
    /// What belongs beside the results of a case, if it has any.
    pub fn record_of(&self, id: &CaseId) -> Result<Option<RecordOfCase>> {
        self.read(|rows| {
            let case = case(rows, id)?;
            let Some(number) = case.revision else {
                return Ok(None);
            };
            let current = revision(rows, id, number)?;
            self.record_beside(rows, &case, current).map(Some)
        })
    }

    /// What belongs beside the results of the current revision of a case.
    pub(super) fn record_beside(
        &self,
        rows: &dyn Rows,
        case: &Case,
        current: Revision,
    ) -> Result<RecordOfCase> {
        let label_map = current.output.sha256.clone();
        let review = decision::last(&history(rows, &case.id)?).map(|decided| Review {
            state: decided.state,
            by: decided.who,
            at: decided.at,
            reason: decided.reason,
            revision: current.number,
            label_map,
        });
        let mut provenance = current.provenance;
        provenance.kept_in = Some(self.record(case, current.number));
        Ok(RecordOfCase {
            output: current.output,
            provenance,
            review,
        })
    }

    /// Position in the audit log up to which decisions lie beside results.
    pub fn recorded(&self) -> Result<u64> {
        self.read(|rows| Ok(rows.recorded()?))
    }

    /// Writes that position down.
    pub fn put_recorded(&self, position: u64) -> Result<()> {
        self.write(|rows, _| Ok(rows.put_recorded(position)?))
    }
}
