//! The terminal client `medicosam`: the queue, the pictures, the decisions.
//!
//! - [`as_profile`]: what was drawn on a case, as the objects of a profile.
//! - [`cli`]: the command line, and how a run ends.
//! - [`config`]: the reviewer's own settings.
//! - [`exit`]: exit statuses, for scripts.
//! - [`doctor`]: what terminal, line and daemon can do.
//! - [`usage`]: what is said about a command line that makes no sense.
//! - [`verbs`]: the actions of the screen for scripts.
//! - [`picture`]: slices with masks as pixels, and as what a terminal shows.
//! - [`masks`]: masks cut in any plane, measured and compared.
//! - [`figures`]: ages, volumes and scores in few characters.
//! - [`contrast`]: how well two colours stand apart.
//! - [`term`]: the terminal: modes, keys, what it can do.
//! - [`layout`]: where things are on the screen.
//! - [`run`]: the screen at work.
//! - [`view`]: what the screen looks like.
//! - [`app`]: what the client knows, and what happens to it.

pub mod app;
pub mod as_profile;
pub mod cli;
pub mod config;
pub mod contrast;
pub mod doctor;
pub mod exit;
pub mod figures;
pub mod layout;
pub mod masks;
pub mod picture;
pub mod run;
pub mod term;
pub mod usage;
pub mod verbs;
pub mod view;
