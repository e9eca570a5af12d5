//! The cursor.

use super::context::{Context, Section};
use super::def::{actions, on};

const REVIEW: &[Context] = &[Context::Review];
const EDIT: &[Context] = &[Context::Edit];

actions! {
    /// Steps of the cursor: of the current voxel or, while prompts are drawn, of the hand.
    Cursor {
        /// Move the cursor left.
        Left = "move_left", "left",
            on("shift-left", REVIEW, Section::Cursor),
            on("h left", EDIT, Section::Cursor).hint("move");
        /// Move the cursor down.
        Down = "move_down", "down",
            on("shift-down", REVIEW, Section::Cursor),
            on("j down", EDIT, Section::Cursor).hint("move");
        /// Move the cursor up.
        Up = "move_up", "up",
            on("shift-up", REVIEW, Section::Cursor),
            on("k up", EDIT, Section::Cursor).hint("move");
        /// Move the cursor right.
        Right = "move_right", "right",
            on("shift-right", REVIEW, Section::Cursor),
            on("l right", EDIT, Section::Cursor).hint("move");
        /// Move the cursor ten voxels left.
        FarLeft = "move_far_left", "ten left",
            on("ctrl-left", REVIEW, Section::Cursor),
            on("H shift-left", EDIT, Section::Cursor);
        /// Move the cursor ten voxels down.
        FarDown = "move_far_down", "ten down",
            on("ctrl-down", REVIEW, Section::Cursor),
            on("J shift-down", EDIT, Section::Cursor);
        /// Move the cursor ten voxels up.
        FarUp = "move_far_up", "ten up",
            on("ctrl-up", REVIEW, Section::Cursor),
            on("K shift-up", EDIT, Section::Cursor);
        /// Move the cursor ten voxels right.
        FarRight = "move_far_right", "ten right",
            on("ctrl-right", REVIEW, Section::Cursor),
            on("L shift-right", EDIT, Section::Cursor);
    }
}
