//! Who was first, with what, when and why.

use super::Shown;
use super::said;
use crate::app::dialog::conflict::Conflict;
use crate::view::Theme;

pub fn shown(dialog: &Conflict, room: usize, theme: Theme) -> Shown {
    said(&dialog.text, room, theme)
}
