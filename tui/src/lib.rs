//! The terminal client `medicosam`: the queue, the pictures, the decisions.
//!
//! - [`cli`]: the command line, and how a run ends.
//! - [`verbs`]: the actions of the screen for scripts.

pub mod cli;
pub mod verbs;
