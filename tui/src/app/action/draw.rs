//! Prompts and the draft.

use super::context::{Context, Section};
use super::def::{actions, on};

const EDIT: &[Context] = &[Context::Edit];

actions! {
    /// Prompts on the current slice, and the draft that they change.
    Draw {
        /// Begin to change the prompts.
        Begin = "edit", "change the prompts",
            on("e", &[Context::Review], Section::Cases).hint("edit");
        /// Set the first, then the second corner of the box.
        Corner = "corner", "corner of the box",
            on("b", EDIT, Section::Draw).hint("box");
        /// Set the second corner if the first is set; otherwise segment.
        Confirm = "confirm", "other corner, or segment",
            on("enter", EDIT, Section::Draw);
        /// The voxel under the cursor belongs to the object.
        PositivePoint = "positive_point", "point of the object",
            on("t", EDIT, Section::Draw).hint("point");
        /// The voxel under the cursor does not belong to the object.
        NegativePoint = "negative_point", "point that is not",
            on("T", EDIT, Section::Draw).hint("point");
        /// Remove box and points from this slice.
        Clear = "clear_prompt", "clear box and points",
            on("X delete", EDIT, Section::Draw).hint("clear");
        /// Draw for the next object.
        NextObject = "next_object", "next object",
            on("o", EDIT, Section::Draw);
        /// Add an object; asks for its name.
        NewObject = "new_object", "new object",
            on("O", EDIT, Section::Draw);
        /// Undo the last step of the draft.
        Undo = "undo_prompt", "undo",
            on("u", EDIT, Section::Draw).hint("undo");
        /// Redo the step of the draft that was undone last.
        Redo = "redo_prompt", "redo",
            on("U ctrl-r", EDIT, Section::Draw);
        /// Segment this slice with its box and points.
        Segment = "segment", "segment this slice",
            on("s", EDIT, Section::Segment).hint("segment");
        /// Follow the object from the slices segmented by hand to those around them.
        Propagate = "propagate", "segment the slices around",
            on("S", EDIT, Section::Segment).hint("propagate");
        /// Follow the object on some slices only; asks which.
        PropagateRange = "propagate_range", "the same up to a slice",
            on("R", EDIT, Section::Segment);
        /// Follow the object once more, through the nearest slice where it seemed to end.
        PropagateThrough = "propagate_through", "go on through a stop",
            on("M", EDIT, Section::Segment);
        /// Make masks by the boxes on several slices: corners of a 3-D box, or boxes with others between
        /// them; asks which.
        SegmentBoxes = "segment_boxes", "boxes on several slices",
            on("V", EDIT, Section::Segment);
        /// Choose the next mask that the model offers.
        NextCandidate = "next_candidate", "next mask offered",
            on("tab", EDIT, Section::Segment);
        /// Choose the previous mask that the model offers.
        PreviousCandidate = "previous_candidate", "previous mask offered",
            on("shift-tab", EDIT, Section::Segment);
        /// Make a revision of the draft.
        Commit = "commit_draft", "commit: make a revision",
            on("c", EDIT, Section::Segment).hint("commit");
        /// Take the brush, or draw prompts again.
        Brush = "brush", "brush, or prompts again",
            on("p", EDIT, Section::Hand).hint("brush");
        /// Take the eraser, or draw prompts again.
        Eraser = "eraser", "eraser, or prompts again",
            on("e", EDIT, Section::Hand).hint("erase");
        /// Draw closed lines, or prompts again.
        Lasso = "lasso", "closed line round an area",
            on("f", EDIT, Section::Hand);
        /// Take a larger brush.
        Larger = "brush_larger", "larger brush",
            on("> .", EDIT, Section::Hand);
        /// Take a smaller brush.
        Smaller = "brush_smaller", "smaller brush",
            on("< ,", EDIT, Section::Hand);
        /// Take the mask of this slice away.
        EmptySlice = "empty_slice", "empty this slice",
            on("d", EDIT, Section::Hand).hint("empty");
        /// Take all masks of the object away.
        EmptyObject = "empty_object", "empty the object, all slices",
            on("E", EDIT, Section::Hand);
        /// Take the masks away that are older than the last propagation, outside what it reached.
        EmptyOlder = "empty_older", "empty what was not reached",
            on("W", EDIT, Section::Hand);
        /// Make the masks between slices made by hand.
        Interpolate = "interpolate", "fill in between own slices",
            on("I", EDIT, Section::Hand);
        /// Put the mask of this slice on the next one.
        CopyMask = "copy_mask", "this mask on the next slice",
            on("n", EDIT, Section::Hand);
        /// Put box and points of this slice on the next one.
        CopyPrompt = "copy_prompt", "prompts on the next slice",
            on("N", EDIT, Section::Hand);
        /// Put masks back as they were in the revision before.
        Revert = "restore_before", "put the revision before back",
            on("B", &[Context::Review], Section::Cases),
            on("B", EDIT, Section::Hand);
        /// Make a revision of the draft, approve it, and go on to the next case.
        Approve = "commit_approve", "commit, approve, next case",
            on("A", EDIT, Section::Segment).hint("approve");
        /// Discard the draft; asks first.
        Discard = "discard_draft", "discard the draft",
            on("D", EDIT, Section::Segment);
        /// Copy what is drawn as the object of a profile.
        CopyAsProfile = "copy_as_profile", "copy as a profile's object",
            on("Y", EDIT, Section::Segment);
    }
}
