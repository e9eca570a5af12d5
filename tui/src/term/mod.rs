//! The terminal: its modes, what comes from it, what it can do.
//!
//! The client reads its terminal itself. Answers of a terminal may come late and in pieces, and a
//! reader that takes a piece of an answer for a key could approve a case by itself.
//!
//! - [`tty`]: the device: raw mode, size, and leaving it as it was found.
//! - [`parser`]: bytes → [`Input`]: keys, the mouse, pasted text, answers.
//! - [`threads`]: one that reads, one that writes.
//! - [`probe`]: what is asked at the start, and what the answers mean.
//! - [`clipboard`]: the clipboard of the terminal.
//! - [`notify`]: the bell, and notifications of the desktop.
//! - [`tmux`]: tmux, and the terminals around it.
//! - [`graphics`]: the ways to show a picture; `known`: terminals known by their names;
//!   `background`: the colour behind the text.
//!
//! Nothing here knows of ratatui, tokio or the daemon.

mod background;
pub mod clipboard;
pub mod graphics;
pub mod key;
pub mod keyboard;
mod known;
pub mod mouse;
pub mod notify;
pub mod parser;
pub mod probe;
#[cfg(test)]
pub(crate) mod testing;
pub mod threads;
pub mod tmux;
pub mod tty;

use crate::contrast::Rgb;
pub use background::Background;
pub use key::{Key, KeyCode};
pub use mouse::Mouse;
pub use parser::Parser;

/// What a terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed, or is held down.
    Key(Key),
    /// A key was let go. Only a terminal that was asked for it says so ([`keyboard`]).
    Released(Key),
    /// The mouse did something; it is never taken for a key.
    Mouse(Mouse),
    /// Text was pasted; it is never taken for keys.
    Paste(String),
    /// An answer to a question.
    Reply(Reply),
}

/// Answers of a terminal. Others are read and forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Primary device attributes (DA1); 4 stands for sixel.
    Attributes(Vec<u16>),
    /// Name and version (XTVERSION).
    Version(String),
    /// State of a private mode (DECRPM): 0 unknown, 1 set, 2 reset, 3 and 4 the same, permanently.
    Mode {
        /// The mode.
        mode: u16,
        /// Its state.
        state: u16,
    },
    /// Size of a character cell in pixels.
    CellSize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// Size of the text area in pixels.
    TextArea {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// Number of colours that a sixel picture may define (XTSMGRAPHICS).
    ColourRegisters(u16),
    /// Largest sixel picture in pixels (XTSMGRAPHICS).
    LargestPicture {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The colour behind the text (OSC 11): red, green and blue.
    Background(Rgb),
    /// Whether the graphics protocol of kitty is understood.
    KittyGraphics(bool),
    /// It can say when a key is let go (kitty's keyboard protocol).
    KeyReleases,
    /// All that was sent before the question has been worked off (DSR 5).
    Status,
}
