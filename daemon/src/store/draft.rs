//! What becomes of a change of a draft.

use super::WorkId;
use medicosam_shared::api::DraftResponse;

/// Number of a draft.
pub type DraftId = i64;

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftOutcome {
    /// The draft as it is now.
    pub response: DraftResponse,
    /// Work that was queued for it.
    pub work: Option<WorkId>,
}
