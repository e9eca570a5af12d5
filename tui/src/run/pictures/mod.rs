//! Pictures on their way to the screen, one at a time.
//!
//! Behind each picture goes a question that the terminal answers when it has drawn it. Until then
//! no other picture is made; what was wanted in between is never drawn. So a held key cannot fill
//! the line with pictures that nobody will see.

mod encoded;
mod order;
mod past_tmux;

use super::pace::Pace;
use super::painter::{self, Drawing};
use super::place::{Place, place};
use crate::app::Subject;
use crate::app::state::review::seen::Seen;
use crate::app::state::review::subject::{Showing, SliceSubject};
use crate::app::state::review::tiles::Tiles;
use crate::picture::Detail;
use crate::picture::cells::Colour;
use crate::term::graphics::{Graphics, Pixels};
use crate::term::probe::Terminal;
use crate::term::threads::ASK_STATUS;
use crate::view::PictureStatus;
pub use encoded::Encoded;
use encoded::{Form, Made, Wanted};
use order::{Draft, Order};
use past_tmux::PastTmux;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

/// How long a terminal may take to answer before the next picture goes out anyway.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// How long the window must have kept its size before a picture is made for it.
const QUIET: Duration = Duration::from_millis(80);

/// How long the same must have been wanted before a draft of it is made complete: longer than
/// between two repeats of a held key, of which slow keyboards make ten a second.
const REST: Duration = Duration::from_millis(120);

/// How long it must have been wanted before the complete picture is prepared, to be ready when the
/// draft has been answered and nothing moves: usual keyboards repeat thirty times a second.
const PAUSE: Duration = Duration::from_millis(60);

/// Most patches on one picture: kitty keeps each of them.
const MOST_PATCHES: u32 = 64;

/// Where a picture that was sent is.
#[derive(Debug, Clone, PartialEq)]
enum Sent {
    /// On its way to the terminal.
    Writing(Showing),
    /// With the terminal, whose n-th answer is about it; it may never come.
    Unanswered(Showing, u64, Instant),
}

/// The pictures.
#[derive(Debug)]
pub struct Pictures {
    encoded: Sender<Encoded>,
    /// The last wanted picture.
    latest: Option<Wanted>,
    /// Until when that counts as moving.
    moving_until: Option<Instant>,
    /// Until when it is too early to prepare the picture for when nothing moves.
    pause_until: Option<Instant>,
    /// The picture on the screen, or on its way there; its drawing has been taken.
    on_screen: Option<Encoded>,
    encoding: bool,
    ready: Option<Encoded>,
    sent: Option<Sent>,
    shown: Option<Showing>,
    /// The picture on the screen as far as the terminal says, and where.
    seen: Option<(Arc<Seen>, Place)>,
    /// Questions asked and answered.
    asked: u64,
    answers: u64,
    /// The question whose answer is timed: its number, the bytes before it, and when they left.
    timed: Option<(u64, usize, Instant)>,
    pace: Pace,
    tiles: Arc<Tiles>,
    past_tmux: PastTmux,
    /// In which detail the last draft was in time, and its bytes.
    draft: Option<(Detail, usize)>,
    /// Not before this; the window is being resized.
    not_before: Option<Instant>,
}

impl Pictures {
    /// No picture yet. Finished ones go to `encoded`.
    pub fn new(encoded: Sender<Encoded>) -> Self {
        Pictures {
            encoded,
            latest: None,
            moving_until: None,
            pause_until: None,
            on_screen: None,
            encoding: false,
            ready: None,
            sent: None,
            shown: None,
            seen: None,
            asked: 0,
            answers: 0,
            timed: None,
            pace: Pace::default(),
            tiles: Arc::default(),
            past_tmux: PastTmux::new(),
            draft: None,
            not_before: None,
        }
    }

    /// Says what belongs on the screen now; has it made if it is not there and nothing else is on
    /// its way. Without pictures, the subject counts as shown, and nothing of it as seen.
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
            Subject::Slice(_) | Subject::Same | Subject::Nothing => return self.erased(),
        };
        if terminal.graphics() == Graphics::None {
            self.shown = Some(subject.showing.unpictured());
            return;
        }
        let Some(place) = place(subject, area, terminal) else {
            return self.erased();
        };
        let wanted = Wanted {
            subject: (**subject).clone(),
            place,
        };
        self.keep_for(&wanted);
        if self.latest.as_ref() != Some(&wanted) {
            self.latest = Some(wanted.clone());
            self.moving_until = Some(now + REST);
            self.pause_until = Some(now + PAUSE);
        }
        let quiet = self.not_before.is_none_or(|t| t <= now);
        if !self.encoding && self.ready.is_none() && quiet {
            self.make(wanted);
        }
    }

    /// Drops pictures of no use for the wanted one. Another slice of the same case in the same
    /// place is still worth drawing.
    fn keep_for(&mut self, wanted: &Wanted) {
        let there = self.on_screen.as_ref();
        if there.is_some_and(|there| !there.wanted.is_beside(wanted)) {
            self.erased();
        }
        let ready = self.ready.take();
        self.ready =
            ready.filter(|e| e.wanted.is_beside(wanted) && (!e.ahead || e.wanted == *wanted));
    }

    /// Has a picture made, unless the best one is there already or it is too early for that.
    fn make(&mut self, wanted: Wanted) {
        let moving = self.is_moving();
        let there = self.on_screen.as_ref().filter(|s| s.wanted == wanted);
        let complete = there.is_some_and(Encoded::is_complete);
        let in_flight = self.sent.is_some();
        // The details that a draft on its way lacks are prepared meanwhile.
        let ahead = there.is_some() && !complete && (in_flight || moving);
        let too_early = self.pause_until.is_some();
        if complete || (ahead && too_early) || (in_flight && !ahead) {
            return;
        }
        let moving = moving && !ahead;
        self.encoding = true;
        let order = Order {
            base: self.base(&wanted, moving),
            draft: moving.then(|| Draft {
                bytes: self.pace.budget(),
                last: self.draft,
            }),
            wanted,
            tiles: self.tiles.clone(),
            ahead,
        };
        let done = self.encoded.clone();
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more when the client ends.
            let _ = done.blocking_send(order.encode());
        });
    }

    /// The picture on the screen, if a patch can turn it into the wanted one.
    fn base(&self, wanted: &Wanted, moving: bool) -> Option<Made> {
        let there = self.on_screen.as_ref()?;
        let Graphics::Pixels(Pixels { patches: true, .. }) = wanted.place.graphics else {
            return None;
        };
        // Another slice differs nearly everywhere.
        let (old, new) = (&there.wanted.subject, &wanted.subject);
        let parts = |s: &SliceSubject| -> Vec<_> {
            s.panes
                .iter()
                .map(|pane| (pane.slice, pane.region))
                .collect()
        };
        let same_slice = parts(old) == parts(new)
            && (old.layout, old.range, old.inverted) == (new.layout, new.range, new.inverted);
        let made = there.made.as_ref()?;
        let room = matches!(made.form, Form::Pixels { patches, .. } if patches < MOST_PATCHES);
        (same_slice && room && (moving || made.complete)).then(|| made.clone())
    }

    /// A picture has been made.
    pub fn encoded(&mut self, encoded: Encoded) {
        self.encoding = false;
        self.ready = Some(encoded);
    }

    /// What is to be drawn now, if a picture is ready: it counts as on the screen from here on.
    /// One that is made of text, or differs in nothing, has no drawing.
    pub fn take_ready(&mut self) -> Option<Option<Drawing>> {
        if self.sent.is_some() || (self.is_moving() && self.ready.as_ref()?.ahead) {
            return None;
        }
        let mut ready = self.ready.take()?;
        let mut drawing = ready.drawing.take();
        if let Some(painter::Pixels::ForText(bytes)) = drawing.as_mut().map(|d| &mut d.pixels) {
            *bytes = self.past_tmux.send(ready.wanted.place.cells, bytes);
        }
        if let (Some(Form::Pixels { detail, whole, .. }), true) = (ready.form(), self.is_moving()) {
            self.draft = Some((*detail, *whole));
        }
        let sent = ready.made.is_some();
        if sent {
            self.sent = Some(Sent::Writing(ready.showing.clone()));
        }
        self.on_screen = Some(ready);
        sent.then_some(drawing)
    }

    /// Whether a picture waits to be drawn.
    pub fn is_ready(&self) -> bool {
        self.ready.is_some() && self.sent.is_none()
    }

    /// The commands for a picture past tmux that are to be sent again: tmux may have dropped them.
    pub fn take_again(&mut self) -> Option<Vec<u8>> {
        let there = self
            .on_screen
            .as_ref()
            .is_some_and(Encoded::is_named_by_text);
        let again = self.past_tmux.take_again(Instant::now())?;
        there.then_some(again)
    }

    /// The commands that take pictures past tmux out of the terminal around it.
    pub fn delete_past_tmux(&self) -> Vec<u8> {
        self.past_tmux.delete()
    }

    fn is_moving(&self) -> bool {
        self.moving_until.is_some()
    }

    /// No picture is on the screen, and none is on its way there.
    pub fn erased(&mut self) {
        self.on_screen = None;
        self.ready = None;
        // The picture that was sent is gone again; its answer still has to come.
        self.shown = None;
        self.seen = None;
        match &mut self.sent {
            Some(Sent::Writing(showing) | Sent::Unanswered(showing, ..)) => showing.revision = None,
            None => {}
        }
    }

    /// The window has another size.
    pub fn resized(&mut self, now: Instant) {
        self.erased();
        self.past_tmux.resized(now);
        self.not_before = Some(now + QUIET);
    }

    /// The cells that a picture of pixels covers.
    pub fn covered(&self) -> Option<Rect> {
        let there = self.on_screen.as_ref()?;
        let is_pixels = matches!(there.form(), Some(Form::Pixels { .. }));
        (is_pixels && !there.is_named_by_text()).then_some(there.wanted.place.cells)
    }

    /// Draws a picture that is made of text where it belongs.
    pub fn draw_cells(&self, buffer: &mut Buffer) {
        let Some(there) = &self.on_screen else {
            return;
        };
        if there.is_named_by_text() {
            return self.past_tmux.draw(there.wanted.place.cells, buffer);
        }
        let Some(Form::Cells(picture)) = there.form() else {
            return;
        };
        let place = there.wanted.place.cells.intersection(buffer.area);
        if picture.columns != usize::from(place.width) {
            return;
        }
        for (position, cell) in place.positions().zip(&picture.cells) {
            buffer[position]
                .set_char(cell.symbol)
                .set_fg(colour(cell.foreground))
                .set_bg(colour(cell.background));
        }
    }

    /// The status of the picture, for the screen.
    pub fn status(&self, terminal: &Terminal) -> PictureStatus {
        let there = self.on_screen.as_ref();
        let none = match terminal.graphics() {
            Graphics::None => Some("Pictures are off (--picture none)."),
            Graphics::Undecided | Graphics::Pixels(_) | Graphics::Cells(..) => there
                .filter(|s| s.made.is_none())
                .map(|_| "The picture has more bytes than tmux takes; make the window smaller."),
        };
        PictureStatus {
            place: there.map(|s| s.wanted.place.cells),
            text: there.map(Encoded::describe).unwrap_or_default(),
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

    /// Questions are being sent, behind this many bytes.
    pub fn asked(&mut self, questions: u64, bytes: usize, now: Instant) {
        self.asked += questions;
        if questions > 0 && self.timed.is_none() {
            self.timed = Some((self.asked, bytes, now));
        }
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
                self.arrived(showing);
                None
            };
        }
    }

    /// The picture that was sent is on the screen.
    fn arrived(&mut self, showing: Showing) {
        self.shown = Some(showing);
        self.seen = self.on_screen.as_ref().map(|there| {
            let Wanted { subject, place } = &there.wanted;
            let seen = Seen::of(subject, place.size, place.pixel_aspect);
            (Arc::new(seen), *place)
        });
    }

    /// The picture that somebody sees now, and where it is.
    pub fn seen(&self) -> Option<&(Arc<Seen>, Place)> {
        self.seen.as_ref()
    }

    /// The terminal has answered.
    pub fn answered(&mut self, now: Instant) {
        self.answers = (self.answers + 1).min(self.asked);
        if let Some((number, bytes, since)) = self.timed
            && self.answers >= number
        {
            self.pace.measured(bytes, now - since);
            self.timed = None;
        }
        if let Some(Sent::Unanswered(showing, number, _)) = &self.sent
            && self.answers >= *number
        {
            let showing = showing.clone();
            self.sent = None;
            self.arrived(showing);
        }
    }

    /// Whether an answer is still to come.
    pub fn is_answer_due(&self) -> bool {
        self.answers < self.asked
    }

    /// The picture that reached the screen since the last call.
    pub fn take_shown(&mut self) -> Option<Showing> {
        self.shown.take()
    }

    /// When something is due although nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        let answer = match &self.sent {
            Some(Sent::Unanswered(_, _, until)) => Some(*until),
            Some(Sent::Writing(_)) | None => None,
        };
        let again = self.past_tmux.deadline();
        let times = [
            answer,
            self.not_before,
            self.moving_until,
            self.pause_until,
            again,
        ];
        times.into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn on_time(&mut self, now: Instant) {
        if self.not_before.is_some_and(|t| t <= now) {
            self.not_before = None;
        }
        if self.moving_until.is_some_and(|t| t <= now) {
            self.moving_until = None;
        }
        if self.pause_until.is_some_and(|t| t <= now) {
            self.pause_until = None;
        }
        if let Some(Sent::Unanswered(showing, _, until)) = &self.sent
            && *until <= now
        {
            // The answer got lost; the picture probably did not.
            let showing = showing.clone();
            self.arrived(showing);
            self.sent = None;
            self.answers = self.asked;
            self.timed = None;
        }
    }
}

fn colour(colour: Colour) -> Color {
    match colour {
        Colour::Default => Color::Reset,
        Colour::Rgb([r, g, b]) => Color::Rgb(r, g, b),
        Colour::Fixed(n) => Color::Indexed(n),
    }
}

#[cfg(test)]
mod tests;
