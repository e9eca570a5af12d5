//! The ways to show a picture on a terminal.

use crate::picture::GreyLevels;
use crate::picture::cells::Depth;

/// How pictures are to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// By what the terminal says of itself.
    #[default]
    Auto,
    /// As sixel, whatever the terminal says.
    Sixel,
    /// As sixel in colours that libsixel chooses.
    #[cfg(feature = "libsixel")]
    Libsixel,
    /// By the graphics protocol of kitty.
    Kitty,
    /// As inline images of iTerm2.
    Iterm2,
    /// As half-blocks: two pixels per character.
    #[value(alias = "halfblock")]
    Blocks,
    /// As braille: eight dots per character, without greys.
    Braille,
    /// Not at all.
    None,
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graphics {
    /// Not yet known.
    Undecided,
    /// As pixels.
    Pixels(Pixels),
    /// As characters.
    Cells(Style, Depth),
    /// Not at all.
    None,
}

/// How pixels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Sixel.
    Sixel,
    /// Sixel in colours that libsixel chooses.
    #[cfg(feature = "libsixel")]
    Libsixel,
    /// That of kitty.
    Kitty,
    /// That of kitty, past tmux to the terminal around it, in cells of text.
    Placeholders,
    /// Inline images of iTerm2.
    Iterm2,
}

impl Protocol {
    /// The name, as `--picture` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Sixel => "sixel",
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => "libsixel",
            Protocol::Kitty | Protocol::Placeholders => "kitty",
            Protocol::Iterm2 => "iterm2",
        }
    }

    /// Whether pictures are written as sixel: in bands, with registers for colours.
    pub const fn is_sixel(self) -> bool {
        match self {
            Protocol::Sixel => true,
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => true,
            Protocol::Kitty | Protocol::Placeholders | Protocol::Iterm2 => false,
        }
    }

    /// How many greys are worth their bytes: a compressed file grows little with them.
    pub const fn usual_greys(self) -> GreyLevels {
        match self {
            Protocol::Kitty | Protocol::Placeholders | Protocol::Iterm2 => GreyLevels::FULL,
            Protocol::Sixel => GreyLevels::USUAL,
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => GreyLevels::USUAL,
        }
    }
}

impl Style {
    /// The name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Style::HalfBlocks => "half-blocks",
            Style::Braille => "braille",
        }
    }
}

/// Which characters make a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Two pixels each.
    HalfBlocks,
    /// Eight dots each.
    Braille,
}

/// The limits of a picture of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// How it is written.
    pub protocol: Protocol,
    /// Greys.
    pub greys: GreyLevels,
    /// Bytes.
    pub bytes: usize,
    /// Pixels, wide and high.
    pub largest: (u16, u16),
    /// Changes may be drawn over the picture, without the rest of it.
    pub patches: bool,
}
