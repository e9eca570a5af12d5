//! What speaks against an approval.

use super::Shown;
use super::said;
use crate::app::dialog::approval::Approval;
use crate::app::state::doubts::Doubts;
use crate::verbs::score;
use crate::view::Theme;
use medicosam_shared::text::printable;
use unicode_width::UnicodeWidthStr;

pub fn shown(dialog: &Approval, room: usize, theme: Theme) -> Shown {
    let cases = dialog.targets.len();
    let in_full = text(&dialog.doubts, cases, true);
    let text = match in_full.width() <= room {
        true => in_full,
        false => text(&dialog.doubts, cases, false),
    };
    said(&text, room, theme)
}

/// All of them in a line; objects by their names, or their numbers only.
fn text(doubts: &Doubts, cases: usize, by_name: bool) -> String {
    let named = |names: &[String]| match names {
        [name] => printable(name),
        names if by_name => printable(&names.join(", ")),
        names => format!("{} objects", names.len()),
    };
    let mut parts = Vec::new();
    if doubts.draft {
        parts.push("your draft is not committed".to_owned());
    }
    if doubts.nothing_asked {
        parts.push("nothing was segmented: it needs a prompt".to_owned());
    }
    if !doubts.without_prompt.is_empty() {
        parts.push(format!("no prompt: {}", named(&doubts.without_prompt)));
    }
    if !doubts.empty.is_empty() {
        parts.push(format!("empty: {}", named(&doubts.empty)));
    }
    match doubts.low.as_slice() {
        [] => {}
        [(low, limit)] => parts.push(format!(
            "score {} below {}",
            score(Some(*low)),
            score(Some(*limit))
        )),
        several => {
            let lowest = several.iter().map(|(score, _)| *score).reduce(f32::min);
            parts.push(format!(
                "{} of {cases} scores low, down to {}",
                several.len(),
                score(lowest)
            ));
        }
    }
    if doubts.unpictured {
        parts.push("nothing was seen: there are no pictures".to_owned());
    }
    if doubts.unseen > 0 {
        parts.push(format!(
            "{} of {} slices with a mask not seen",
            doubts.unseen, doubts.of
        ));
    }
    let mut text = parts.join("; ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_all_of_them_and_is_shorter_where_there_is_less_room() {
        let doubts = Doubts {
            draft: true,
            nothing_asked: false,
            without_prompt: vec!["spleen".to_owned()],
            empty: vec!["liver".to_owned(), "left kidney".to_owned()],
            low: vec![(0.413, 0.5)],
            unpictured: false,
            unseen: 12,
            of: 40,
        };
        assert_eq!(
            text(&doubts, 1, true),
            "Your draft is not committed; no prompt: spleen; empty: liver, left kidney; \
             score 0.41 below 0.50; 12 of 40 slices with a mask not seen."
        );
        assert!(text(&doubts, 1, false).contains("empty: 2 objects"));
        let several = Doubts {
            nothing_asked: true,
            low: vec![(0.4, 0.5), (0.3, 0.5)],
            unpictured: true,
            ..Doubts::default()
        };
        assert_eq!(
            text(&several, 3, true),
            "Nothing was segmented: it needs a prompt; 2 of 3 scores low, down to 0.30; nothing was seen: there are no pictures."
        );
    }
}
