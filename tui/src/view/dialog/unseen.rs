//! How much of the masks was not shown.

use super::Shown;
use super::said;
use crate::app::dialog::unseen::Unseen;
use crate::view::Theme;

pub fn shown(dialog: &Unseen, room: usize, theme: Theme) -> Shown {
    let Unseen { unseen, of, .. } = dialog;
    let text = format!("{unseen} of {of} slices with a mask were not on the screen.");
    said(&text, room, theme)
}
