//! How a case is looked at.

use super::context::{Context, Section};
use super::def::{actions, on};

const REVIEW: &[Context] = &[Context::Review];
const REVIEW_EDIT: &[Context] = &[Context::Review, Context::Edit];

actions! {
    /// Planes, layouts, masks and zoom: they change only what is seen.
    Look {
        /// Show the masks of the parent revision, or the current ones again.
        ShowBefore = "show_before", "masks of the revision before",
            on("b", REVIEW, Section::Cases);
        /// Show what was added and removed since the parent revision, or the masks again.
        ShowChanges = "show_changes", "what changed since then",
            on("c", REVIEW, Section::Cases);
        /// Look at axial slices.
        Axial = "view_axial", "axial slices",
            on("z", REVIEW, Section::Planes).hint("plane"),
            on("z", &[Context::Edit], Section::Planes);
        /// Look at coronal slices.
        Coronal = "view_coronal", "coronal slices",
            on("y", REVIEW, Section::Planes).hint("plane"),
            on("y", &[Context::Edit], Section::Planes);
        /// Look at sagittal slices.
        Sagittal = "view_sagittal", "sagittal slices",
            on("x", REVIEW, Section::Planes).hint("plane"),
            on("x", &[Context::Edit], Section::Planes);
        /// Look at three planes at once, or at one again.
        ThreePlanes = "three_planes", "three planes, or one",
            on("v", REVIEW, Section::Planes).hint("three"),
            on("v", &[Context::Edit], Section::Planes);
        /// Look at many slices at once, or at one again.
        Mosaic = "mosaic", "many slices at once",
            on("m", REVIEW, Section::Planes).hint("mosaic"),
            on("m", &[Context::Edit], Section::Planes);
        /// Look at one slice.
        OneSlice = "one_slice", "one slice",
            on("enter", REVIEW, Section::Planes);
        /// Show or hide the masks.
        ToggleMasks = "toggle_mask", "masks on, off",
            on("space", REVIEW, Section::Masks).hint("hide"),
            on("space", &[Context::Window, Context::Edit], Section::Masks);
        /// Draw masks as outlines, filled, or not at all.
        MaskForm = "mask_form", "masks outlined, filled, off",
            on("o", REVIEW, Section::Masks).hint("fill");
        /// Draw reference masks beside the masks, the next ones, or none again.
        NextReference = "next_reference", "reference masks, the next",
            on("O", REVIEW, Section::Masks);
        /// Make filled masks more opaque.
        MoreOpaque = "more_opaque", "filled masks more opaque",
            on(")", REVIEW_EDIT, Section::Masks);
        /// Make filled masks less opaque.
        LessOpaque = "less_opaque", "filled masks less opaque",
            on("(", REVIEW_EDIT, Section::Masks);
        /// Draw the prompts that made the masks, or no longer.
        TogglePrompts = "toggle_prompts", "prompts that made the masks",
            on("P", REVIEW, Section::Masks).hint("prompts"),
            on("P", &[Context::Edit], Section::Masks);
        /// The next page of the panel.
        PanelOn = "panel_on", "next page of the panel",
            on(">", REVIEW, Section::Program);
        /// The page of the panel before.
        PanelBack = "panel_back", "page of the panel before",
            on("<", REVIEW, Section::Program);
        /// Zoom in.
        ZoomIn = "zoom_in", "closer",
            on("+", REVIEW_EDIT, Section::Zoom);
        /// Zoom out.
        ZoomOut = "zoom_out", "less close",
            on("-", REVIEW_EDIT, Section::Zoom);
        /// Show the whole slice.
        ZoomWhole = "zoom_whole", "the whole slice",
            on("=", REVIEW_EDIT, Section::Zoom);
        /// Show the masks as large as possible.
        ZoomMask = "zoom_mask", "fit the masks",
            on("F", REVIEW, Section::Zoom).hint("fit"),
            on("F", &[Context::Edit], Section::Zoom);
        /// Show more of the slice's left.
        PanLeft = "pan_left", "pan left",
            on("H", REVIEW, Section::Zoom);
        /// Show what lies further down.
        PanDown = "pan_down", "pan down",
            on("J", REVIEW, Section::Zoom);
        /// Show what lies further up.
        PanUp = "pan_up", "pan up",
            on("K", REVIEW, Section::Zoom);
        /// Show more of the slice's right.
        PanRight = "pan_right", "pan right",
            on("L", REVIEW, Section::Zoom);
    }
}
