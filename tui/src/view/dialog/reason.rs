//! The decision, and its reason being typed.

use super::Shown;
use super::typed;
use crate::app::dialog::reason::Reason;
use crate::view::Theme;
use medicosam_shared::case::Verdict;

pub fn shown(dialog: &Reason, room: usize, theme: Theme) -> Shown {
    let verb = match dialog.verdict {
        Verdict::Approve => "approve",
        Verdict::Reject => "reject",
        Verdict::Flag => "flag",
    };
    let what = match dialog.targets.len() {
        1 => String::new(),
        several => format!(" {several} cases"),
    };
    typed::line(format!("{verb}{what} because: "), &dialog.text, room, theme)
}
