//! The keys of a screen, and the mouse.

use crate::app::dialog::help::Help;
use crate::app::keymap::help::{HelpRow, columns, overflow};
use crate::app::keymap::{END, REDRAW};
use crate::app::{Context, Model};
use crate::layout;
use crate::view::text::put;
use crate::view::{Theme, chrome};
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

/// Columns for the keys themselves.
const KEYS: usize = 9;

pub fn draw(model: &Model, help: &Help, theme: Theme, buffer: &mut Buffer) {
    let context = help.context;
    let title = match context {
        Context::Queue => "Keys in the queue",
        Context::Review => "Keys when looking at a case",
        Context::Window => "Keys when adjusting the window",
        Context::Edit => "Keys when correcting masks",
        Context::Help => "Keys",
    };
    let always = format!("{} ends, {} draws anew", END.symbol(), REDRAW.symbol());
    chrome::header(
        &Line::styled(title, theme.title()),
        &Line::styled(always, theme.faint()),
        buffer,
    );
    let size = (buffer.area.width, buffer.area.height);
    let rows = model.help(help);
    let (height, lists) = layout::help(size);
    let top = help.top.min(overflow(&rows, size));
    if rows.is_empty() {
        let nothing = Line::styled("No key has to do with that.", theme.faint());
        put(buffer, 1, 2, buffer.area.width, &nothing);
    }
    for (list, rows) in columns(&rows[top..], height).iter().take(lists).enumerate() {
        for (y, row) in rows.iter().enumerate() {
            let line = match row {
                HelpRow::Gap => continue,
                HelpRow::Heading(text) => {
                    Line::styled(format!("{:KEYS$}  {text}", ""), theme.faint())
                }
                HelpRow::Keys(action) => {
                    let keys = model.keymap.keys(context, *action).map(|key| key.symbol());
                    let keys: Vec<String> = keys.collect();
                    line(&keys.join(" "), action.title(), theme)
                }
                HelpRow::Gesture(gesture, title) | HelpRow::Word(gesture, title) => {
                    line(gesture, title, theme)
                }
            };
            put(
                buffer,
                list as u16 * layout::HELP_LIST,
                y as u16 + 2,
                layout::HELP_LIST,
                &line,
            );
        }
    }
}

fn line<'a>(keys: &str, title: &'a str, theme: Theme) -> Line<'a> {
    Line::from(vec![
        Span::styled(format!("{keys:>KEYS$}"), theme.key()),
        Span::raw(format!("  {title}")),
    ])
}
