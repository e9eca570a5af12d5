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
            Action::Edit => "change the prompts",
            Action::MoveLeft => "left",
            Action::MoveDown => "down",
            Action::MoveUp => "up",
            Action::MoveRight => "right",
            Action::MoveFarLeft => "ten left",
            Action::MoveFarDown => "ten down",
            Action::MoveFarUp => "ten up",
            Action::MoveFarRight => "ten right",
            Action::Corner => "first, second corner of the box",
            Action::Confirm => "second corner, or segment",
            Action::PositivePoint => "point of the object",
            Action::NegativePoint => "point that is not",
            Action::ClearPrompt => "clear box and points",
            Action::NextObject => "next object",
            Action::Segment => "segment this slice",
            Action::Command => "command, or slice number",
            Action::Suspend => "to the shell; fg comes back",
        }
    }
}
