//! The look of the screen: the model as characters. Nothing here changes the model.
//!
//! The picture is not drawn here. Its place is left blank, and [`crate::layout`] says where it is.

mod ascii;
mod chrome;
mod detail;
mod dialog;
mod names;
mod objects;
mod panel;
mod preview;
mod queue;
mod review;
mod text;
mod theme;

#[cfg(test)]
mod tests;

pub use theme::{Colours, Role, Theme, ThemeChoice};

use crate::app::{Dialog, Model, Screen};
use crate::layout;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use text::put;

/// The state of the picture on the terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PictureStatus {
    /// The cells that it covers, once it is there.
    pub place: Option<Rect>,
    /// How it is shown, in words.
    pub text: String,
    /// Why there will be no picture, if so.
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
        (Some(Dialog::Help(help)), _) => dialog::help::draw(model, help, theme, buffer),
        (_, Screen::Queue) => queue::draw(model, picture, theme, buffer),
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
