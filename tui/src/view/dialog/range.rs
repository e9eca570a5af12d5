//! The slices on which an object is to be followed, being typed.

use super::Shown;
use super::typed;
use crate::app::dialog::range::Range;
use crate::view::Theme;

pub fn shown(dialog: &Range, room: usize, theme: Theme) -> Shown {
    let question = format!("from slice {} to, or A..B; ! goes through: ", dialog.here);
    typed::line(question, &dialog.text, room, theme)
}
