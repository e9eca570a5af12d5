//! kitty's keyboard protocol, as far as it is used here: a terminal that knows it says when a key is let
//! go, so that a key that is held down is told from one that is pressed again.

/// Asks whether the terminal knows it. Others ignore the question.
pub const ASK: &[u8] = b"\x1b[?u";

/// Has keys reported when they are let go, until [`OFF`].
pub const ON: &[u8] = b"\x1b[>2u";

/// As it was before [`ON`].
pub const OFF: &[u8] = b"\x1b[<u";
