//! What is made of boxes on several slices, before it is done.

use super::Shown;
use crate::app::dialog::boxes::BoxesOf;
use crate::view::Theme;
use crate::view::text::start_of;
use ratatui::text::Line;

pub fn shown(dialog: &BoxesOf, room: usize, theme: Theme) -> Shown {
    Shown {
        line: Line::styled(start_of(&dialog.in_words(), room), theme.title()),
        cursor: None,
    }
}
