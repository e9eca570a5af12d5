//! The points that people have set on a place before.

use super::failure::Failure;
use crate::registry::Registry;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::SlicePoint;

/// The points of the prompt that made the mask of a place in a revision, or in the newest one before it
/// that has a prompt for it.
pub fn stored_points(
    registry: &Registry,
    case: &CaseId,
    revision: RevisionNumber,
    place: Place,
) -> Result<Vec<SlicePoint>, Failure> {
    let mut next = Some(revision);
    while let Some(number) = next {
        let revision = registry.revision(case, number)?;
        let mut prompts = revision.provenance.prompts.into_iter();
        if let Some(prompt) = prompts.rfind(|prompt| prompt.place() == place) {
            return Ok(prompt.points);
        }
        next = revision.parent.filter(|parent| *parent < number);
    }
    Ok(Vec::new())
}
