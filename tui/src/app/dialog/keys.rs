//! The keys of a dialog. Unlike those of a screen they cannot be set, and each dialog has one table
//! of them that is both obeyed and shown.

use crate::term::{Key, KeyCode};

/// A key of a dialog.
#[derive(Debug)]
pub struct Bound<M: 'static> {
    /// The key.
    pub key: Key,
    /// What it means.
    pub means: M,
    /// What the row of hints says of it; empty: nothing.
    pub title: &'static str,
}

/// A hint: keys as they are shown, and what they do.
pub type DialogHint = (String, &'static str);

/// A key that means something, and what the row of hints says of it.
pub const fn key<M>(code: KeyCode, means: M, title: &'static str) -> Bound<M> {
    Bound {
        key: Key::plain(code),
        means,
        title,
    }
}

/// What a key means, if anything. Characters count with what was held down, other keys without.
pub fn meaning<M: Copy>(keys: &[Bound<M>], pressed: Key) -> Option<M> {
    let is_pressed = |bound: &&Bound<M>| match bound.key.code {
        KeyCode::Char(_) => bound.key == pressed,
        code => code == pressed.code,
    };
    keys.iter().find(is_pressed).map(|bound| bound.means)
}

/// The hints for keys. Keys of the same title stand together.
pub fn hints<M>(keys: &[Bound<M>]) -> Vec<DialogHint> {
    let mut hints: Vec<DialogHint> = Vec::new();
    for bound in keys.iter().filter(|bound| !bound.title.is_empty()) {
        let shown = if bound.key.ctrl {
            bound.key.to_string()
        } else {
            bound.key.symbol()
        };
        match hints.last_mut().filter(|(_, title)| *title == bound.title) {
            Some((keys, _)) => keys.push_str(&shown),
            None => hints.push((shown, bound.title)),
        }
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Bound<u8>] = &[
        key(KeyCode::Enter, 1, "keep"),
        key(KeyCode::Up, 2, "move"),
        key(KeyCode::Down, 3, "move"),
        key(KeyCode::Char('y'), 4, ""),
        Bound {
            key: Key::ctrl('s'),
            means: 5,
            title: "save",
        },
    ];

    #[test]
    fn characters_count_with_what_is_held_down_and_other_keys_without() {
        let means = |text: &str| meaning(KEYS, text.parse().unwrap());
        assert_eq!(means("y"), Some(4));
        assert_eq!(means("ctrl-y"), None);
        assert_eq!(means("ctrl-s"), Some(5));
        assert_eq!(means("s"), None);
        assert_eq!(means("enter"), Some(1));
        assert_eq!(means("shift-enter"), Some(1));
    }

    #[test]
    fn hints_are_short_and_keys_of_one_title_stand_together() {
        let shown: Vec<String> = hints(KEYS)
            .into_iter()
            .map(|(keys, title)| format!("{keys} {title}"))
            .collect();
        assert_eq!(shown, ["⏎ keep", "↑↓ move", "ctrl-s save"]);
    }
}
