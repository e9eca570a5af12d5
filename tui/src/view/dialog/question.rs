//! A question that is answered with yes or no.

use super::Shown;
use crate::app::dialog::question::Question;
use crate::view::Theme;
use crate::view::text::end_of;
use medicosam_shared::text::printable;
use ratatui::text::Line;

pub fn shown(dialog: &Question, room: usize, theme: Theme) -> Shown {
    let text = match dialog {
        Question::Discard => "Discard the draft?".to_owned(),
        Question::Rebase(why) => format!("{}. Put your draft on top of it?", printable(why)),
    };
    // The question is at its end.
    let text = end_of(&text, room);
    Shown {
        line: Line::styled(text, theme.title()),
        cursor: None,
    }
}
