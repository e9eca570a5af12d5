//! How a slice and its masks are shown.

use super::window::WindowChoice;
use crate::picture::{Form, Opacity};

/// How a slice and its masks are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Display {
    /// The masks are drawn.
    pub masks_visible: bool,
    /// Masks are outlined or filled.
    pub form: Form,
    /// How much of a filled mask is its colour.
    pub opacity: Opacity,
    /// The prompts that made the masks are drawn while a case is looked at.
    pub prompts_in_look: bool,
    /// They are drawn while prompts are changed.
    pub prompts_in_edit: bool,
    /// Comparison with the parent revision.
    pub compared: Compared,
    /// Which values are black and white.
    pub window: WindowChoice,
    /// Black and white are swapped.
    pub inverted: bool,
}

/// Comparison with the parent of the current revision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compared {
    /// None: the masks of the current revision are drawn.
    #[default]
    Not,
    /// The parent's masks are drawn in place of the current ones.
    Before,
    /// What was added and what was removed since the parent is drawn.
    Changes,
}

impl Default for Display {
    fn default() -> Self {
        Display {
            masks_visible: true,
            form: Form::default(),
            opacity: Opacity::default(),
            prompts_in_look: false,
            prompts_in_edit: true,
            compared: Compared::default(),
            window: WindowChoice::default(),
            inverted: false,
        }
    }
}

impl Display {
    /// Outlined, filled, hidden, and outlined again.
    pub fn next_form(&mut self) {
        (self.masks_visible, self.form) = match (self.masks_visible, self.form) {
            (true, Form::Outline) => (true, Form::Filled),
            (true, Form::Filled) => (false, Form::Outline),
            (false, _) => (true, Form::Outline),
        };
    }

    /// Makes filled masks more opaque, as far as that goes.
    pub fn more_opaque(&mut self) {
        self.opacity = self.opacity.more().unwrap_or(self.opacity);
    }

    /// Makes filled masks less opaque, as far as that goes.
    pub fn less_opaque(&mut self) {
        self.opacity = self.opacity.less().unwrap_or(self.opacity);
    }
}
