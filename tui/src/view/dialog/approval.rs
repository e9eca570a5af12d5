//! What speaks against an approval.

use super::Shown;
use super::said;
use crate::app::dialog::approval::Approval;
use crate::view::Theme;
use unicode_width::UnicodeWidthStr;

pub fn shown(dialog: &Approval, room: usize, theme: Theme) -> Shown {
    let cases = dialog.targets.len();
    let in_full = dialog.doubts.in_words(cases, true);
    let text = match in_full.width() <= room {
        true => in_full,
        false => dialog.doubts.in_words(cases, false),
    };
    said(&text, room, theme)
}
