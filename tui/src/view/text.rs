//! Text put on the screen: cut where there is no room, and broken between words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Draws a line, cut off after `width` columns.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, line: &Line<'_>) {
    if y < buffer.area.height && x < buffer.area.width {
        buffer.set_line(x, y, line, width.min(buffer.area.width - x));
    }
}

/// A text in lines of at most `width` columns, broken between words.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.width());
        if last > 0 && last + 1 + word.width() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Draws a text in as many lines as it needs, broken between words. Returns the first row below.
pub fn put_wrapped(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let lines = wrapped(text, usize::from(area.width));
    let mut rows = area.y..area.bottom();
    for (y, line) in rows.by_ref().zip(&lines) {
        put(
            buffer,
            area.x,
            y,
            area.width,
            &Line::styled(line.as_str(), style),
        );
    }
    rows.start
}

/// The beginning of a text, with `…` where it does not fit into `columns`.
pub fn start_of(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut start = String::new();
    for character in text.chars() {
        if start.width() + character.width().unwrap_or(0) + 1 > columns {
            break;
        }
        start.push(character);
    }
    start + "…"
}

/// The end of a text, as much as fits into `columns`.
pub fn end_of(text: &str, columns: usize) -> String {
    let mut start = text.len();
    let mut taken = 0;
    for (at, character) in text.char_indices().rev() {
        taken += character.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        start = at;
    }
    text[start..].to_owned()
}
