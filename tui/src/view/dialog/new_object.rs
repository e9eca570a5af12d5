//! The name of a new object being typed.

use super::Shown;
use super::typed;
use crate::app::dialog::new_object::NewObject;
use crate::view::Theme;

pub fn shown(dialog: &NewObject, room: usize, theme: Theme) -> Shown {
    let question = format!("new object {}, its name: ", dialog.label);
    typed::line(question, &dialog.text, room, theme)
}
