//! The decision on a result, beside it: with it a lost store can be made again.

use super::error::OutputError;
use super::records::{self, Record, Review};
use super::staged::{Staged, sync_folder};
use medicosam_shared::provenance::{OutputFiles, Provenance};
use std::io::Write as _;
use std::path::Path;

/// What became of a record that is to say how a revision was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It says so now.
    Written,
    /// It was left as it is: it says so already, or is not of this revision or an earlier one of its case
    /// and store.
    AsItIs,
    /// There is none: it was deleted, or its file system is away.
    Missing,
}

/// Writes the decision that stands on a revision, or that there is none, into its record.
pub fn write_review(
    files: &OutputFiles,
    provenance: &Provenance,
    review: Option<&Review>,
) -> Result<Recorded, OutputError> {
    let path = &files.record_path();
    let found = records::read(path).map_err(|e| OutputError::new("reading", path, e))?;
    let Some(found) = found else {
        let is_there = path.symlink_metadata().is_ok();
        return Ok(if is_there {
            Recorded::AsItIs
        } else {
            Recorded::Missing
        });
    };
    let says_so = found.kept_in == provenance.kept_in && found.review.as_ref() == review;
    if says_so || !is_of(&found, provenance) {
        return Ok(Recorded::AsItIs);
    }
    let text =
        records::provenance(provenance, review).map_err(|e| OutputError::new("making", path, e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Staged::write(folder, &name, |out| out.write_all(text.as_bytes()))?.rename()?;
    sync_folder(folder)?;
    Ok(Recorded::Written)
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
