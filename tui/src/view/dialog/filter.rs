//! A filter being typed, and the mistake in it so far.

use super::Shown;
use super::typed;
use crate::app::dialog::filter::FilterLine;
use crate::view::Theme;
use crate::view::text::start_of;
use medicosam_shared::text::printable;
use ratatui::text::Span;

const GAP: &str = "   ";

pub fn shown(dialog: &FilterLine, room: usize, theme: Theme) -> Shown {
    let mut shown = typed::line("/".to_owned(), &dialog.text, room, theme);
    if let Some(problem) = &dialog.problem {
        let rest = room.saturating_sub(shown.line.width() + GAP.len());
        let problem = start_of(&printable(problem), rest);
        shown.line.push_span(Span::raw(GAP));
        shown.line.push_span(Span::styled(problem, theme.bad()));
    }
    shown
}
