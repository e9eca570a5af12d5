//! A picture to be made: as a patch on the one that is there, as a draft, or whole.

use super::encoded::{Encoded, Form, Made, Wanted};
use crate::app::state::review::tiles::Tiles;
use crate::picture::cells::Depth;
use crate::picture::{
    Detail, GreyLevels, Indexed, Resample, Size, braille, detail, halfblock, iterm2, kitty,
    placeholders, sixel,
};
use crate::run::painter::{self, Drawing};
use crate::run::place::Place;
use crate::term::graphics::{Graphics, Pixels, Protocol, Style};
use ratatui::layout::Position;
use std::sync::Arc;

/// A picture to be made.
pub(super) struct Order {
    pub(super) wanted: Wanted,
    /// If a draft will do.
    pub(super) draft: Option<Draft>,
    /// The picture on the screen, where a patch may do.
    pub(super) base: Option<Made>,
    pub(super) tiles: Arc<Tiles>,
    /// Before it is time for it.
    pub(super) ahead: bool,
}

/// The limits of a draft.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// Its bytes.
    pub(super) bytes: usize,
    /// In which detail the last one was in time, and its bytes.
    pub(super) last: Option<(Detail, usize)>,
}

impl Draft {
    /// In which detail to try first: that of the last one, or more if there is room for that.
    fn first(self, most: Detail) -> Detail {
        match self.last {
            None => most,
            Some((last, bytes)) => {
                let more = last.more(most);
                // To try in vain costs as much time as a draft itself. Twice the greys have up to
                // 2.2 times the bytes, all pixels of the same greys up to 1.4 times.
                let likely = if last.coarse {
                    bytes * 3 / 2
                } else {
                    bytes * 9 / 4
                };
                if likely <= self.bytes { more } else { last }
            }
        }
    }
}

impl Order {
    /// Makes the picture, which may take a while.
    pub(super) fn encode(self) -> Encoded {
        let start = std::time::Instant::now();
        let (made, drawing) = match self.wanted.place.graphics {
            Graphics::Pixels(pixels) => match self.patch(pixels).or_else(|| self.whole(pixels)) {
                Some((made, drawing)) => (Some(made), drawing),
                None => (None, None),
            },
            Graphics::Cells(style, depth) => (self.cells(style, depth), None),
            Graphics::Undecided | Graphics::None => (None, None),
        };
        let Place {
            size, pixel_aspect, ..
        } = self.wanted.place;
        Encoded {
            showing: self.wanted.subject.shown_at(size, pixel_aspect),
            wanted: self.wanted,
            made,
            drawing,
            ahead: self.ahead,
            elapsed: start.elapsed(),
        }
    }

    fn cells(&self, style: Style, depth: Depth) -> Option<Made> {
        let picture = self.picture(Detail::full(GreyLevels::MOST))?;
        let cells = match style {
            Style::HalfBlocks => halfblock::encode(&picture, depth),
            Style::Braille => braille::encode(&picture, depth),
        };
        Some(Made {
            form: Form::Cells(Arc::new(cells)),
            complete: true,
        })
    }

    /// The patch that changes the picture on the screen into the wanted one, if it is much smaller
    /// than the whole.
    fn patch(&self, pixels: Pixels) -> Option<(Made, Option<Drawing>)> {
        let mut made = self.base.clone()?;
        let Form::Pixels {
            picture: there,
            detail,
            whole,
            written,
            patches,
        } = &mut made.form
        else {
            return None;
        };
        let new = self.picture(*detail)?;
        let (width, height) = self.wanted.place.cell;
        let drawing = match new.since(there, (width.into(), height.into())) {
            None if new == **there => None,
            None => return None,
            Some(patch) => {
                let bytes = self.bytes(&patch.picture, pixels.protocol)?;
                *written = bytes.len();
                *patches += 1;
                if *written > *whole / 2 {
                    return None;
                }
                let corner = self.wanted.place.cells.as_position();
                let (x, y) = patch.at;
                Some(Drawing {
                    at: Position {
                        x: corner.x + (x / u32::from(width)) as u16,
                        y: corner.y + (y / u32::from(height)) as u16,
                    },
                    pixels: self.as_drawn(bytes, pixels.protocol),
                    whole: false,
                })
            }
        };
        *there = Arc::new(new);
        Some((made, drawing))
    }

    /// The wanted picture, in this detail.
    pub(super) fn picture(&self, detail: Detail) -> Option<Indexed> {
        let Place {
            size, pixel_aspect, ..
        } = self.wanted.place;
        let subject = &self.wanted.subject;
        detail.compose(size, |size, palette| {
            subject.compose(size, pixel_aspect, palette, Resample::Linear, &self.tiles)
        })
    }

    fn whole(&self, pixels: Pixels) -> Option<(Made, Option<Drawing>)> {
        let make = |detail| {
            let picture = self.picture(detail)?;
            Some((self.bytes(&picture, pixels.protocol)?, picture))
        };
        let most = Detail::full(pixels.greys);
        let in_time = self.draft.and_then(|draft| {
            detail::within(draft.bytes.min(pixels.bytes), draft.first(most), make)
        });
        let least = Detail {
            greys: GreyLevels::FEW,
            coarse: true,
        };
        let (bytes, picture, detail) = in_time.or_else(|| {
            let first = if self.draft.is_some() { least } else { most };
            detail::within(pixels.bytes, first, make)
        })?;
        let form = Form::Pixels {
            picture: Arc::new(picture),
            detail,
            whole: bytes.len(),
            written: bytes.len(),
            patches: 0,
        };
        let drawing = Drawing {
            at: self.wanted.place.cells.as_position(),
            pixels: self.as_drawn(bytes, pixels.protocol),
            whole: true,
        };
        let made = Made {
            form,
            complete: self.draft.is_none() || detail == most,
        };
        Some((made, Some(drawing)))
    }

    /// A picture as the terminal takes it.
    fn bytes(&self, picture: &Indexed, protocol: Protocol) -> Option<Vec<u8>> {
        match protocol {
            Protocol::Sixel => Some(sixel::encode(picture)),
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => crate::picture::libsixel::encode(picture),
            Protocol::Kitty => kitty::encode(picture),
            Protocol::Placeholders => {
                let Place { cells, cell, .. } = self.wanted.place;
                let pixels = |cells: u16, each: u16| u32::from(cells) * u32::from(each);
                let room = Size {
                    width: pixels(cells.width, cell.0),
                    height: pixels(cells.height, cell.1),
                };
                placeholders::encode(picture, room)
            }
            Protocol::Iterm2 => iterm2::encode(picture),
        }
    }

    fn as_drawn(&self, bytes: Vec<u8>, protocol: Protocol) -> painter::Pixels {
        let in_cells = painter::Pixels::InCells;
        match protocol {
            Protocol::Sixel => in_cells(bytes),
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => in_cells(bytes),
            Protocol::Iterm2 => in_cells(bytes),
            Protocol::Kitty => painter::Pixels::OverCells(bytes),
            Protocol::Placeholders => painter::Pixels::ForText(bytes),
        }
    }
}
