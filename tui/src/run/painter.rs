//! The one place that decides which bytes go to the terminal.
//!
//! It knows the contents of the terminal and writes only the differences. A picture lies over cells
//! that are blank as text. Most pictures go when text is written on their cells; those of kitty
//! stay until they are deleted. Within tmux a picture is text.

use crate::picture::kitty;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::io::Write;
use std::ops::Range;

/// The contents of the terminal.
#[derive(Debug)]
pub struct Painter {
    /// As text; `None`: not known.
    last: Option<Buffer>,
    /// Cells with a picture on them.
    covered: Option<Rect>,
    /// Numbers of the pictures that are there until they are deleted.
    kept: Range<u32>,
    cursor: Option<Position>,
}

/// Pixels to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The cell that their upper left corner is in.
    pub at: Position,
    /// The pixels.
    pub pixels: Pixels,
    /// Whether they are a whole picture, or a patch on the current one.
    pub whole: bool,
}

/// Pixels as a terminal takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// A sequence that draws them at the cursor, in place of the text there.
    InCells(Vec<u8>),
    /// The output of [`kitty::encode`]; they lie over the text until they are deleted.
    OverCells(Vec<u8>),
    /// Commands for a picture that cells of text name, and without which these show nothing.
    ForText(Vec<u8>),
}

/// The first number of a picture; others may have pictures on the same terminal.
const FIRST_KEPT: u32 = 0x6d65_0000;

/// A character that no text has: differs from everything.
const UNKNOWN: &str = "\u{10ffff}";

impl Painter {
    /// Nothing is known of the terminal.
    pub fn new() -> Self {
        Painter {
            last: None,
            covered: None,
            kept: FIRST_KEPT..FIRST_KEPT,
            cursor: None,
        }
    }

    /// Forgets the contents of the terminal, so that everything is redrawn.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// The bytes that make the terminal show `next`, with a picture over the cells `covered` (the
    /// one that is there, changed or replaced by `drawing`) and the cursor at `cursor`. Empty if it
    /// does already.
    pub fn paint(
        &mut self,
        next: Buffer,
        covered: Option<Rect>,
        drawing: Option<&Drawing>,
        cursor: Option<Position>,
        synchronized: bool,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = match self.last.take() {
            Some(last) if last.area == next.area => last,
            _ => {
                bytes.extend(b"\x1b[0m\x1b[2J");
                self.delete_kept(self.kept.end, &mut bytes);
                self.covered = None;
                Buffer::empty(next.area)
            }
        };
        if let Some(old) = self.covered.filter(|_| self.covered != covered) {
            for position in old.intersection(last.area).positions() {
                last[position].set_symbol(UNKNOWN);
            }
            self.delete_kept(self.kept.end, &mut bytes);
        }
        if let Some(Pixels::ForText(commands)) = drawing.map(|drawing| &drawing.pixels) {
            bytes.extend(commands);
        }
        let changes: Vec<_> = last.diff_iter(&next).collect();
        if !changes.is_empty() {
            // Writing to memory cannot fail.
            let _ = CrosstermBackend::new(&mut bytes).draw(changes.into_iter());
        }
        if let (Some(drawing), Some(_)) = (drawing, covered) {
            self.paint_picture(drawing, &mut bytes);
        }
        match cursor {
            // Anything written has moved it.
            Some(Position { x, y }) if !bytes.is_empty() || self.cursor != cursor => {
                let _ = write!(bytes, "\x1b[{};{}H\x1b[?25h", y + 1, x + 1);
            }
            None if self.cursor.is_some() => bytes.extend(b"\x1b[?25l"),
            Some(_) | None => {}
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

    fn paint_picture(&mut self, drawing: &Drawing, bytes: &mut Vec<u8>) {
        let Position { x, y } = drawing.at;
        let _ = write!(bytes, "\x1b[{};{}H", y + 1, x + 1);
        match &drawing.pixels {
            Pixels::InCells(sequence) => bytes.extend(sequence),
            Pixels::OverCells(base64) => {
                let id = self.kept.end;
                bytes.extend(kitty::show(id, base64));
                self.kept.end += 1;
                if drawing.whole {
                    // Now that the new one is there the old ones can go.
                    self.delete_kept(id, bytes);
                }
            }
            // Went out before the text.
            Pixels::ForText(_) => {}
        }
    }

    /// Deletes the pictures before number `end`.
    fn delete_kept(&mut self, end: u32, bytes: &mut Vec<u8>) {
        for id in self.kept.start..end {
            bytes.extend(kitty::delete(id));
        }
        self.kept.start = end;
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
        let pixels = |text: &str| Pixels::InCells(text.as_bytes().to_vec());
        paint_pixels(painter, next, covered, sixel.map(pixels), true)
    }

    fn paint_pixels(
        painter: &mut Painter,
        next: Buffer,
        covered: Option<Rect>,
        pixels: Option<Pixels>,
        whole: bool,
    ) -> String {
        let drawing = pixels.map(|pixels| Drawing {
            at: covered.unwrap().as_position(),
            pixels,
            whole,
        });
        let bytes = painter.paint(next, covered, drawing.as_ref(), None, false);
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
    fn a_picture_that_stays_is_deleted_when_the_next_one_is_there() {
        let mut painter = Painter::new();
        let mut paint = |covered, pixels: Option<&str>, whole| {
            let pixels = pixels.map(|text| Pixels::OverCells(text.as_bytes().to_vec()));
            paint_pixels(&mut painter, text(""), covered, pixels, whole)
        };
        let shown = |id: u32| format!("i={}", FIRST_KEPT + id);
        let deleted = |id: u32| format!("a=d,d=I,i={}", FIRST_KEPT + id);

        let first = paint(Some(PLACE), Some("Rmlyc3Q="), true);
        assert!(
            first.contains(&shown(0)) && !first.contains("a=d"),
            "{first:?}"
        );
        let patch = paint(Some(PLACE), Some("UGF0Y2g="), false);
        assert!(
            patch.contains(&shown(1)) && !patch.contains("a=d"),
            "{patch:?}"
        );
        let next = paint(Some(PLACE), Some("TmV4dA=="), true);
        let there = next.find("TmV4dA==").unwrap();
        for old in [0, 1] {
            assert!(next.find(&deleted(old)) > Some(there), "{next:?}");
        }
        assert!(!next.contains(&deleted(2)));
        let gone = paint(None, None, true);
        assert!(gone.contains(&deleted(2)), "{gone:?}");
        assert_eq!(paint(None, None, true), "");
    }

    #[test]
    fn a_picture_that_text_names_is_there_before_the_text() {
        let mut painter = Painter::new();
        paint(&mut painter, text(""), None, None);
        let drawing = Drawing {
            at: PLACE.as_position(),
            pixels: Pixels::ForText(b"PICTURE".to_vec()),
            whole: true,
        };
        let bytes = painter.paint(text("named"), None, Some(&drawing), None, false);
        let bytes = String::from_utf8(bytes).unwrap();
        assert!(
            bytes.starts_with("PICTURE") && bytes.contains("named"),
            "{bytes:?}"
        );
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
