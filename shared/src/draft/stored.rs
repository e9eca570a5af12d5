//! The prompt that made a mask.

use super::content::Draft;
use crate::case::{Revision, RevisionNumber};
use crate::place::Place;
use crate::prompt::SlicePrompt;

/// The prompt that made the mask of a place as a draft has it: what is drawn or was asked there in the
/// draft, else what made it in the draft's revision or those before it. `revisions` are those of the
/// case, as far as they are known; without a draft, `current` is looked at.
pub fn stored_prompt<'a>(
    draft: Option<&'a Draft>,
    (revisions, current): (&'a [Revision], RevisionNumber),
    place: Place,
) -> Option<&'a SlicePrompt> {
    let draft = draft.filter(|draft| !draft.discarded);
    let own = draft.and_then(|draft| {
        let drawn = draft.drawn().remove(&place);
        drawn.or_else(|| Some(&draft.answers().remove(&place)?.0.prompt))
    });
    let revision = draft.map_or(current, |draft| draft.revision);
    own.or_else(|| prompt_of_revision((revisions, revision), place))
}

/// The prompt that made the mask of a place in a revision: its own, or that of the newest revision
/// that it goes back to and that has one.
pub fn prompt_of_revision(
    (revisions, number): (&[Revision], RevisionNumber),
    place: Place,
) -> Option<&SlicePrompt> {
    let find = |number| revisions.iter().find(|revision| revision.number == number);
    let mut next = find(number);
    while let Some(revision) = next {
        let mut prompts = revision.provenance.prompts.iter();
        if let Some(prompt) = prompts.rfind(|prompt| prompt.place() == place) {
            return Some(prompt);
        }
        let parent = revision.parent.filter(|parent| *parent < revision.number);
        next = parent.and_then(find);
    }
    None
}
