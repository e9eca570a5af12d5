use super::*;
use context::Context;
use std::collections::BTreeSet;

/// What people have written in their settings. A name may be added, and never goes.
const NAMES: &[&str] = &[
    "quit",
    "help",
    "back",
    "select_next",
    "select_previous",
    "select_first",
    "select_last",
    "select_further",
    "select_further_back",
    "open",
    "approve",
    "reject",
    "flag",
    "retry",
    "note",
    "take_back",
    "filter",
    "saved_filters",
    "sort",
    "reverse_sort",
    "mark",
    "mark_range",
    "next_case",
    "previous_case",
    "next_slice",
    "previous_slice",
    "further_slice",
    "further_slice_back",
    "first_slice",
    "last_slice",
    "next_mask_slice",
    "previous_mask_slice",
    "toggle_mask",
    "toggle_prompts",
    "panel_on",
    "panel_back",
    "window_case",
    "window_abdomen",
    "window_lung",
    "window_brain",
    "window_mediastinum",
    "window_bone",
    "window_auto",
    "adjust_window",
    "level_up",
    "level_down",
    "width_up",
    "width_down",
    "invert",
    "next_low_slice",
    "previous_low_slice",
    "view_axial",
    "view_coronal",
    "view_sagittal",
    "three_planes",
    "mosaic",
    "one_slice",
    "zoom_in",
    "zoom_out",
    "zoom_whole",
    "zoom_mask",
    "pan_left",
    "pan_down",
    "pan_up",
    "pan_right",
    "mask_form",
    "more_opaque",
    "less_opaque",
    "show_before",
    "show_changes",
    "next_reference",
    "edit",
    "move_left",
    "move_down",
    "move_up",
    "move_right",
    "move_far_left",
    "move_far_down",
    "move_far_up",
    "move_far_right",
    "corner",
    "confirm",
    "positive_point",
    "negative_point",
    "clear_prompt",
    "next_object",
    "segment",
    "propagate",
    "propagate_range",
    "propagate_through",
    "segment_boxes",
    "next_candidate",
    "previous_candidate",
    "new_object",
    "undo_prompt",
    "redo_prompt",
    "commit_draft",
    "discard_draft",
    "commit_approve",
    "brush",
    "eraser",
    "lasso",
    "brush_larger",
    "brush_smaller",
    "empty_slice",
    "empty_object",
    "empty_older",
    "interpolate",
    "copy_link",
    "copy_mask",
    "copy_prompt",
    "restore_before",
    "command",
    "suspend",
    "more_about",
    "less_about",
    "dismiss",
    "copy_as_profile",
    "hurry",
    "pause_intake",
];

#[test]
fn every_name_that_ever_was_still_means_an_action() {
    for name in NAMES {
        assert_eq!(Action::named(name).map(Action::name), Some(*name));
    }
    let all: BTreeSet<&str> = Action::all().map(Action::name).collect();
    assert_eq!(all.len(), Action::all().count(), "two of one name");
    assert_eq!(all, NAMES.iter().copied().collect());
}

#[test]
fn an_action_has_one_set_of_keys_in_a_context_and_stands_in_its_help() {
    for action in Action::all() {
        for context in Context::ALL {
            let keys = action.def().keys.iter();
            let here: Vec<&Keys> = keys.filter(|k| k.contexts.contains(&context)).collect();
            assert!(here.len() <= 1, "{action:?} in {context:?}");
            for keys in here {
                let sections = context.sections();
                assert!(
                    sections.contains(&keys.section),
                    "{action:?} in {context:?}"
                );
            }
        }
    }
}
