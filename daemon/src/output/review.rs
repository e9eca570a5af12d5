//! The decision on a result, beside it: with it a lost store can be made again.

use super::error::OutputError;
use super::records::{self, Record, Review};
use super::staged::{Staged, sync_folder};
use medicosam_shared::provenance::{OutputFiles, Provenance};
use std::io::Write as _;
use std::path::Path;

/// Writes the decision that stands on a revision, or that there is none, into its record. Returns whether
/// anything was written: what is not the record of this very revision, or of an earlier one of its case
/// and store, is left as it is.
pub fn write_review(
    files: &OutputFiles,
    provenance: &Provenance,
    review: Option<&Review>,
) -> Result<bool, OutputError> {
    let path = Path::new(&files.provenance);
    let found = records::read(path).map_err(|e| OutputError::new("reading", path, e))?;
    let Some(found) = found.filter(|found| is_of(found, provenance)) else {
        return Ok(false);
    };
    if found.kept_in == provenance.kept_in && found.review.as_ref() == review {
        return Ok(false);
    }
    let text =
        records::provenance(provenance, review).map_err(|e| OutputError::new("making", path, e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Staged::write(folder, &name, |out| out.write_all(text.as_bytes()))?.rename()?;
    sync_folder(folder)?;
    Ok(true)
}

/// Whether a record is of a revision, or of an earlier one of the same case in the same store, which can
/// lie there if both were written at the same moment.
pub(super) fn is_of(found: &Record, provenance: &Provenance) -> bool {
    let same_case = match (&found.kept_in, &provenance.kept_in) {
        (Some(found), Some(own)) => {
            (&found.store, &found.case) == (&own.store, &own.case) && found.revision <= own.revision
        }
        _ => false,
    };
    same_case || found.created == Some(provenance.created)
}
