//! What dialogs show. Each stands in a file of the name that it has in `app/dialog/`.

mod approval;
mod boxes;
mod command;
mod conflict;
mod filter;
pub mod help;
mod help_words;
mod new_object;
mod note;
mod other_result;
mod question;
mod range;
mod reason;
mod refusal;
pub mod saved_filters;
mod typed;

use super::Theme;
use super::text::start_of;
use crate::app::{Dialog, Model};
use medicosam_shared::text::printable;
use ratatui::text::Line;

/// What the line above the hints shows of a dialog.
pub struct Shown {
    /// The line.
    pub line: Line<'static>,
    /// The column of the cursor in it, if something is being typed.
    pub cursor: Option<u16>,
}

/// What the line above the hints, of `room` columns, shows of the dialog; `None` if that line is
/// for notices.
pub fn shown(model: &Model, room: usize, theme: Theme) -> Option<Shown> {
    let noticed = model.notice.is_some();
    Some(match model.dialog.as_ref()? {
        Dialog::SavedFilters(_) => return None,
        Dialog::Help(dialog) => return help_words::shown(dialog, room, theme).filter(|_| !noticed),
        // The line gives way to a notice about it, until the next key.
        Dialog::Reason(_)
        | Dialog::Note(_)
        | Dialog::Filter(_)
        | Dialog::NewObject(_)
        | Dialog::Range(_)
        | Dialog::Boxes(_)
        | Dialog::Approval(_)
        | Dialog::Conflict(_)
        | Dialog::OtherResult(_)
            if noticed =>
        {
            return None;
        }
        Dialog::Reason(dialog) => reason::shown(dialog, room, theme),
        Dialog::Note(dialog) => note::shown(dialog, room, theme),
        Dialog::Filter(dialog) => filter::shown(dialog, room, theme),
        Dialog::NewObject(dialog) => new_object::shown(dialog, room, theme),
        Dialog::Range(dialog) => range::shown(dialog, room, theme),
        Dialog::Boxes(dialog) => boxes::shown(dialog, room, theme),
        Dialog::Command(dialog) => command::shown(dialog, room, theme),
        Dialog::Question(dialog) => question::shown(dialog, room, theme),
        Dialog::Refusal(dialog) => refusal::shown(dialog, room, theme),
        Dialog::Conflict(dialog) => conflict::shown(dialog, room, theme),
        Dialog::OtherResult(dialog) => other_result::shown(dialog, room, theme),
        Dialog::Approval(dialog) => approval::shown(dialog, room, theme),
    })
}

/// A sentence that nobody types.
fn said(text: &str, room: usize, theme: Theme) -> Shown {
    let text = start_of(&printable(text), room);
    Shown {
        line: Line::styled(text, theme.bad()),
        cursor: None,
    }
}
