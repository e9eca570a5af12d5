//! Drafts: a slice, the slices around it, and the revision that a draft becomes.

mod boxes;
mod commit_draft;
mod counted;
mod logits;
mod preview;
mod progress;
mod propagate;

pub use boxes::segment_boxes;
pub use commit_draft::commit_draft;
pub use preview::preview;
pub use propagate::propagate;

use super::failure::Failure;
use super::report::StageReport;
use super::tools::Tools;
use crate::case::DraftId;
use crate::case::FaultClass;
use crate::config::Profile;
use crate::registry::Registry;
use medicosam_shared::draft::{Answered, Draft, SliceAnswer};
use medicosam_shared::mask::RleTooLong;
use medicosam_shared::prompt::Label;

/// A draft that is being worked on.
fn in_work(registry: &Registry, id: DraftId) -> Result<Draft, Failure> {
    // Whatever takes a draft away also takes back its work.
    registry.draft_in_work(id)?.ok_or(Failure::LeaseLost)
}

/// Answers about an object, with what gave them.
fn answered(
    tools: &mut Tools,
    profile: &Profile,
    label: Label,
    slices: Vec<SliceAnswer>,
) -> Result<Answered, Failure> {
    let (model, runtime) = tools.models.records(&profile.model)?;
    tools.reporter.tell(StageReport::Running {
        runtime: runtime.name.clone(),
        device: runtime.device.clone(),
    });
    Ok(Answered {
        label,
        model,
        runtime,
        slices,
        report: None,
        rule: None,
    })
}

/// A mask of a draft that is larger than its slice.
fn damaged(error: RleTooLong) -> Failure {
    Failure::new(
        "draft-damaged",
        format!("a mask of the draft cannot be used: {error}"),
        "Undo that step, or discard the draft.",
        FaultClass::BadInput,
    )
}
