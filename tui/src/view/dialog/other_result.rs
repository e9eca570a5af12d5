//! What lies where the result of a case goes.

use super::Shown;
use super::said;
use crate::app::dialog::other_result::OtherResult;
use crate::view::Theme;

pub fn shown(dialog: &OtherResult, room: usize, theme: Theme) -> Shown {
    said(&dialog.text, room, theme)
}
