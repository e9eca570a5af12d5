//! The keys of a context. Its own keys are those of the keymap.

use crate::app::action::context::Context;

/// The keys of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help {
    /// The context.
    pub context: Context,
    /// Rows scrolled off the top.
    pub top: usize,
}
