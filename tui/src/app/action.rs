//! What a reviewer can ask for. These names are also the vocabulary of keymaps.

use serde::{Deserialize, Serialize};

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// End the client.
    Quit,
    /// Show or hide the keys.
    Help,
    /// One step back: out of a dialog, a mode, a screen.
    Back,
    /// Select the next case.
    SelectNext,
    /// Select the previous case.
    SelectPrevious,
    /// Select the first case.
    SelectFirst,
    /// Select the last case.
    SelectLast,
    /// Select ten cases further.
    SelectFurther,
    /// Select ten cases back.
    SelectFurtherBack,
    /// Open the selected case.
    Open,
    /// Approve.
    Approve,
    /// Reject; asks for the reason.
    Reject,
    /// Flag for somebody else; asks for the reason.
    Flag,
    /// Try a failed or paused case again.
    Retry,
    /// Leave a note, which decides nothing.
    Note,
    /// Take back what was decided last.
    TakeBack,
    /// Filter the list.
    Filter,
    /// Choose a saved filter.
    SavedFilters,
    /// Sort the list by something else.
    Sort,
    /// Sort the list the other way round.
    ReverseSort,
    /// Mark the selected case.
    Mark,
    /// Begin or end a range of marks.
    MarkRange,
    /// Go to the next case that waits for review.
    NextCase,
    /// Go to the previous case that waits for review.
    PreviousCase,
    /// Go to the next slice.
    NextSlice,
    /// Go to the previous slice.
    PreviousSlice,
    /// Go ten slices on.
    FurtherSlice,
    /// Go ten slices back.
    FurtherSliceBack,
    /// Go to the first slice.
    FirstSlice,
    /// Go to the last slice.
    LastSlice,
    /// Go to the next slice with a mask.
    NextMaskSlice,
    /// Go to the previous slice with a mask.
    PreviousMaskSlice,
    /// Show or hide the masks.
    ToggleMask,
    /// The window that the model saw.
    WindowCase,
    /// Abdomen: level 40, width 400.
    WindowAbdomen,
    /// Lung: level −600, width 1500.
    WindowLung,
    /// Brain: level 40, width 80.
    WindowBrain,
    /// Mediastinum: level 50, width 350.
    WindowMediastinum,
    /// Bone: level 400, width 1800.
    WindowBone,
    /// A window for the values of the slice.
    WindowAuto,
    /// Let keys move and widen the window, or no longer.
    AdjustWindow,
    /// Raise the level of the window.
    LevelUp,
    /// Lower it.
    LevelDown,
    /// Make the window wider.
    WidthUp,
    /// Make it narrower.
    WidthDown,
    /// Let black and white change places.
    Invert,
    /// Go to the next slice that the model is unsure about.
    NextLowSlice,
    /// Go to the previous one.
    PreviousLowSlice,
    /// Look at axial slices.
    ViewAxial,
    /// Look at coronal slices.
    ViewCoronal,
    /// Look at sagittal slices.
    ViewSagittal,
    /// Look at three planes at once, or no longer.
    ThreePlanes,
    /// Look at many slices at once, or no longer.
    Mosaic,
    /// Look at one slice.
    OneSlice,
    /// Look closer.
    ZoomIn,
    /// Look less closely.
    ZoomOut,
    /// Show the whole slice.
    ZoomWhole,
    /// Show the masks as large as possible.
    ZoomMask,
    /// Show more of the slice's left.
    PanLeft,
    /// Show what lies further down.
    PanDown,
    /// Show what lies further up.
    PanUp,
    /// Show more of the slice's right.
    PanRight,
    /// Draw masks as outlines, filled, or not at all.
    MaskForm,
    /// Make filled masks more opaque.
    MoreOpaque,
    /// Make them less opaque.
    LessOpaque,
    /// Show the masks of the revision before, or no longer.
    ShowBefore,
    /// Show what was added and removed since the revision before, or no longer.
    ShowChanges,
    /// Change the prompts.
    Edit,
    /// Move the cursor left.
    MoveLeft,
    /// Move the cursor down.
    MoveDown,
    /// Move the cursor up.
    MoveUp,
    /// Move the cursor right.
    MoveRight,
    /// Move the cursor ten voxels left.
    MoveFarLeft,
    /// Move the cursor ten voxels down.
    MoveFarDown,
    /// Move the cursor ten voxels up.
    MoveFarUp,
    /// Move the cursor ten voxels right.
    MoveFarRight,
    /// Set the first, then the second corner of the box.
    Corner,
    /// Set the second corner if the first is set; otherwise segment.
    Confirm,
    /// Say that the voxel under the cursor belongs to the object.
    PositivePoint,
    /// Say that it does not.
    NegativePoint,
    /// Take back box and points on this slice.
    ClearPrompt,
    /// Draw for the next object.
    NextObject,
    /// Segment this slice with its box and points.
    Segment,
    /// Follow the object to the slices around those that were segmented by hand.
    Propagate,
    /// Take the next one of the masks that the model offers.
    NextCandidate,
    /// Take the previous one of the masks that the model offers.
    PreviousCandidate,
    /// Add an object; asks for its name.
    NewObject,
    /// Take back the last step of the draft.
    UndoPrompt,
    /// Do the step of the draft that was taken back last again.
    RedoPrompt,
    /// Make a revision of the draft.
    CommitDraft,
    /// Discard the draft; asks first.
    DiscardDraft,
    /// Type an action by its name, or a slice by its number.
    Command,
    /// Give the terminal back to the shell for a while.
    Suspend,
}

impl Action {
    /// As it is written in keymaps and commands: `next_slice`.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            // Actions carry nothing, so each is a plain word.
            _ => String::new(),
        }
    }

    /// The action that is written so.
    pub fn named(name: &str) -> Option<Action> {
        serde_json::from_value(name.into()).ok()
    }

    /// What it does, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Action::Quit => "quit",
            Action::Help => "these keys",
            Action::Back => "back",
            Action::SelectNext => "next case",
            Action::SelectPrevious => "previous case",
            Action::SelectFirst => "first case",
            Action::SelectLast => "last case",
            Action::SelectFurther => "ten cases on",
            Action::SelectFurtherBack => "ten cases back",
            Action::Open => "open the case",
            Action::Approve => "approve, then the next case",
            Action::Reject => "reject, with a reason",
            Action::Flag => "flag for somebody else",
            Action::Retry => "try again (failed, paused)",
            Action::Note => "leave a note",
            Action::TakeBack => "take the last decision back",
            Action::Filter => "filter, as state:review liver",
            Action::SavedFilters => "saved filters",
            Action::Sort => "sort by something else",
            Action::ReverseSort => "sort the other way round",
            Action::Mark => "mark, for several at once",
            Action::MarkRange => "begin, end a range of marks",
            Action::NextCase => "next case in review",
            Action::PreviousCase => "previous case in review",
            Action::NextSlice => "next slice",
            Action::PreviousSlice => "previous slice",
            Action::FurtherSlice => "ten slices on",
            Action::FurtherSliceBack => "ten slices back",
            Action::FirstSlice => "first slice",
            Action::LastSlice => "last slice",
            Action::NextMaskSlice => "next slice with a mask",
            Action::PreviousMaskSlice => "previous slice with a mask",
            Action::ToggleMask => "masks on, off",
            Action::WindowCase => "window of the model",
            Action::WindowAbdomen => "window abdomen 400/40",
            Action::WindowLung => "window lung 1500/-600",
            Action::WindowBrain => "window brain 80/40",
            Action::WindowMediastinum => "window mediastinum 350/50",
            Action::WindowBone => "window bone 1800/400",
            Action::WindowAuto => "window of this slice",
            Action::AdjustWindow => "adjust the window",
            Action::LevelUp => "level up",
            Action::LevelDown => "level down",
            Action::WidthUp => "wider",
            Action::WidthDown => "narrower",
            Action::Invert => "black and white swapped",
            Action::NextLowSlice => "next slice, low score",
            Action::PreviousLowSlice => "previous slice, low score",
            Action::ViewAxial => "axial slices",
            Action::ViewCoronal => "coronal slices",
            Action::ViewSagittal => "sagittal slices",
            Action::ThreePlanes => "three planes, or one",
            Action::Mosaic => "many slices at once",
            Action::OneSlice => "one slice",
            Action::ZoomIn => "closer",
            Action::ZoomOut => "less close",
            Action::ZoomWhole => "the whole slice",
            Action::ZoomMask => "fit the masks",
            Action::PanLeft => "pan left",
            Action::PanDown => "pan down",
            Action::PanUp => "pan up",
            Action::PanRight => "pan right",
            Action::MaskForm => "masks outlined, filled, off",
            Action::MoreOpaque => "filled masks more opaque",
            Action::LessOpaque => "filled masks less opaque",
            Action::ShowBefore => "masks of the revision before",
            Action::ShowChanges => "what changed since then",
            Action::Edit => "change the prompts",
            Action::MoveLeft => "left",
            Action::MoveDown => "down",
            Action::MoveUp => "up",
            Action::MoveRight => "right",
            Action::MoveFarLeft => "ten left",
            Action::MoveFarDown => "ten down",
            Action::MoveFarUp => "ten up",
            Action::MoveFarRight => "ten right",
            Action::Corner => "corner of the box",
            Action::Confirm => "other corner, or segment",
            Action::PositivePoint => "point of the object",
            Action::NegativePoint => "point that is not",
            Action::ClearPrompt => "clear box and points",
            Action::NextObject => "next object",
            Action::Segment => "segment this slice",
            Action::Propagate => "segment the slices around",
            Action::NextCandidate => "next mask offered",
            Action::PreviousCandidate => "previous mask offered",
            Action::NewObject => "new object",
            Action::UndoPrompt => "undo",
            Action::RedoPrompt => "redo",
            Action::CommitDraft => "commit: make a revision",
            Action::DiscardDraft => "discard the draft",
            Action::Command => "command, or slice number",
            Action::Suspend => "to the shell; fg comes back",
        }
    }
}
