//! What colours of the text are for.

use crate::contrast::Rgb;
use ratatui::style::Color;

/// The use of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Names of screens and cases.
    Title,
    /// Text that should not draw the eye.
    Faint,
    /// Keys in hints.
    Key,
    /// Something went wrong.
    Bad,
    /// Something to look at.
    Attention,
    /// Something to know.
    Good,
    /// A case in review.
    Review,
    /// An approved case.
    Approved,
    /// A rejected case.
    Rejected,
    /// A flagged case.
    Flagged,
    /// A failed case.
    Failed,
    /// A paused case.
    Paused,
}

/// How light the background is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Dark,
    Light,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 12] = [
        Role::Title,
        Role::Faint,
        Role::Key,
        Role::Bad,
        Role::Attention,
        Role::Good,
        Role::Review,
        Role::Approved,
        Role::Rejected,
        Role::Flagged,
        Role::Failed,
        Role::Paused,
    ];

    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Title => "title",
            Role::Faint => "faint",
            Role::Key => "key",
            Role::Bad => "bad",
            Role::Attention => "attention",
            Role::Good => "good",
            Role::Review => "review",
            Role::Approved => "approved",
            Role::Rejected => "rejected",
            Role::Flagged => "flagged",
            Role::Failed => "failed",
            Role::Paused => "paused",
        }
    }

    /// The one that is written so.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether bold letters tell it from other text where there are no colours.
    pub(super) const fn is_bold(self) -> bool {
        match self {
            Role::Title | Role::Key | Role::Bad => true,
            Role::Faint | Role::Attention | Role::Good => false,
            Role::Review | Role::Approved | Role::Rejected => false,
            Role::Flagged | Role::Failed | Role::Paused => false,
        }
    }

    /// The colour of 24 bits; `None`: that of other text.
    pub(super) const fn rgb(self, ground: Ground) -> Option<Rgb> {
        Some(match (self, ground) {
            (Role::Title, _) => return None,
            (Role::Faint, Ground::Dark) => [0x9f, 0xa6, 0xad],
            (Role::Faint, Ground::Light) => [0x5c, 0x63, 0x6a],
            (Role::Key | Role::Paused, Ground::Dark) => [0x56, 0xc8, 0xe8],
            (Role::Key | Role::Paused, Ground::Light) => [0x00, 0x60, 0x86],
            (Role::Bad | Role::Rejected | Role::Failed, Ground::Dark) => [0xff, 0x7b, 0x72],
            (Role::Bad | Role::Rejected | Role::Failed, Ground::Light) => [0xb3, 0x26, 0x1e],
            (Role::Attention | Role::Review, Ground::Dark) => [0xf0, 0xc0, 0x40],
            (Role::Attention | Role::Review, Ground::Light) => [0x7c, 0x50, 0x00],
            (Role::Good | Role::Approved, Ground::Dark) => [0x5f, 0xd0, 0x68],
            (Role::Good | Role::Approved, Ground::Light) => [0x1a, 0x6b, 0x2d],
            (Role::Flagged, Ground::Dark) => [0xe0, 0x8f, 0xf0],
            (Role::Flagged, Ground::Light) => [0x8a, 0x2a, 0x9b],
        })
    }

    /// The colour of the sixteen; `None`: that of other text. On white only red and blue can be
    /// read in the palette of every terminal, on black only the light ones.
    pub(super) const fn of_sixteen(self, ground: Ground) -> Option<Color> {
        Some(match (self, ground) {
            (Role::Title | Role::Faint, _) => return None,
            (Role::Good | Role::Approved, Ground::Light) => return None,
            (Role::Key | Role::Paused | Role::Flagged, Ground::Dark) => Color::LightCyan,
            (Role::Key | Role::Paused, Ground::Light) => Color::Blue,
            (Role::Bad | Role::Rejected | Role::Failed, Ground::Dark) => Color::LightRed,
            (Role::Bad | Role::Rejected | Role::Failed, Ground::Light) => Color::Red,
            (Role::Attention | Role::Review, Ground::Dark) => Color::LightYellow,
            (Role::Attention, Ground::Light) => Color::Red,
            (Role::Review, Ground::Light) => Color::Blue,
            (Role::Good | Role::Approved, Ground::Dark) => Color::LightGreen,
            (Role::Flagged, Ground::Light) => Color::Blue,
        })
    }
}
