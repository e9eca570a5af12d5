//! Slices.

use super::context::{Context, Section};
use super::def::{actions, on};

const REVIEW: &[Context] = &[Context::Review];
const WINDOW: &[Context] = &[Context::Window];
const EDIT: &[Context] = &[Context::Edit];
const BOTH: &[Context] = &[Context::Review, Context::Edit];

actions! {
    /// Which slice is looked at. A number typed before says how many slices on, or which one.
    Slice {
        /// Go to the next slice.
        Next = "next_slice", "next slice",
            on("j down", REVIEW, Section::Slices).hint("slice"),
            // Elsewhere letters and arrows move something else.
            on("pgdn", WINDOW, Section::Slices),
            on("pgdn", EDIT, Section::Slices).hint("slice");
        /// Go to the previous slice.
        Previous = "previous_slice", "previous slice",
            on("k up", REVIEW, Section::Slices).hint("slice"),
            on("pgup", WINDOW, Section::Slices),
            on("pgup", EDIT, Section::Slices).hint("slice");
        /// Go ten slices on.
        Further = "further_slice", "ten slices on",
            on("ctrl-d pgdn", REVIEW, Section::Slices),
            on("ctrl-d", EDIT, Section::Slices);
        /// Go ten slices back.
        FurtherBack = "further_slice_back", "ten slices back",
            on("ctrl-u pgup", REVIEW, Section::Slices),
            on("ctrl-u", EDIT, Section::Slices);
        /// Go to the first slice.
        First = "first_slice", "first slice",
            on("g home", BOTH, Section::Slices);
        /// Go to the last slice.
        Last = "last_slice", "last slice; 7G: slice 7",
            on("G end", BOTH, Section::Slices);
        /// Go to the next slice with a mask.
        NextMasked = "next_mask_slice", "next slice with a mask",
            on("]", REVIEW, Section::Slices).hint("mask"),
            on("]", EDIT, Section::Slices);
        /// Go to the previous slice with a mask.
        PreviousMasked = "previous_mask_slice", "previous slice with a mask",
            on("[", REVIEW, Section::Slices).hint("mask"),
            on("[", EDIT, Section::Slices);
        /// Go to the next slice that the model is unsure about.
        NextLow = "next_low_slice", "next slice, low score",
            on("}", BOTH, Section::Slices);
        /// Go to the previous slice that the model is unsure about.
        PreviousLow = "previous_low_slice", "previous slice, low score",
            on("{", BOTH, Section::Slices);
    }
}
