//! What comes of a key or of text in a dialog.

use crate::app::action::Action;
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{CaseId, RevisionNumber, Verdict};
use medicosam_shared::draft::{Slices, Together};
use medicosam_shared::prompt::Label;

/// What comes of a key or of text in a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// Look in the keymap: the key belongs to no dialog.
    Keymap,
    /// The dialog stays, and this is why.
    Wrong(String),
    /// Show the cases that a filter fits, while it is being typed.
    Narrow(String),
    /// Move the selection by this many cases, while a filter is being typed.
    Select(isize),
    /// Add an object; the dialog stays if that is refused.
    Object {
        /// Its label.
        label: Label,
        /// Its name.
        name: String,
    },
    /// Remove the last of the saved filters.
    RemoveLastFilter,
    /// Leave the dialog, and do nothing else.
    Leave,
    /// Leave the dialog and do this.
    Do(Wish),
}

/// What a reviewer wants when a dialog is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A decision.
    Decide(Decision),
    /// A note on a case.
    Note {
        /// The case.
        case: CaseId,
        /// The note.
        text: String,
    },
    /// An action, by its name.
    Act(Action),
    /// Another slice, by its number.
    Slice(u32),
    /// An explanation: what was typed means nothing.
    Explain(String),
    /// The cases that a filter fits.
    Filter(String),
    /// The filter of the list kept.
    SaveFilter,
    /// A saved filter, counted from 0.
    SavedFilter(usize),
    /// A revision made of the draft, and approved.
    CommitAndApprove,
    /// The draft discarded, and an approval.
    DiscardAndApprove(Decision),
    /// A case tried again, and this done with the result that lies where its own goes.
    Retry(CaseId, OutputChoice),
    /// The draft discarded.
    DiscardDraft,
    /// The draft put on top of a newer revision.
    RebaseDraft,
    /// The next slice with a mask that was not shown.
    NextUnseen,
    /// An object followed on these slices; `force`: through where it seems to end.
    Follow {
        /// The slices.
        slices: Slices,
        /// Through where it seems to end.
        force: bool,
    },
    /// Masks by the boxes that are drawn on several slices.
    SegmentBoxes(Together),
}

impl Wish {
    /// Whether it decides about a case or its files: a key that is held down must not.
    pub fn decides(&self) -> bool {
        match self {
            Wish::Decide(_)
            | Wish::CommitAndApprove
            | Wish::DiscardAndApprove(_)
            | Wish::Retry(..)
            | Wish::DiscardDraft => true,
            Wish::Note { .. }
            | Wish::Act(_)
            | Wish::Slice(_)
            | Wish::Explain(_)
            | Wish::Filter(_)
            | Wish::SaveFilter
            | Wish::SavedFilter(_)
            | Wish::RebaseDraft
            | Wish::Follow { .. }
            | Wish::SegmentBoxes(_)
            | Wish::NextUnseen => false,
        }
    }
}

/// A case and the revision of it that was on the screen.
pub type Target = (CaseId, RevisionNumber);

/// A decision on one case, or the same on several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The cases.
    pub targets: Vec<Target>,
    /// The decision.
    pub verdict: Verdict,
    /// Its reason; may be empty for an approval.
    pub reason: String,
    /// It replaces the decision of another reviewer.
    pub overrule: bool,
}
