//! Keys and how they are written: `a`, `G`, `ctrl-d`, `alt-enter`, `shift-left`, `space`, `pgup`.

use std::fmt;
use std::str::FromStr;

/// A key with what was held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// With control.
    pub ctrl: bool,
    /// With alt.
    pub alt: bool,
    /// With shift; never set for characters, which change themselves.
    pub shift: bool,
}

/// A key by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyCode {
    /// A printable character.
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// A function key, from 1.
    Function(u8),
}

/// Names of the keys that are no characters.
const NAMES: [(&str, KeyCode); 15] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

impl Key {
    /// A key with nothing held down.
    pub const fn plain(code: KeyCode) -> Self {
        Key {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// A character with control held down.
    pub const fn ctrl(character: char) -> Self {
        Key {
            ctrl: true,
            ..Key::plain(KeyCode::Char(character))
        }
    }

    /// The key as short as it can be shown: `^d`, `␣`, `↑`.
    pub fn symbol(&self) -> String {
        let code = match self.code {
            KeyCode::Char(' ') => "␣".to_owned(),
            KeyCode::Enter => "⏎".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            code => Key::plain(code).to_string(),
        };
        let mark = |set, mark| if set { mark } else { "" };
        format!(
            "{}{}{}{code}",
            mark(self.alt, "alt-"),
            mark(self.shift, "⇧"),
            mark(self.ctrl, "^")
        )
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (set, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if set {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Function(n) => write!(f, "f{n}"),
            code => match (NAMES.iter().find(|(_, c)| *c == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(c)) => write!(f, "{c}"),
                (None, other) => write!(f, "{other:?}"),
            },
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut key = Key::plain(KeyCode::Esc);
        let mut rest = text;
        // What stands before a dash at the end is no modifier but the key `-`.
        while let Some((modifier, behind)) = rest
            .split_once('-')
            .filter(|(m, b)| !b.is_empty() && matches!(*m, "ctrl" | "alt" | "shift"))
        {
            match modifier {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                _ => key.shift = true,
            }
            rest = behind;
        }
        let function = rest
            .strip_prefix('f')
            .and_then(|n| n.parse().ok())
            .filter(|n| (1..=24).contains(n));
        let mut characters = rest.chars();
        key.code = match (NAMES.iter().find(|(name, _)| *name == rest), function) {
            (Some((_, code)), _) => *code,
            (None, Some(n)) => KeyCode::Function(n),
            (None, None) => match (characters.next(), characters.next()) {
                (Some(c), None) if !c.is_control() => KeyCode::Char(c),
                _ => return Err(format!("unknown key {text:?}")),
            },
        };
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for text in [
            "a",
            "G",
            "-",
            "?",
            "space",
            "enter",
            "esc",
            "pgup",
            "ctrl-d",
            "alt-enter",
            "shift-left",
            "ctrl-alt-shift-f12",
            "ctrl--",
            "f1",
            "f",
            "ö",
        ] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        for text in ["", "ctrl-", "meta-x", "jj", "f0", "f25", "\x1b"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn symbols_are_short() {
        let symbol = |text: &str| text.parse::<Key>().unwrap().symbol();
        assert_eq!(
            ["ctrl-d", "space", "shift-up", "enter", "x", "esc"].map(symbol),
            ["^d", "␣", "⇧↑", "⏎", "x", "esc"]
        );
    }
}
