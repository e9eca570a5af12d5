//! What keys do to the open case.

use crate::app::draft::edit::Edit;

/// What keys do to the open case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// They look around and decide.
    #[default]
    Look,
    /// They move and widen the window.
    AdjustWindow,
    /// They draw prompts.
    Edit(Edit),
}

impl Mode {
    /// Where prompts are drawn, and for which object, while they are.
    pub fn edit(&self) -> Option<&Edit> {
        match self {
            Mode::Edit(edit) => Some(edit),
            Mode::Look | Mode::AdjustWindow => None,
        }
    }

    /// The same, to be changed.
    pub fn edit_mut(&mut self) -> Option<&mut Edit> {
        match self {
            Mode::Edit(edit) => Some(edit),
            Mode::Look | Mode::AdjustWindow => None,
        }
    }

    /// Whether prompts are drawn.
    pub fn is_edit(&self) -> bool {
        self.edit().is_some()
    }
}
