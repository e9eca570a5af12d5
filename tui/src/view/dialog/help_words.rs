//! The words that keys are looked for by.

use super::{Shown, typed};
use crate::app::dialog::help::Help;
use crate::view::Theme;

/// The words, as they are typed; `None` if all keys are shown.
pub fn shown(help: &Help, room: usize, theme: Theme) -> Option<Shown> {
    if !help.typing && help.words.as_str().is_empty() {
        return None;
    }
    let mut shown = typed::line("/".to_owned(), &help.words, room, theme);
    shown.cursor = shown.cursor.filter(|_| help.typing);
    Some(shown)
}
