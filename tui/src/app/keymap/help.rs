//! The rows of the help: keys of a context by section, gestures of the mouse, and words.

use super::Keymap;
use super::gestures;
use crate::app::action::Action;
use crate::app::action::context::Context;
use crate::layout;

/// A row of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpRow {
    /// Nothing.
    Gap,
    /// The heading of the keys below.
    Heading(&'static str),
    /// The keys of an action, and what it does.
    Keys(Action),
    /// A gesture of the mouse, and its effect.
    Gesture(&'static str, &'static str),
    /// A word of the screen, and its meaning.
    Word(&'static str, &'static str),
}

/// The rows for `context`, with those of the mouse if it is used.
pub fn rows(keymap: &Keymap, context: Context, mouse: bool) -> Vec<HelpRow> {
    let mut rows = Vec::new();
    for section in context.sections() {
        let is_here = |action: &Action| {
            let keys = action.def().at(context);
            keys.is_some_and(|keys| keys.section == *section)
        };
        let keys = keymap.actions(context).filter(is_here).map(HelpRow::Keys);
        add_section(&mut rows, section.heading(), keys.collect());
    }
    if mouse {
        let gestures = gestures::gestures(context).iter();
        let gestures = gestures.map(|&(gesture, title)| HelpRow::Gesture(gesture, title));
        add_section(&mut rows, "mouse", gestures.collect());
    }
    if matches!(context, Context::Review | Context::Edit) {
        let words = WORDS.map(|(word, meaning)| HelpRow::Word(word, meaning));
        add_section(&mut rows, "words", words.to_vec());
    }
    rows
}

/// The rows that have to do with all of some words, under their headings: a word stands in a key, in what it
/// does, in its name, or in the heading.
pub fn about(words: &str, rows: &[HelpRow], keymap: &Keymap, context: Context) -> Vec<HelpRow> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut found = Vec::new();
    for section in rows.split(|row| *row == HelpRow::Gap) {
        let Some((HelpRow::Heading(heading), rows)) = section.split_first() else {
            continue;
        };
        let fits = |row: &&HelpRow| {
            let text = format!("{heading} {}", text(row, keymap, context)).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let rows = rows.iter().filter(fits).copied().collect();
        add_section(&mut found, heading, rows);
    }
    found
}

fn text(row: &HelpRow, keymap: &Keymap, context: Context) -> String {
    match row {
        HelpRow::Gap => String::new(),
        HelpRow::Heading(text) => (*text).to_owned(),
        HelpRow::Keys(action) => {
            let keys = keymap.keys(context, *action);
            let keys: Vec<String> = keys.map(|key| format!("{key} {}", key.symbol())).collect();
            let name = action.name().replace('_', " ");
            format!("{} {} {name}", keys.join(" "), action.title())
        }
        HelpRow::Gesture(what, title) | HelpRow::Word(what, title) => format!("{what} {title}"),
    }
}

/// The rows in columns of `height` rows. No column begins with nothing, or ends with a heading.
pub fn columns(rows: &[HelpRow], height: usize) -> Vec<Vec<HelpRow>> {
    let mut columns: Vec<Vec<HelpRow>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let room = columns
            .last()
            .map_or(0, |column| height.saturating_sub(column.len()));
        let is_stranded = matches!(row, HelpRow::Heading(_)) && room == 1 && at + 1 < rows.len();
        if (room == 0 || is_stranded) && *row == HelpRow::Gap {
            continue;
        }
        match columns.last_mut().filter(|_| room > 0 && !is_stranded) {
            Some(column) => column.push(*row),
            None => columns.push(vec![*row]),
        }
    }
    columns
}

/// How far the help can be scrolled on a screen of this size: until its last row is there.
pub fn overflow(rows: &[HelpRow], size: (u16, u16)) -> usize {
    let (height, lists) = layout::help(size);
    let fits = |top: &usize| columns(&rows[*top..], height).len() <= lists;
    (0..rows.len()).find(fits).unwrap_or_default()
}

/// Words that a newcomer meets on the screen, in a line each.
const WORDS: [(&str, &str); 3] = [
    ("revision", "a result; changes make more"),
    ("draft", "your changes, not committed"),
    ("seen", "slices of the mask you saw"),
];

fn add_section(rows: &mut Vec<HelpRow>, heading: &'static str, section: Vec<HelpRow>) {
    if section.is_empty() {
        return;
    }
    if !rows.is_empty() {
        rows.push(HelpRow::Gap);
    }
    rows.push(HelpRow::Heading(heading));
    rows.extend(section);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(rows: &[HelpRow]) -> Vec<&'static str> {
        let title = |row: &HelpRow| match row {
            HelpRow::Gap => "",
            HelpRow::Heading(text) => text,
            HelpRow::Keys(action) => action.title(),
            HelpRow::Gesture(_, title) | HelpRow::Word(_, title) => title,
        };
        rows.iter().map(title).collect()
    }

    #[test]
    fn words_leave_the_keys_that_have_to_do_with_them() {
        let keymap = Keymap::default();
        let all = rows(&keymap, Context::Review, true);
        let find = |words| titles(&about(words, &all, &keymap, Context::Review));
        assert_eq!(find("approve"), ["decide", "approve, then the next case"]);
        assert_eq!(find("BONE window"), ["window", "window bone 1800/400"]);
        assert!(
            find("mouse").contains(&"drag: pan"),
            "a heading stands for its section"
        );
        assert_eq!(find("pgdn"), ["slices", "ten slices on"]);
        assert_eq!(find("no such words"), [""; 0]);
        assert_eq!(
            titles(&about("", &all, &keymap, Context::Review)),
            titles(&all)
        );
    }

    #[test]
    fn no_heading_is_stranded_and_the_last_row_can_be_reached() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let rows = rows(&keymap, context, true);
            for height in 2..60 {
                let columns = columns(&rows, height);
                for column in &columns {
                    assert!(column.len() <= height);
                    assert!(
                        !matches!(column.last(), Some(HelpRow::Heading(_))),
                        "{height}"
                    );
                    assert_ne!(column.first(), Some(&HelpRow::Gap));
                }
                let there = |row: &&HelpRow| **row != HelpRow::Gap;
                let shown = columns.iter().flatten().filter(there).count();
                assert_eq!(shown, rows.iter().filter(there).count());
            }
            let size = (80, 24);
            let (height, lists) = layout::help(size);
            assert!(columns(&rows[overflow(&rows, size)..], height).len() <= lists);
        }
    }
}
