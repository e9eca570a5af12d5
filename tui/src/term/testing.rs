//! A terminal for tests.

use super::graphics::Choice;
use super::probe::{Environment, Preferences, Terminal};
use super::tty::WindowSize;

/// One of 80 by 24 characters that has not answered yet. `cell` is what the user says of the size
/// of a character, `pixels` what the kernel says of the window.
pub fn terminal(picture: Choice, cell: Option<(u16, u16)>, pixels: (u16, u16)) -> Terminal {
    let preferences = Preferences {
        picture,
        cell,
        greys: None,
        patches: true,
    };
    let size = WindowSize {
        columns: 80,
        rows: 24,
        pixels,
    };
    Terminal::new(preferences, Environment::default(), size)
}
