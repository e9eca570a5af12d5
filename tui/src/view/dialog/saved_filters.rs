//! The saved filters over the lower part of the list.

use crate::app::Model;
use crate::app::dialog::filter::SAVE;
use crate::view::Theme;
use crate::view::text::put;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

pub fn draw(model: &Model, list: Rect, theme: Theme, buffer: &mut Buffer) {
    let filters = &model.saved_filters;
    let height = (filters.len().max(1) as u16 + 2).min(list.height);
    let area = Rect::new(list.x, list.bottom() - height, list.width, height);
    Clear.render(area, buffer);
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(" Saved filters ", theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);
    for (n, (y, filter)) in (inner.y..inner.bottom()).zip(filters).enumerate() {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", n + 1), theme.key()),
            Span::raw(printable(filter)),
        ]);
        put(buffer, inner.x, y, inner.width, &line);
    }
    if filters.is_empty() {
        let text = format!(" None; {SAVE} saves the filter that is typed.");
        put(buffer, inner.x, inner.y, inner.width, &Line::raw(text));
    }
}
