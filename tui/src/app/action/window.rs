//! The window.

use super::context::{Context, Section};
use super::def::{actions, on};

const ALL: &[Context] = &[Context::Review, Context::Window, Context::Edit];
const ELSEWHERE: &[Context] = &[Context::Review, Context::Edit];
const ADJUST: &[Context] = &[Context::Window];

actions! {
    /// Which values are black and white.
    Window {
        /// The window that the model saw.
        Case = "window_case", "window of the model",
            on("0", ELSEWHERE, Section::Window),
            on("0", ADJUST, Section::Window).hint("as the model saw it");
        /// Abdomen: level 40, width 400.
        Abdomen = "window_abdomen", "window abdomen 400/40",
            on("1", ALL, Section::Window);
        /// Lung: level −600, width 1500.
        Lung = "window_lung", "window lung 1500/-600",
            on("2", ALL, Section::Window);
        /// Brain: level 40, width 80.
        Brain = "window_brain", "window brain 80/40",
            on("3", ALL, Section::Window);
        /// Mediastinum: level 50, width 350.
        Mediastinum = "window_mediastinum", "window mediastinum 350/50",
            on("4", ALL, Section::Window);
        /// Bone: level 400, width 1800.
        Bone = "window_bone", "window bone 1800/400",
            on("5", ALL, Section::Window);
        /// A window for the values of the slice.
        Auto = "window_auto", "window of this slice",
            on("6", ELSEWHERE, Section::Window),
            on("6", ADJUST, Section::Window).hint("auto");
        /// Swap black and white.
        Invert = "invert", "black and white swapped",
            on("i", ELSEWHERE, Section::Window),
            on("i", ADJUST, Section::Window).hint("invert");
        /// Make the window narrower.
        Narrower = "width_down", "narrower",
            on("h left", ADJUST, Section::Adjust).hint("width");
        /// Make the window wider.
        Wider = "width_up", "wider",
            on("l right", ADJUST, Section::Adjust).hint("width");
        /// Raise the level of the window.
        LevelUp = "level_up", "level up",
            on("k up", ADJUST, Section::Adjust).hint("level");
        /// Lower the level of the window.
        LevelDown = "level_down", "level down",
            on("j down", ADJUST, Section::Adjust).hint("level");
        /// Let keys move and widen the window, or stop that.
        Adjust = "adjust_window", "adjust the window",
            on("w", ELSEWHERE, Section::Window),
            on("w enter", ADJUST, Section::Adjust);
    }
}
