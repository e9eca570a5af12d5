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
    /// Inline images of iTerm2.
    Iterm2,
}

/// Which characters make a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Two pixels each.
    HalfBlocks,
    /// Eight dots each.
    Braille,
}

/// What a picture of pixels may be.
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
    /// What changes may be drawn over what is there, without the rest.
    pub patches: bool,
}
