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
