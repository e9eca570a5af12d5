//! Calls for a person who looks elsewhere: the bell, and notifications of the desktop.

use std::str::FromStr;

/// Terminals that show OSC 9 as a notification, by the beginning of their names. Others may take it for
/// something else, or print it.
const WITH_OSC_9: [&str; 6] = ["kitty", "ghostty", "WezTerm", "iTerm2", "foot", "contour"];

/// How a person is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notify {
    /// By the bell, and by OSC 9 where the terminal is known to take it.
    #[default]
    Usual,
    /// By the bell alone.
    Bell,
    /// By OSC 9 alone.
    Osc9,
    /// By OSC 777 alone.
    Osc777,
    /// Not at all.
    Off,
}

impl Notify {
    /// The words of the settings.
    pub const WORDS: [&str; 5] = ["auto", "bell", "osc9", "osc777", "off"];

    /// The bytes that call with `text`, which must be free of control characters, on a terminal of this
    /// name.
    pub fn bytes(self, terminal: Option<&str>, text: &str) -> Vec<u8> {
        let osc_9 = || format!("\x1b]9;{text}\x1b\\");
        let takes_osc_9 = terminal.is_some_and(|name| {
            let begins = |known: &&str| {
                let start = name.get(..known.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(known))
            };
            WITH_OSC_9.iter().any(begins)
        });
        let sequence = match self {
            Notify::Usual if takes_osc_9 => format!("\x07{}", osc_9()),
            Notify::Usual | Notify::Bell => "\x07".to_owned(),
            Notify::Osc9 => osc_9(),
            Notify::Osc777 => format!("\x1b]777;notify;medicosam;{text}\x1b\\"),
            Notify::Off => String::new(),
        };
        sequence.into_bytes()
    }
}

impl FromStr for Notify {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "auto" => Ok(Notify::Usual),
            "bell" => Ok(Notify::Bell),
            "osc9" => Ok(Notify::Osc9),
            "osc777" => Ok(Notify::Osc777),
            "off" => Ok(Notify::Off),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_rings_everywhere_and_osc_9_only_where_it_is_known() {
        let call = |notify: Notify, name| String::from_utf8(notify.bytes(name, "up")).unwrap();
        assert_eq!(call(Notify::Usual, None), "\x07");
        assert_eq!(call(Notify::Usual, Some("XTerm(379)")), "\x07");
        assert_eq!(
            call(Notify::Usual, Some("kitty(0.26.5)")),
            "\x07\x1b]9;up\x1b\\"
        );
        assert_eq!(call(Notify::Bell, Some("kitty(0.26.5)")), "\x07");
        assert_eq!(call(Notify::Osc9, None), "\x1b]9;up\x1b\\");
        assert_eq!(
            call(Notify::Osc777, None),
            "\x1b]777;notify;medicosam;up\x1b\\"
        );
        assert_eq!(call(Notify::Off, Some("kitty")), "");
        for word in Notify::WORDS {
            assert!(word.parse::<Notify>().is_ok(), "{word}");
        }
    }
}
