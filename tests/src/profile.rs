//! What a scripted terminal answers, by kind of terminal.

use crate::Size;

/// A kind of terminal: its answers to queries, and the pixels that it tells the kernel.
///
/// Fields are public so that a test can make its own from one of these:
/// `Profile { cell: Some((10, 20)), ..Profile::XTERM_VT340 }`.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// For messages.
    pub name: &'static str,
    /// Queries, and what the terminal sends back. A query that is not here is not answered.
    pub replies: &'static [(&'static str, Reply)],
    /// Width and height of a character cell in pixels, as far as the kernel knows.
    pub cell: Option<(u16, u16)>,
    /// Pixels between the window's edge and the first cell, which the kernel's size includes.
    pub border: u16,
}

/// What is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Always this.
    Text(&'static str),
    /// `CSI 6 ; height ; width t`, the size of a cell in pixels.
    CellPixels,
    /// `CSI 4 ; height ; width t`, the size of all cells in pixels.
    TextPixels,
    /// `CSI row ; column R`, where the cursor is, counted from 1.
    Cursor,
}

/// DSR 5: "how are you", to which every terminal says that it is well. Programs send it last.
const STATUS: (&str, Reply) = ("\x1b[5n", Reply::Text("\x1b[0n"));
/// DSR 6.
const CURSOR: (&str, Reply) = ("\x1b[6n", Reply::Cursor);

impl Profile {
    /// `xterm -ti vt340`, version 379 as Debian builds it: sixel, and no reports of sizes (window
    /// operations are off), so that the kernel's pixels are the only source. Measured.
    pub const XTERM_VT340: Self = Self {
        name: "xterm -ti vt340",
        replies: &[
            ("\x1b[c", Reply::Text("\x1b[?63;1;2;4;6;9;15;16;22;28c")),
            ("\x1b[0c", Reply::Text("\x1b[?63;1;2;4;6;9;15;16;22;28c")),
            ("\x1b[>q", Reply::Text("\x1bP>|XTerm(379)\x1b\\")),
            ("\x1b[>0q", Reply::Text("\x1bP>|XTerm(379)\x1b\\")),
            ("\x1b[?2026$p", Reply::Text("\x1b[?2026;0$y")),
            ("\x1b[?1016$p", Reply::Text("\x1b[?1016;2$y")),
            ("\x1b[?8452$p", Reply::Text("\x1b[?8452;2$y")),
            CURSOR,
            STATUS,
        ],
        cell: Some((8, 15)),
        border: 2,
    };

    /// A terminal with sixel that reports all sizes and has synchronized output.
    pub const SIXEL_WITH_SIZES: Self = Self {
        name: "sixel, with sizes",
        replies: &[
            ("\x1b[c", Reply::Text("\x1b[?62;4;22c")),
            ("\x1b[0c", Reply::Text("\x1b[?62;4;22c")),
            ("\x1b[>q", Reply::Text("\x1bP>|sixelterm 1.0\x1b\\")),
            ("\x1b[>0q", Reply::Text("\x1bP>|sixelterm 1.0\x1b\\")),
            ("\x1b[14t", Reply::TextPixels),
            ("\x1b[16t", Reply::CellPixels),
            ("\x1b[?2026$p", Reply::Text("\x1b[?2026;2$y")),
            ("\x1b[?1016$p", Reply::Text("\x1b[?1016;2$y")),
            CURSOR,
            STATUS,
        ],
        cell: Some((10, 20)),
        border: 0,
    };

    /// kitty 0.31: its own protocol and no sixel.
    pub const KITTY: Self = Self {
        name: "kitty",
        replies: &[
            ("\x1b[c", Reply::Text("\x1b[?62;c")),
            ("\x1b[>q", Reply::Text("\x1bP>|kitty(0.31.0)\x1b\\")),
            (
                "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
                Reply::Text("\x1b_Gi=31;OK\x1b\\"),
            ),
            ("\x1b[14t", Reply::TextPixels),
            ("\x1b[16t", Reply::CellPixels),
            ("\x1b[?2026$p", Reply::Text("\x1b[?2026;2$y")),
            CURSOR,
            STATUS,
        ],
        cell: Some((10, 20)),
        border: 0,
    };

    /// WezTerm: says that it has everything, and does inline images best.
    pub const WEZTERM: Self = Self {
        name: "WezTerm",
        replies: &[
            ("\x1b[c", Reply::Text("\x1b[?65;4;6;18;22c")),
            (
                "\x1b[>q",
                Reply::Text("\x1bP>|WezTerm 20240203-110809\x1b\\"),
            ),
            (
                "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
                Reply::Text("\x1b_Gi=31;OK\x1b\\"),
            ),
            ("\x1b[14t", Reply::TextPixels),
            ("\x1b[16t", Reply::CellPixels),
            ("\x1b[?2026$p", Reply::Text("\x1b[?2026;2$y")),
            CURSOR,
            STATUS,
        ],
        cell: Some((10, 20)),
        border: 0,
    };

    /// A terminal without pictures that answers politely.
    pub const PLAIN: Self = Self {
        name: "plain, without sixel",
        replies: &[
            ("\x1b[c", Reply::Text("\x1b[?62;22c")),
            ("\x1b[0c", Reply::Text("\x1b[?62;22c")),
            ("\x1b[?2026$p", Reply::Text("\x1b[?2026;0$y")),
            ("\x1b[?1016$p", Reply::Text("\x1b[?1016;0$y")),
            CURSOR,
            STATUS,
        ],
        cell: None,
        border: 0,
    };

    /// A terminal that answers nothing, or a line so slow that no answer comes.
    pub const SILENT: Self = Self {
        name: "silent",
        replies: &[],
        cell: None,
        border: 0,
    };

    /// The size of the window in pixels as the kernel knows it; zeros if it does not.
    pub(crate) fn window_pixels(&self, size: Size) -> (u16, u16) {
        let Some((width, height)) = self.cell else {
            return (0, 0);
        };
        let pixels = |cells: u16, pixels: u16| {
            cells
                .saturating_mul(pixels)
                .saturating_add(self.border.saturating_mul(2))
        };
        (
            pixels(size.columns.get(), width),
            pixels(size.rows.get(), height),
        )
    }

    /// The answer to a control sequence of the program, if it is a query that is answered.
    /// `cursor` is (row, column), counted from 0.
    pub(crate) fn reply(&self, query: &[u8], size: Size, cursor: (u16, u16)) -> Option<String> {
        let (_, reply) = self
            .replies
            .iter()
            .find(|(known, _)| known.as_bytes() == query)?;
        let (width, height) = self.cell.unwrap_or_default();
        Some(match reply {
            Reply::Text(text) => (*text).to_owned(),
            Reply::CellPixels => format!("\x1b[6;{height};{width}t"),
            Reply::TextPixels => {
                let height = u32::from(height) * u32::from(size.rows.get());
                let width = u32::from(width) * u32::from(size.columns.get());
                format!("\x1b[4;{height};{width}t")
            }
            Reply::Cursor => {
                format!(
                    "\x1b[{};{}R",
                    u32::from(cursor.0) + 1,
                    u32::from(cursor.1) + 1
                )
            }
        })
    }
}
