//! What a terminal sends for keys that are no letters (in the normal cursor mode, as xterm does).

/// Enter.
pub const ENTER: &str = "\r";
/// Escape.
pub const ESCAPE: &str = "\x1b";
/// Tab.
pub const TAB: &str = "\t";
/// Backspace.
pub const BACKSPACE: &str = "\x7f";
/// Up arrow.
pub const UP: &str = "\x1b[A";
/// Down arrow.
pub const DOWN: &str = "\x1b[B";
/// Right arrow.
pub const RIGHT: &str = "\x1b[C";
/// Left arrow.
pub const LEFT: &str = "\x1b[D";
/// Page up.
pub const PAGE_UP: &str = "\x1b[5~";
/// Page down.
pub const PAGE_DOWN: &str = "\x1b[6~";
/// Home.
pub const HOME: &str = "\x1b[H";
/// End.
pub const END: &str = "\x1b[F";
/// Control and C, which a terminal in line mode turns into an interrupt.
pub const CTRL_C: &str = "\x03";
/// Control and L, which asks programs to redraw their screen.
pub const CTRL_L: &str = "\x0c";
