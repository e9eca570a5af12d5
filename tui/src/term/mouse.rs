//! The mouse, as terminals report it.
//!
//! Asked for are the reports of buttons, of moves with a button held and of wheels (mode 1002), in
//! the form that no key could be taken for (SGR, mode 1006), in pixels instead of cells where the
//! terminal can (mode 1016). What is held with shift belongs to the terminal itself, which selects
//! text then.

/// Has a terminal report the mouse by cells.
pub const ON: &[u8] = b"\x1b[?1002h\x1b[?1006h";

/// Has it report the mouse by pixels. In one piece, so that no report is by cells before.
pub const ON_BY_PIXELS: &[u8] = b"\x1b[?1002h\x1b[?1006h\x1b[?1016h";

/// Takes back [`ON`] and [`ON_BY_PIXELS`].
pub const OFF: &[u8] = b"\x1b[?1016l\x1b[?1006l\x1b[?1002l";

/// Something that a mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// The gesture.
    pub gesture: Gesture,
    /// With shift. Most terminals keep such reports for themselves.
    pub shift: bool,
    /// With alt.
    pub alt: bool,
    /// With control.
    pub ctrl: bool,
    /// Column and row from 0: of cells, or of pixels, whichever was asked for.
    pub at: (u16, u16),
}

/// A gesture of the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// A button was pressed.
    Press(Button),
    /// The mouse was moved with this button held.
    Drag(Button),
    /// A button was released.
    Release(Button),
    /// The wheel was turned by a notch.
    Wheel(Turn),
}

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Button {
    Left,
    Middle,
    Right,
}

/// Which way a wheel is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Turn {
    Up,
    Down,
}

impl Mouse {
    /// The report `CSI < code ; column ; row M` or `… m`; `None` for what is of no use here: more
    /// buttons, wheels to the side, moves without a button.
    pub(super) fn reported(code: u16, at: (u16, u16), released: bool) -> Option<Self> {
        // Bits 2 to 4 are what is held, bit 5 says that it moved, the others which button.
        let which = code & !0b11_1100;
        let moved = code & 0b10_0000 != 0;
        let gesture = match which {
            0..=2 => {
                let button = [Button::Left, Button::Middle, Button::Right][usize::from(which)];
                match (released, moved) {
                    (true, _) => Gesture::Release(button),
                    (false, true) => Gesture::Drag(button),
                    (false, false) => Gesture::Press(button),
                }
            }
            64 if !released => Gesture::Wheel(Turn::Up),
            65 if !released => Gesture::Wheel(Turn::Down),
            _ => return None,
        };
        Some(Mouse {
            gesture,
            shift: code & 4 != 0,
            alt: code & 8 != 0,
            ctrl: code & 16 != 0,
            at: (at.0.saturating_sub(1), at.1.saturating_sub(1)),
        })
    }
}
