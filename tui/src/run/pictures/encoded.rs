//! A picture, ready for the terminal.

use crate::app::state::review::subject::{Showing, SliceSubject};
use crate::picture::cells::{Cells, Depth};
use crate::picture::{Detail, Indexed};
use crate::run::painter::Drawing;
use crate::run::place::Place;
use crate::term::graphics::{Graphics, Protocol};
use std::sync::Arc;
use std::time::Duration;

/// A picture as the terminal takes it.
#[derive(Debug)]
pub struct Encoded {
    pub(super) wanted: Wanted,
    /// What it shows, and what of it cannot be judged.
    pub(super) showing: Showing,
    /// `None`: it cannot be made, because it has too many bytes even in the least detail.
    pub(super) made: Option<Made>,
    /// The bytes to write; none if it is text, or on the screen already.
    pub(super) drawing: Option<Drawing>,
    /// Made ahead of time: of use only if it is still wanted then.
    pub(super) ahead: bool,
    pub(super) elapsed: Duration,
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) form: Form,
    /// Whether it cannot get any better.
    pub(super) complete: bool,
}

/// The contents of a picture.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Pixels {
        picture: Arc<Indexed>,
        detail: Detail,
        /// Bytes of the whole, and of the last write.
        whole: usize,
        written: usize,
        /// How many patches are on it.
        patches: u32,
    },
    Cells(Arc<Cells>),
}

/// A picture to be shown, and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) subject: SliceSubject,
    pub(super) place: Place,
}

impl Wanted {
    /// Whether it is of the same case in the same place.
    pub(super) fn is_beside(&self, other: &Wanted) -> bool {
        self.place == other.place && self.subject.showing.case == other.subject.showing.case
    }
}

impl Encoded {
    pub(super) fn form(&self) -> Option<&Form> {
        self.made.as_ref().map(|made| &made.form)
    }

    /// Whether it is pixels that cells of text name.
    pub(super) fn is_named_by_text(&self) -> bool {
        let Graphics::Pixels(pixels) = self.wanted.place.graphics else {
            return false;
        };
        pixels.protocol == Protocol::Placeholders && self.made.is_some()
    }

    /// Whether it cannot get any better.
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
                let protocol = pixels.protocol.name();
                format!(
                    "{draft}{protocol} · {} greys · {} kB · {ms} ms",
                    detail.greys.count(),
                    written.div_ceil(1000)
                )
            }
            (Some(Form::Cells(_)), Graphics::Cells(style, depth)) => {
                let style = style.name();
                match depth {
                    Depth::TrueColour => format!("{style} · {ms} ms"),
                    Depth::Colours256 => format!("{style} · 256 colours · {ms} ms"),
                }
            }
            _ => String::new(),
        }
    }
}
