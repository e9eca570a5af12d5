//! Pictures on their way to the screen, one at a time.
//!
//! Behind each picture goes a question that the terminal answers when it has drawn it. Until then
//! no other picture is made; what was wanted in between is never drawn. So a held key cannot fill
//! the line with pictures that nobody will see.

use super::place::{Place, place};
use crate::app::Subject;
use crate::app::subject::{Showing, SliceSubject};
use crate::picture::halfblock::{self, Colour, Depth, HalfBlocks};
use crate::picture::{GreyLevels, Palette, Resample, sixel};
use crate::term::probe::{Graphics, Terminal};
use crate::term::threads::ASK_STATUS;
use crate::view::PictureStatus;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

/// How long a terminal may take to answer before the next picture goes out all the same.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// How long the window must have kept its size before a picture is made for it.
const QUIET: Duration = Duration::from_millis(80);

/// A picture as the terminal takes it.
#[derive(Debug)]
pub struct Encoded {
    wanted: Wanted,
    form: Form,
    elapsed: Duration,
}

#[derive(Debug)]
enum Form {
    Sixel {
        bytes: Vec<u8>,
        greys: GreyLevels,
    },
    Blocks(HalfBlocks),
    /// It cannot be made: too many bytes even with the fewest greys.
    Impossible,
}

impl Encoded {
    /// Its bytes, if it is a sixel.
    pub fn sixel(&self) -> Option<&[u8]> {
        match &self.form {
            Form::Sixel { bytes, .. } => Some(bytes),
            Form::Blocks(_) | Form::Impossible => None,
        }
    }
}

/// What is to be shown, and where.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    subject: SliceSubject,
    place: Place,
}

/// Where a picture that was sent is.
#[derive(Debug, Clone, PartialEq)]
enum Sent {
    /// On its way to the terminal.
    Writing(Showing),
    /// With the terminal, which answers with its so many-th answer, or never.
    Unanswered(Showing, u64, Instant),
}

/// The pictures.
#[derive(Debug)]
pub struct Pictures {
    encoded: Sender<Encoded>,
    /// What is on the screen, or was sent there.
    on_screen: Option<Wanted>,
    blocks: Option<HalfBlocks>,
    text: String,
    encoding: bool,
    ready: Option<Encoded>,
    sent: Option<Sent>,
    shown: Option<Showing>,
    /// Questions asked and answered.
    asked: u64,
    answers: u64,
    /// Not before this; the window is being resized.
    not_before: Option<Instant>,
    impossible: bool,
}

impl Pictures {
    /// No picture yet. Finished ones go to `encoded`.
    pub fn new(encoded: Sender<Encoded>) -> Self {
        Pictures {
            encoded,
            on_screen: None,
            blocks: None,
            text: String::new(),
            encoding: false,
            ready: None,
            sent: None,
            shown: None,
            asked: 0,
            answers: 0,
            not_before: None,
            impossible: false,
        }
    }

    /// Says what belongs on the screen now; has it made if it is not there and nothing else is on
    /// its way. Where there are no pictures, what is wanted counts as shown.
    pub fn want(
        &mut self,
        subject: &Subject,
        area: Rect,
        terminal: &Terminal,
        fits: bool,
        now: Instant,
    ) {
        let subject = match subject {
            Subject::Slice(subject) if fits => subject,
            Subject::Same if fits => return,
            _ => {
                self.erased();
                return;
            }
        };
        if terminal.graphics() == Graphics::None {
            self.shown = Some(subject.showing.clone());
            return;
        }
        let Some(place) = place(subject, area, terminal) else {
            self.erased();
            return;
        };
        let wanted = Wanted {
            subject: (**subject).clone(),
            place,
        };
        let same_place = |w: &Wanted| {
            w.place == wanted.place && w.subject.showing.case == wanted.subject.showing.case
        };
        if self.on_screen.as_ref().is_some_and(|w| !same_place(w)) {
            self.erased();
        }
        // Another slice of the same case in the same place is still worth drawing.
        self.ready = self.ready.take().filter(|e| same_place(&e.wanted));
        let busy = self.encoding || self.ready.is_some() || self.sent.is_some();
        let quiet = self.not_before.is_none_or(|t| t <= now);
        if busy || !quiet || self.on_screen.as_ref() == Some(&wanted) {
            return;
        }
        self.encoding = true;
        let done = self.encoded.clone();
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more when the client ends.
            let _ = done.blocking_send(encode(wanted));
        });
    }

    /// A picture has been made.
    pub fn encoded(&mut self, encoded: Encoded) {
        self.encoding = false;
        self.ready = Some(encoded);
    }

    /// The picture to send now. It counts as on the screen from here on.
    pub fn take_ready(&mut self) -> Option<Encoded> {
        let ready = self.ready.take()?;
        self.text = describe(&ready);
        self.impossible = matches!(ready.form, Form::Impossible);
        self.blocks = match &ready.form {
            Form::Blocks(blocks) => Some(blocks.clone()),
            _ => None,
        };
        self.on_screen = Some(ready.wanted.clone());
        if self.impossible {
            return None;
        }
        self.sent = Some(Sent::Writing(ready.wanted.subject.showing.clone()));
        Some(ready)
    }

    /// No picture is on the screen, and none is on its way there.
    pub fn erased(&mut self) {
        self.on_screen = None;
        self.blocks = None;
        self.ready = None;
        self.impossible = false;
        self.text.clear();
        // What was sent is no longer to be seen; its answer still has to come.
        self.shown = None;
        match &mut self.sent {
            Some(Sent::Writing(showing) | Sent::Unanswered(showing, ..)) => showing.revision = None,
            None => {}
        }
    }

    /// The window has another size.
    pub fn resized(&mut self, now: Instant) {
        self.erased();
        self.not_before = Some(now + QUIET);
    }

    /// The cells that a sixel covers.
    pub fn covered(&self) -> Option<Rect> {
        let wanted = self.on_screen.as_ref().filter(|_| !self.impossible)?;
        matches!(wanted.place.graphics, Graphics::Sixel(_)).then_some(wanted.place.cells)
    }

    /// Draws half-blocks where they belong.
    pub fn draw_blocks(&self, buffer: &mut Buffer) {
        let (Some(wanted), Some(blocks)) = (&self.on_screen, &self.blocks) else {
            return;
        };
        let cells = wanted.place.cells.intersection(buffer.area);
        if blocks.columns != usize::from(cells.width) {
            return;
        }
        for (position, [upper, lower]) in cells.positions().zip(&blocks.cells) {
            buffer[position]
                .set_symbol(halfblock::SYMBOL)
                .set_fg(colour(*upper))
                .set_bg(colour(*lower));
        }
    }

    /// What the screen says of the picture.
    pub fn status(&self, terminal: &Terminal) -> PictureStatus {
        let none = match terminal.graphics() {
            Graphics::None => Some("Pictures are off (--graphics none)."),
            _ if self.impossible => {
                Some("The picture has more bytes than tmux takes; make the window smaller.")
            }
            _ => None,
        };
        PictureStatus {
            place: self.on_screen.as_ref().map(|w| w.place.cells),
            text: self.text.clone(),
            none,
        }
    }

    /// Puts a question behind a picture, if the terminal is known to answer. Returns how many.
    pub fn ask_for_answer(&self, bytes: &mut Vec<u8>) -> u64 {
        if self.answers == 0 {
            return 0;
        }
        bytes.extend(ASK_STATUS);
        1
    }

    /// So many questions are being sent.
    pub fn asked(&mut self, questions: u64) {
        self.asked += questions;
    }

    /// A frame has gone out. If it held a picture, its answer is waited for if there will be one.
    pub fn written(&mut self) {
        if let Some(Sent::Writing(showing)) = &self.sent {
            let showing = showing.clone();
            self.sent = if self.answers < self.asked && self.answers > 0 {
                Some(Sent::Unanswered(
                    showing,
                    self.asked,
                    Instant::now() + ANSWER_WAIT,
                ))
            } else {
                self.shown = Some(showing);
                None
            };
        }
    }

    /// The terminal has answered.
    pub fn answered(&mut self) {
        self.answers = (self.answers + 1).min(self.asked);
        if let Some(Sent::Unanswered(showing, number, _)) = &self.sent
            && self.answers >= *number
        {
            self.shown = Some(showing.clone());
            self.sent = None;
        }
    }

    /// Whether an answer is still to come.
    pub fn is_answer_due(&self) -> bool {
        self.answers < self.asked
    }

    /// What has come to be on the screen since this was last asked.
    pub fn take_shown(&mut self) -> Option<Showing> {
        self.shown.take()
    }

    /// When something is due although nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        let answer = match &self.sent {
            Some(Sent::Unanswered(_, _, until)) => Some(*until),
            _ => None,
        };
        [answer, self.not_before].into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn on_time(&mut self, now: Instant) {
        if self.not_before.is_some_and(|t| t <= now) {
            self.not_before = None;
        }
        if let Some(Sent::Unanswered(showing, _, until)) = &self.sent
            && *until <= now
        {
            // The answer got lost; the picture probably did not.
            self.shown = Some(showing.clone());
            self.sent = None;
            self.answers = self.asked;
        }
    }
}

fn colour(colour: Colour) -> Color {
    match colour {
        Colour::Rgb([r, g, b]) => Color::Rgb(r, g, b),
        Colour::Fixed(n) => Color::Indexed(n),
    }
}

fn encode(wanted: Wanted) -> Encoded {
    let start = std::time::Instant::now();
    let form = match wanted.place.graphics {
        Graphics::Sixel(limits) => {
            let compose = |greys| picture(&wanted, greys);
            match sixel::encode_within(limits.bytes, limits.greys, compose) {
                Some((bytes, greys)) => Form::Sixel { bytes, greys },
                None => Form::Impossible,
            }
        }
        Graphics::HalfBlocks(depth) => match picture(&wanted, GreyLevels::MOST) {
            Some(picture) => Form::Blocks(halfblock::encode(&picture, depth)),
            None => Form::Impossible,
        },
        Graphics::Undecided | Graphics::None => Form::Impossible,
    };
    Encoded {
        wanted,
        form,
        elapsed: start.elapsed(),
    }
}

fn picture(wanted: &Wanted, greys: GreyLevels) -> Option<crate::picture::Indexed> {
    let Place {
        size, pixel_aspect, ..
    } = wanted.place;
    let palette = Palette::new(greys);
    wanted
        .subject
        .compose(size, pixel_aspect, palette, Resample::Linear)
}

fn describe(encoded: &Encoded) -> String {
    let ms = encoded.elapsed.as_millis();
    match (&encoded.form, encoded.wanted.place.graphics) {
        (Form::Sixel { bytes, greys }, _) => {
            format!(
                "sixel · {} greys · {} kB · {ms} ms",
                greys.count(),
                bytes.len().div_ceil(1000)
            )
        }
        (Form::Blocks(_), Graphics::HalfBlocks(Depth::TrueColour)) => {
            format!("half-blocks · {ms} ms")
        }
        (Form::Blocks(_), _) => format!("half-blocks · 256 colours · {ms} ms"),
        (Form::Impossible, _) => String::new(),
    }
}

#[cfg(test)]
mod tests;
