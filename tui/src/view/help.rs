//! The keys of a screen, and the mouse.

use super::{Theme, chrome, put};
use crate::app::{Action, Context, Model};
use crate::layout;
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

/// Columns for the keys themselves.
const KEYS: usize = 9;

pub fn draw(model: &Model, context: Context, top: usize, theme: Theme, buffer: &mut Buffer) {
    let title = match context {
        Context::Queue => "Keys in the queue",
        Context::Review => "Keys when looking at a case",
        Context::Window => "Keys when adjusting the window",
        Context::Edit => "Keys when changing prompts",
        Context::Help => "Keys",
    };
    chrome::header(
        &Line::styled(title, theme.title()),
        &Line::styled("^c ends, ^l draws anew", theme.faint()),
        buffer,
    );
    let size = (buffer.area.width, buffer.area.height);
    let (rows, lists) = layout::help(size);
    let top = top.min(layout::help_overflow(model.help_lines(context), size));
    let lines: Vec<Line<'_>> = lines(model, context, theme).skip(top).collect();
    for (list, lines) in lines.chunks(rows).take(lists).enumerate() {
        for (row, line) in lines.iter().enumerate() {
            put(
                buffer,
                list as u16 * layout::HELP_LIST,
                row as u16 + 2,
                layout::HELP_LIST,
                line,
            );
        }
    }
}

/// The keys, and then the mouse, with what they do.
fn lines(model: &Model, context: Context, theme: Theme) -> impl Iterator<Item = Line<'_>> {
    let keys = move |action: Action| -> String {
        let keys = model.keymap.keys(context, action).map(|key| key.symbol());
        keys.collect::<Vec<_>>().join(" ")
    };
    let actions = model.keymap.actions(context).into_iter();
    let actions = actions.map(move |action| (keys(action), action.title()));
    let gestures = model.gestures(context).iter();
    let gestures = gestures.map(|&(gesture, title)| (gesture.to_owned(), title));
    actions.chain(gestures).map(move |(keys, title)| {
        Line::from(vec![
            Span::styled(format!("{keys:>KEYS$}"), theme.key()),
            Span::raw(format!("  {title}")),
        ])
    })
}
