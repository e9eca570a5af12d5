//! What the mouse does, for the help.

use crate::app::action::context::Context;

/// What the mouse does in a context: button or wheel, and its effect.
pub const fn gestures(context: Context) -> &'static [(&'static str, &'static str)] {
    const SELECTION: (&str, &str) = ("shift", "drag: select text");
    match context {
        Context::Queue => &[
            ("wheel", "move"),
            ("click", "select; once more: open"),
            SELECTION,
        ],
        Context::Review | Context::Window => &[
            ("wheel", "slices of the plane there"),
            ("^wheel", "closer, less close"),
            ("click", "the voxel there"),
            ("right", "drag: window width, level"),
            ("middle", "drag: pan"),
            SELECTION,
        ],
        Context::Edit => &[
            ("drag", "box"),
            ("click", "point of the object"),
            ("right", "click: point that is not"),
            ("alt", "click: likewise"),
            ("brush", "drag: paint; right: erase"),
            ("line", "drag: round the area"),
            ("wheel", "slices"),
            ("^wheel", "closer, less close"),
            SELECTION,
        ],
        Context::Help => &[],
    }
}
