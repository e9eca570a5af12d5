//! A picture, ready for the terminal.

use crate::app::review::subject::SliceSubject;
use crate::picture::cells::{Cells, Depth};
use crate::picture::{Detail, Indexed};
use crate::run::painter::Drawing;
use crate::run::place::Place;
use crate::term::graphics::{Graphics, Protocol, Style};
use std::sync::Arc;
use std::time::Duration;

/// A picture as the terminal takes it.
#[derive(Debug)]
pub struct Encoded {
    pub(super) wanted: Wanted,
    /// `None`: it cannot be made, because it has too many bytes even in the least detail.
    pub(super) made: Option<Made>,
    /// What is to be written; nothing if that is text, or on the screen already.
    pub(super) drawing: Option<Drawing>,
    /// Made before it was time for it: only for what is wanted still when that has come.
    pub(super) ahead: bool,
    pub(super) elapsed: Duration,
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) form: Form,
    /// Whether there is nothing better to be had.
    pub(super) complete: bool,
}

/// What a picture is made of.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Pixels {
        picture: Arc<Indexed>,
        detail: Detail,
        /// Bytes of it as a whole, and of what was written last.
        whole: usize,
        written: usize,
        /// How many patches are on it.
        patches: u32,
    },
    Cells(Arc<Cells>),
}

/// What is to be shown, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) subject: SliceSubject,
    pub(super) place: Place,
}

impl Encoded {
    pub(super) fn form(&self) -> Option<&Form> {
        self.made.as_ref().map(|made| &made.form)
    }

    /// Whether there is nothing better to be had.
    pub(super) fn is_complete(&self) -> bool {
        self.made.as_ref().is_none_or(|made| made.complete)
    }

    /// How it was made, in a few words.
    pub(super) fn describe(&self) -> String {
        let ms = self.elapsed.as_millis();
        match (self.form(), self.wanted.place.graphics) {
            (
                Some(Form::Pixels {
                    detail, written, ..
                }),
                Graphics::Pixels(pixels),
            ) => {
                let draft = if self.is_complete() { "" } else { "draft · " };
                let protocol = match pixels.protocol {
                    Protocol::Sixel => "sixel",
                    #[cfg(feature = "libsixel")]
                    Protocol::Libsixel => "libsixel",
                    Protocol::Kitty => "kitty",
                    Protocol::Iterm2 => "iterm2",
                };
                format!(
                    "{draft}{protocol} · {} greys · {} kB · {ms} ms",
                    detail.greys.count(),
                    written.div_ceil(1000)
                )
            }
            (Some(Form::Cells(_)), Graphics::Cells(style, depth)) => {
                let style = match style {
                    Style::HalfBlocks => "half-blocks",
                    Style::Braille => "braille",
                };
                match depth {
                    Depth::TrueColour => format!("{style} · {ms} ms"),
                    Depth::Colours256 => format!("{style} · 256 colours · {ms} ms"),
                }
            }
            _ => String::new(),
        }
    }
}
