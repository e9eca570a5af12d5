//! Why there can be no decision now.

use super::Shown;
use super::said;
use crate::app::dialog::refusal::Refusal;
use crate::view::Theme;

pub fn shown(dialog: &Refusal, room: usize, theme: Theme) -> Shown {
    said(&dialog.0, room, theme)
}
