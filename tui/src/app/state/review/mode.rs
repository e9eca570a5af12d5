//! What keys do to the open case.

use crate::app::draft::edit::Edit;

/// What keys do to the open case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// They look around and decide.
    #[default]
    Look,
    /// They move and widen the window; then prompts are drawn again, if they were before.
    AdjustWindow(Option<Edit>),
    /// They draw prompts.
    Edit(Edit),
}

impl Mode {
    /// Where prompts are drawn, and for which object, while they are.
    pub fn edit(&self) -> Option<&Edit> {
        match self {
            Mode::Edit(edit) | Mode::AdjustWindow(Some(edit)) => Some(edit),
            Mode::Look | Mode::AdjustWindow(None) => None,
        }
    }

    /// The same, to be changed.
    pub fn edit_mut(&mut self) -> Option<&mut Edit> {
        match self {
            Mode::Edit(edit) | Mode::AdjustWindow(Some(edit)) => Some(edit),
            Mode::Look | Mode::AdjustWindow(None) => None,
        }
    }

    /// Whether prompts are drawn.
    pub fn is_edit(&self) -> bool {
        self.edit().is_some()
    }

    /// Whether keys move and widen the window.
    pub fn is_adjusting(&self) -> bool {
        match self {
            Mode::AdjustWindow(_) => true,
            Mode::Look | Mode::Edit(_) => false,
        }
    }

    /// Lets keys move and widen the window, or stops that.
    pub fn toggle_adjusting(&mut self) {
        *self = match std::mem::take(self) {
            Mode::Look => Mode::AdjustWindow(None),
            Mode::Edit(edit) => Mode::AdjustWindow(Some(edit)),
            Mode::AdjustWindow(None) => Mode::Look,
            Mode::AdjustWindow(Some(edit)) => Mode::Edit(edit),
        };
    }
}
