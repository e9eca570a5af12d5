//! A command being typed, and the actions that it may become.

use super::Shown;
use super::typed;
use crate::app::dialog::command::Command;
use crate::view::Theme;
use crate::view::text::start_of;
use ratatui::text::Span;

const GAP: &str = "   ";

pub fn shown(dialog: &Command, room: usize, theme: Theme) -> Shown {
    let mut shown = typed::line(":".to_owned(), &dialog.text, room, theme);
    let candidates: Vec<&str> = dialog.candidates().collect();
    let rest = room.saturating_sub(shown.line.width() + GAP.len());
    let candidates = start_of(&candidates.join(" "), rest);
    let candidates = Span::styled(format!("{GAP}{candidates}"), theme.faint());
    shown.line.push_span(candidates);
    shown
}
