//! Terminals that are known by their names, because their answers do not say what is best for them.

use super::graphics::Protocol;

/// Terminals whose answers do not say what is best for them, by the beginning of their names.
const KNOWN: [Known; 11] = [
    Known::new(
        "XTerm",
        None,
        true,
        "patches over a sixel were seen to be right (379)",
    ),
    Known::new(
        "kitty",
        Some(Protocol::Kitty),
        true,
        "has no sixel; patches are part of its protocol",
    ),
    Known::new("ghostty", Some(Protocol::Kitty), false, "has no sixel"),
    Known::new(
        "WezTerm",
        Some(Protocol::Iterm2),
        false,
        "its sixel and kitty pictures have faults",
    ),
    Known::new(
        "iTerm2",
        Some(Protocol::Iterm2),
        false,
        "its own protocol is the one it does best",
    ),
    Known::new(
        "Rio",
        Some(Protocol::Iterm2),
        false,
        "text does not take its sixels off",
    ),
    Known::cells(
        "Konsole",
        "its pictures stay where they were; try --picture kitty",
    ),
    Known::new(
        "foot",
        Some(Protocol::Sixel),
        false,
        "a sixel over a sixel damages both",
    ),
    Known::new(
        "contour",
        Some(Protocol::Sixel),
        false,
        "keeps what lies under a sixel",
    ),
    Known::new("tmux", None, false, "keeps only twenty pictures"),
    Known::new("mlterm", Some(Protocol::Sixel), false, "slow, but right"),
];

/// The first version of kitty that shows pictures in cells of text.
const KITTY_PLACEHOLDERS: (u32, u32) = (0, 28);

/// Whether a terminal shows pictures of kitty's protocol in cells of text (Unicode placeholders), by what it
/// says of its name and version, else by its `TERM`.
pub(super) fn has_placeholders(version: &str, term: &str) -> bool {
    if let Some(rest) = version.strip_prefix("kitty(") {
        let mut numbers = rest.split(['.', ')']).map(|number| number.parse().ok());
        let version = numbers.next().flatten().zip(numbers.next().flatten());
        return version.is_some_and(|version| version >= KITTY_PLACEHOLDERS);
    }
    if version.is_empty() {
        return term.starts_with("xterm-kitty") || term.starts_with("xterm-ghostty");
    }
    version.starts_with("ghostty ")
}

/// What is known of a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The beginning of its name.
    pub(super) name: &'static str,
    /// What is best if it is neither asked nor believed.
    pub(super) best: Best,
    /// Whether it draws patches over a picture right.
    pub(super) patches: bool,
    /// Why, in words.
    pub(super) why: &'static str,
}

/// Which way of showing pictures is best for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Best {
    /// What it says that it can.
    AsItSays,
    /// This, whatever it says.
    Pixels(Protocol),
    /// Characters, whatever it says.
    Cells,
}

impl Known {
    const fn new(
        name: &'static str,
        best: Option<Protocol>,
        patches: bool,
        why: &'static str,
    ) -> Self {
        let best = match best {
            Some(protocol) => Best::Pixels(protocol),
            None => Best::AsItSays,
        };
        Known {
            name,
            best,
            patches,
            why,
        }
    }

    const fn cells(name: &'static str, why: &'static str) -> Self {
        Known {
            name,
            best: Best::Cells,
            patches: false,
            why,
        }
    }

    /// What is known of the terminal that says this of its name and version.
    pub(super) fn named(version: &str) -> Option<&'static Known> {
        KNOWN.iter().find(|known| {
            let start = version.get(..known.name.len());
            let rest = version.get(known.name.len()..).unwrap_or_default();
            // `xterm.js(5.6.0)` is not `XTerm(379)`.
            start.is_some_and(|start| start.eq_ignore_ascii_case(known.name))
                && (rest.is_empty() || rest.starts_with(['(', ' ']))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_in_cells_of_text_are_known_by_name_and_version() {
        for (version, term, expected) in [
            ("kitty(0.41.1)", "xterm-kitty", true),
            ("kitty(0.28.0)", "xterm-256color", true),
            ("kitty(1.0.0)", "xterm-kitty", true),
            ("kitty(0.26.5)", "xterm-kitty", false),
            ("kitty(?)", "xterm-kitty", false),
            ("ghostty 1.1.3", "xterm-ghostty", true),
            ("", "xterm-ghostty", true),
            ("", "xterm-kitty", true),
            ("", "xterm-256color", false),
            ("WezTerm 20240203-110809", "xterm-256color", false),
            ("tmux 3.5a", "tmux-256color", false),
        ] {
            assert_eq!(
                has_placeholders(version, term),
                expected,
                "{version} {term}"
            );
        }
    }
}
