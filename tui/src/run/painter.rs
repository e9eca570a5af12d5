//! The one place that decides which bytes go to the terminal.
//!
//! It knows what is on the terminal and writes only what differs. A sixel lies over cells that are
//! blank as text; writing text on a cell is what takes the sixel off it.

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::io::Write;

/// What is on the terminal.
#[derive(Debug)]
pub struct Painter {
    /// As text; `None`: not known.
    last: Option<Buffer>,
    /// Cells with a sixel on them.
    covered: Option<Rect>,
    cursor: Option<Position>,
}

/// A character that no text has: differs from everything.
const UNKNOWN: &str = "\u{10ffff}";

impl Painter {
    /// Nothing is known of the terminal.
    pub fn new() -> Self {
        Painter {
            last: None,
            covered: None,
            cursor: None,
        }
    }

    /// Forgets what is on the terminal; it is drawn anew.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// The bytes that make the terminal show `next`, with a sixel over the cells `covered` (the
    /// one that is there, or the new one in `sixel`) and the cursor at `cursor`. Empty if it does
    /// already.
    pub fn paint(
        &mut self,
        next: Buffer,
        covered: Option<Rect>,
        sixel: Option<&[u8]>,
        cursor: Option<Position>,
        synchronized: bool,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = match self.last.take() {
            Some(last) if last.area == next.area => last,
            _ => {
                bytes.extend(b"\x1b[0m\x1b[2J");
                self.covered = None;
                Buffer::empty(next.area)
            }
        };
        if let Some(old) = self.covered.filter(|_| self.covered != covered) {
            for position in old.intersection(last.area).positions() {
                last[position].set_symbol(UNKNOWN);
            }
        }
        let changes: Vec<_> = last.diff_iter(&next).collect();
        if !changes.is_empty() {
            // Writing to memory cannot fail.
            let _ = CrosstermBackend::new(&mut bytes).draw(changes.into_iter());
        }
        if let (Some(sixel), Some(place)) = (sixel, covered) {
            let _ = write!(bytes, "\x1b[{};{}H", place.y + 1, place.x + 1);
            bytes.extend(sixel);
        }
        match cursor {
            // Anything written has moved it.
            Some(Position { x, y }) if !bytes.is_empty() || self.cursor != cursor => {
                let _ = write!(bytes, "\x1b[{};{}H\x1b[?25h", y + 1, x + 1);
            }
            None if self.cursor.is_some() => bytes.extend(b"\x1b[?25l"),
            _ => {}
        }
        if synchronized && !bytes.is_empty() {
            bytes.splice(..0, *b"\x1b[?2026h");
            bytes.extend(b"\x1b[?2026l");
        }
        self.last = Some(next);
        self.covered = covered;
        self.cursor = cursor;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    const AREA: Rect = Rect::new(0, 0, 10, 4);
    const PLACE: Rect = Rect::new(2, 1, 3, 2);

    fn text(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(AREA);
        buffer.set_string(0, 0, text, Style::new());
        buffer
    }

    fn paint(
        painter: &mut Painter,
        next: Buffer,
        covered: Option<Rect>,
        sixel: Option<&str>,
    ) -> String {
        let bytes = painter.paint(next, covered, sixel.map(str::as_bytes), None, false);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn only_what_differs_is_written_and_nothing_if_nothing_does() {
        let mut painter = Painter::new();
        assert!(paint(&mut painter, text("abc"), None, None).contains("\x1b[2J"));
        assert_eq!(paint(&mut painter, text("abc"), None, None), "");
        let change = paint(&mut painter, text("abd"), None, None);
        assert!(change.starts_with("\x1b[1;3Hd"), "{change:?}");
        painter.forget();
        assert!(paint(&mut painter, text("abd"), None, None).contains("abd"));
    }

    #[test]
    fn a_sixel_stays_until_its_cells_are_written() {
        let mut painter = Painter::new();
        paint(&mut painter, text("a"), None, None);
        let drawn = paint(&mut painter, text("a"), Some(PLACE), Some("SIXEL"));
        assert_eq!(drawn, "\x1b[2;3HSIXEL");
        assert_eq!(paint(&mut painter, text("a"), Some(PLACE), None), "");
        assert_eq!(
            paint(&mut painter, text("a"), Some(PLACE), Some("NEXT")),
            "\x1b[2;3HNEXT",
            "the same place is not cleared first"
        );
        let erased = paint(&mut painter, text("a"), None, None);
        assert!(erased.starts_with("\x1b[2;3H   \x1b[3;3H   "), "{erased:?}");
        assert_eq!(paint(&mut painter, text("a"), None, None), "");
    }

    #[test]
    fn a_sixel_elsewhere_is_drawn_after_the_old_one_is_erased() {
        let mut painter = Painter::new();
        paint(&mut painter, text(""), Some(PLACE), Some("OLD"));
        let moved = Rect::new(4, 1, 3, 2);
        let bytes = paint(&mut painter, text(""), Some(moved), Some("NEW"));
        let erased = bytes.find("   ").unwrap();
        assert!(erased < bytes.find("NEW").unwrap(), "{bytes:?}");
    }

    #[test]
    fn text_under_a_sixel_is_blanked_first() {
        let mut painter = Painter::new();
        let mut waiting = text("");
        waiting.set_string(2, 1, "wai", Style::new());
        paint(&mut painter, waiting, None, None);
        let bytes = paint(&mut painter, text(""), Some(PLACE), Some("SIXEL"));
        assert!(bytes.starts_with("\x1b[2;3H   "), "{bytes:?}");
        assert!(bytes.ends_with("\x1b[2;3HSIXEL"), "{bytes:?}");
    }

    #[test]
    fn the_cursor_is_put_back_after_anything_is_written() {
        let mut painter = Painter::new();
        let at = Some(Position::new(5, 3));
        let paint = |painter: &mut Painter, next, cursor| {
            String::from_utf8(painter.paint(next, None, None, cursor, false)).unwrap()
        };
        paint(&mut painter, text(""), None);
        assert_eq!(paint(&mut painter, text(""), at), "\x1b[4;6H\x1b[?25h");
        assert_eq!(paint(&mut painter, text(""), at), "");
        assert!(paint(&mut painter, text("x"), at).ends_with("\x1b[4;6H\x1b[?25h"));
        assert_eq!(paint(&mut painter, text("x"), None), "\x1b[?25l");
    }

    #[test]
    fn a_frame_is_held_back_until_it_is_complete_where_the_terminal_can() {
        let mut painter = Painter::new();
        let bytes = painter.paint(text("a"), None, None, None, true);
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
        assert_eq!(painter.paint(text("a"), None, None, None, true), b"");
    }
}
