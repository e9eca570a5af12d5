//! The row of hints at the foot of each screen.

use super::Context;
use crate::app::Action;

/// What the hints row says, most important first: actions whose keys are shown, and their title.
pub type Hint = (&'static [Action], &'static str);

const QUEUE_HINTS: &[Hint] = &[
    (&[Action::Open], "review"),
    (&[Action::Approve], "approve"),
    (&[Action::Reject], "reject"),
    (&[Action::Filter], "filter"),
    (&[Action::Sort], "sort"),
    (&[Action::Flag], "flag"),
    (&[Action::TakeBack], "undo"),
    (&[Action::MarkRange], "mark"),
    (&[Action::Retry], "retry"),
    (&[Action::SelectNext, Action::SelectPrevious], "move"),
    (&[Action::Quit], "quit"),
];

const REVIEW_HINTS: &[Hint] = &[
    (&[Action::Approve], "approve"),
    (&[Action::Reject], "reject"),
    (&[Action::Edit], "edit"),
    (&[Action::Flag], "flag"),
    (&[Action::NextSlice, Action::PreviousSlice], "slice"),
    (&[Action::PreviousMaskSlice, Action::NextMaskSlice], "mask"),
    (&[Action::NextCase, Action::PreviousCase], "case"),
    (&[Action::ToggleMask], "hide"),
    (&[Action::TakeBack], "undo"),
    (&[Action::Note], "note"),
    (
        &[Action::ViewSagittal, Action::ViewCoronal, Action::ViewAxial],
        "plane",
    ),
    (&[Action::ThreePlanes], "three"),
    (&[Action::Mosaic], "mosaic"),
    (&[Action::ZoomMask], "zoom"),
    (&[Action::MaskForm], "fill"),
    (&[Action::Back], "back"),
];

const WINDOW_HINTS: &[Hint] = &[
    (&[Action::WidthDown, Action::WidthUp], "width"),
    (&[Action::LevelDown, Action::LevelUp], "level"),
    (&[Action::Invert], "invert"),
    (&[Action::WindowAuto], "auto"),
    (&[Action::WindowCase], "as the model saw it"),
    (&[Action::Back], "done"),
];

const EDIT_HINTS: &[Hint] = &[
    (
        &[
            Action::MoveLeft,
            Action::MoveDown,
            Action::MoveUp,
            Action::MoveRight,
        ],
        "move",
    ),
    (&[Action::Corner], "box"),
    (&[Action::Segment], "segment"),
    (&[Action::CommitDraft], "commit"),
    (&[Action::PositivePoint, Action::NegativePoint], "point"),
    (&[Action::UndoPrompt], "undo"),
    (&[Action::Propagate], "propagate"),
    (&[Action::ClearPrompt], "clear"),
    (&[Action::PreviousSlice, Action::NextSlice], "slice"),
    (&[Action::Back], "leave"),
];

const HELP_HINTS: &[Hint] = &[
    (&[Action::SelectNext, Action::SelectPrevious], "scroll"),
    (&[Action::Back], "close"),
];

impl Context {
    /// What the hints row says here.
    pub const fn hints(self) -> &'static [Hint] {
        match self {
            Context::Queue => QUEUE_HINTS,
            Context::Review => REVIEW_HINTS,
            Context::Window => WINDOW_HINTS,
            Context::Edit => EDIT_HINTS,
            Context::Help => HELP_HINTS,
        }
    }
}
