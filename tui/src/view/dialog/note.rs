//! A note being typed.

use super::Shown;
use super::typed;
use crate::app::dialog::note::Note;
use crate::view::Theme;

pub fn shown(dialog: &Note, room: usize, theme: Theme) -> Shown {
    typed::line("note: ".to_owned(), &dialog.text, room, theme)
}
