//! A line being typed: the question, and the text so far.

use super::Shown;
use crate::app::dialog::line::Line as Typed;
use crate::view::Theme;
use crate::view::text::end_of;
use medicosam_shared::text::printable;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// A line being typed; only its end if it has more than `room` columns.
pub fn line(question: String, text: &Typed, room: usize, theme: Theme) -> Shown {
    let room = room.saturating_sub(question.width() + 1);
    let text = end_of(&printable(text.as_str()), room);
    let line = Line::from(vec![Span::styled(question, theme.title()), Span::raw(text)]);
    Shown {
        cursor: Some(line.width() as u16),
        line,
    }
}
