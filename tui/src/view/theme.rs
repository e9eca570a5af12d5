//! Colours of the text. Nothing is said by colour alone.

use crate::picture::{GreyLevels, Ink, Palette};
use medicosam_shared::case::CaseState;
use medicosam_shared::prompt::Label;
use ratatui::style::{Color, Modifier, Style};

/// Which styles are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// A theme with or without colours.
    pub fn new(colour: bool) -> Self {
        Theme { colour }
    }

    /// Colours unless `NO_COLOR` is set to anything (<https://no-color.org>).
    pub fn from_environment() -> Self {
        Theme::new(std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()))
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// Names of screens and cases.
    pub fn title(self) -> Style {
        Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD)
    }

    /// What is only there to be found if looked for.
    pub fn faint(self) -> Style {
        if self.colour {
            Style::new().fg(Color::DarkGray)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Keys in hints.
    pub fn key(self) -> Style {
        self.coloured(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Something went wrong.
    pub fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Something to look at.
    pub fn attention(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// Something to know.
    pub fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// A state of a case.
    pub fn state(self, state: CaseState) -> Style {
        match state {
            CaseState::Review => self.coloured(Color::Yellow),
            CaseState::Approved => self.coloured(Color::Green),
            CaseState::Rejected | CaseState::Failed => self.coloured(Color::Red),
            CaseState::Flagged => self.coloured(Color::Magenta),
            CaseState::Paused => self.coloured(Color::Cyan),
            CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting => Style::new(),
        }
    }

    /// The colour that an object's mask has in the picture.
    pub fn object(self, label: Label) -> Style {
        self.ink(Ink::Mask(label))
    }

    /// A colour of the picture.
    pub fn ink(self, ink: Ink) -> Style {
        let palette = Palette::new(GreyLevels::USUAL);
        let [r, g, b] = palette.rgb(palette.ink(ink));
        self.coloured(Color::Rgb(r, g, b))
    }
}

/// A sign for a state, beside its word.
pub fn glyph(state: CaseState) -> char {
    match state {
        CaseState::Waiting => '·',
        CaseState::Embedding => '◔',
        CaseState::Segmenting => '◑',
        CaseState::Review => '?',
        CaseState::Approved => '✓',
        CaseState::Rejected => '✗',
        CaseState::Flagged => '⚑',
        CaseState::Failed => '!',
        CaseState::Paused => '‖',
    }
}
