//! What the screen looks like: the model as characters. Nothing here changes anything.
//!
//! The picture is not drawn here. Its place is left blank, and [`crate::layout`] says where it is.

mod ascii;
mod chrome;
mod detail;
mod help;
mod objects;
mod panel;
mod queue;
mod review;
mod theme;

#[cfg(test)]
mod tests;

pub use theme::{Colours, Role, Theme};

use crate::app::{Dialog, Model, Screen};
use crate::layout;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

/// What the terminal's side knows of the picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PictureStatus {
    /// The cells that it covers, once it is there.
    pub place: Option<Rect>,
    /// How it is shown, in words.
    pub text: String,
    /// Why there will be none, if so.
    pub none: Option<&'static str>,
}

/// Draws the model on an empty buffer, whose area begins at 0, 0; returns where the cursor is, if
/// it is to be seen.
pub fn view(
    model: &Model,
    picture: &PictureStatus,
    theme: Theme,
    buffer: &mut Buffer,
) -> Option<Position> {
    let area = buffer.area;
    let size = (area.width, area.height);
    if !layout::is_enough(size) {
        too_small(buffer);
        return None;
    }
    let cursor = draw(model, picture, theme, buffer);
    if theme.is_ascii() {
        ascii::replace(buffer);
    }
    cursor
}

fn draw(
    model: &Model,
    picture: &PictureStatus,
    theme: Theme,
    buffer: &mut Buffer,
) -> Option<Position> {
    match (&model.dialog, &model.screen) {
        (Some(Dialog::Help { context, top }), _) => {
            help::draw(model, *context, *top, theme, buffer)
        }
        (_, Screen::Queue) => queue::draw(model, theme, buffer),
        (_, Screen::Review(review)) => review::draw(model, review, picture, theme, buffer),
    }
    chrome::hints(model, theme, buffer);
    chrome::message(model, picture, theme, buffer)
}

fn too_small(buffer: &mut Buffer) {
    let (width, height) = layout::LEAST;
    let Rect {
        width: columns,
        height: rows,
        ..
    } = buffer.area;
    let lines = [
        format!("{columns}x{rows} is too small."),
        format!("medicosam needs {width}x{height}."),
    ];
    for (row, line) in (0..rows).zip(lines) {
        put(buffer, 0, row, columns, &Line::raw(line));
    }
}

/// Draws a line, cut off after `width` columns.
fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, line: &Line<'_>) {
    if y < buffer.area.height && x < buffer.area.width {
        buffer.set_line(x, y, line, width.min(buffer.area.width - x));
    }
}

/// A text in lines of at most `width` columns, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
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
fn put_wrapped(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
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
