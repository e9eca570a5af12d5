//! The screen at work: terminal, daemon and model brought together.
//!
//! One loop owns the model. Keys, answers of the daemon and finished pictures come to it through
//! channels; after each it draws what has changed, and nothing if nothing has.

mod bell;
mod daemon;
mod error;
mod filters;
mod keyboard;
mod mouse;
mod pace;
mod painter;
mod pane;
mod pictures;
mod place;
mod places;
mod pointer;
mod recording;
mod signals;
mod suspend;

pub use error::RunError;

use crate::app::{Answer, Effect, Event, Model, Notice, Review, Screen, handle, resume};
use crate::config::Config;
use crate::term::clipboard;
use crate::term::notify::Notify;
use crate::term::probe::{self, Environment, Preferences, Terminal};
use crate::term::threads::{self, ASK_STATUS, Frame, Report, Writer};
use crate::term::tty::{Guard, Tty};
use crate::term::{Input, Reply};
use crate::view::{PictureStatus, Theme, view};
use bell::Bell;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medicosam_shared::case::CaseId;
use medicosam_shared::client::Client;
use mouse::Reporting;
use painter::{Painter, Pixels};
use pane::Pane;
use pictures::Pictures;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use recording::Recording;
use signals::Signals;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use suspend::Suspending;
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a terminal may take to say what it can before there are half-blocks. A later answer
/// still counts.
const PROBE_WAIT: Duration = Duration::from_secs(1);

/// How long the end waits for answers, which would otherwise be typed into the shell.
const END_WAIT: Duration = Duration::from_millis(300);

/// How long the selection must rest on a case before its picture is read: longer than between two
/// repeats of a held key.
const REST: Duration = Duration::from_millis(150);

/// Room in the channels. The sender to a full one waits.
const ROOM: usize = 256;

/// How the screen begins.
#[derive(Debug, Default)]
pub struct Start {
    /// The case that is open at first; the place of the last run, if none.
    pub opened: Option<Review>,
    /// The file for a recording of the session.
    pub record: Option<PathBuf>,
}

/// Runs the screen until it is left.
pub async fn run(
    client: Client,
    preferences: Preferences,
    config: Config,
    start: Start,
) -> Result<(), RunError> {
    let tty = Tty::open()?;
    let mut signals = Signals::listen().map_err(RunError::System)?;
    let (report, mut reports) = mpsc::channel(ROOM);
    let (answer, mut answers) = mpsc::channel(ROOM);
    let (encoded, mut pictures) = mpsc::channel(1);
    let (said, mut from_tmux) = mpsc::channel(1);

    let size = tty.size();
    let window = (size.columns, size.rows);
    let recording = start.record.as_deref();
    let recording = recording.map(|path| Recording::begin(path, window));
    let recording = recording.transpose()?;

    let guard = tty.enter()?;
    // Whether there are colours is the theme's business.
    crossterm::style::force_color_output(true);
    let writer =
        threads::start(&tty, move |r| report.blocking_send(r).is_ok()).map_err(RunError::System)?;
    tokio::spawn(daemon::follow(client.clone(), answer.clone()));

    let mut screen = Running {
        terminal: Terminal::new(preferences, Environment::read(), size),
        model: model(&client, &config, window),
        tty,
        client,
        answer,
        writer,
        writing: 0,
        painter: Painter::new(),
        pictures: Pictures::new(encoded),
        pane: Pane::new(said),
        theme: config.theme,
        guard: Some(guard),
        suspending: Suspending::No,
        reporting: Reporting::first(config.mouse),
        releases: false,
        probe_until: Some(Instant::now() + PROBE_WAIT),
        minute: Instant::now() + Duration::from_secs(60),
        rest_until: None,
        bell: Bell::default(),
        notify: config.notify,
        looking: None,
        recording,
        ended: None,
    };
    screen.probe();
    screen.ask_tmux();
    match start.opened {
        Some(review) => {
            let effects = screen.model.show(review);
            screen.perform(effects);
        }
        None => {
            if let Some(place) = places::load(&screen.client.name()) {
                resume::begin(&mut screen.model, place);
            }
        }
    }
    while screen.ended.is_none() {
        screen.look();
        screen.draw();
        let deadline = screen.deadline();
        tokio::select! {
            Some(report) = reports.recv() => screen.reports(report, &mut reports),
            Some(answer) = answers.recv() => screen.happen(Event::from(answer)),
            Some(encoded) = pictures.recv() => screen.pictures.encoded(encoded),
            Some(said) = from_tmux.recv() => screen.tmux_said(said),
            signal = signals.next() => screen.signal(signal),
            () = sleep_until(deadline) => {}
        }
        screen.on_time();
    }
    screen.leave(&mut reports).await
}

/// The model before anything has happened.
fn model(client: &Client, config: &Config, size: (u16, u16)) -> Model {
    let mut model = Model::new(Timestamp::now(), size);
    model.zone = TimeZone::system();
    model.keymap = config.keymap.clone();
    model.mouse = config.mouse;
    model.host = client.host().map(ToString::to_string);
    model.saved_filters = filters::load().unwrap_or(model.saved_filters);
    model
}

/// Everything that the loop owns.
struct Running {
    model: Model,
    terminal: Terminal,
    tty: Tty,
    client: Client,
    answer: mpsc::Sender<Answer>,
    writer: Writer,
    /// Frames on their way to the terminal.
    writing: usize,
    painter: Painter,
    pictures: Pictures,
    pane: Pane,
    theme: Theme,
    /// Holds the terminal.
    guard: Option<Guard>,
    suspending: Suspending,
    reporting: Reporting,
    /// Keys are reported when they are let go.
    releases: bool,
    /// Until when the answers to the probe are waited for.
    probe_until: Option<Instant>,
    /// When ages on the screen are a minute older.
    minute: Instant,
    /// When the selection will have rested on its case.
    rest_until: Option<Instant>,
    /// When somebody may be called.
    bell: Bell,
    /// How.
    notify: Notify,
    /// The case that others see looked at here, and who tells them.
    looking: Option<(Option<CaseId>, AbortHandle)>,
    recording: Option<Recording>,
    ended: Option<Result<(), RunError>>,
}

impl Running {
    fn happen(&mut self, event: Event) {
        let effects = handle(&mut self.model, event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Quit => self.ended = Some(Ok(())),
                Effect::Redraw => {
                    self.painter.forget();
                    self.pictures.erased();
                    self.ask_tmux();
                }
                Effect::Suspend => self.want_to_suspend(),
                Effect::Rest => self.rest_until = Some(Instant::now() + REST),
                Effect::Call(text) => self.call(&text),
                Effect::Copy(text) => self.write(clipboard::copy(&text)),
                Effect::SaveFilters(filters) => self.save(&filters),
                asked => {
                    tokio::spawn(daemon::ask(self.client.clone(), asked, self.answer.clone()));
                }
            }
        }
    }

    /// Gives the terminal back. Frames on their way go out first, or they would be drawn on the
    /// shell's screen; and answers on their way are taken off the line, or they would be typed into
    /// the shell.
    async fn leave(mut self, reports: &mut mpsc::Receiver<Report>) -> Result<(), RunError> {
        let ended = self.ended.take().unwrap_or(Ok(()));
        places::save(&self.client.name(), resume::place(&self.model));
        if !matches!(ended, Err(RunError::Gone(_))) {
            self.switch_mouse_off();
            self.switch_releases_off();
            self.reporting = Reporting::Never;
            let all_answered = async {
                while !self.is_quiet() {
                    match reports.recv().await {
                        Some(report) => self.report(report),
                        None => return,
                    }
                }
            };
            let _ = timeout(END_WAIT, all_answered).await;
        }
        self.guard = None;
        ended
    }

    /// Lets others see which case is looked at here.
    fn look(&mut self) {
        let case = self.model.review().map(|r| r.case.clone());
        if let Some((seen, task)) = &self.looking {
            if *seen == case {
                return;
            }
            task.abort();
        }
        let live = daemon::live(self.client.clone(), case.clone(), self.answer.clone());
        self.looking = Some((case, tokio::spawn(live).abort_handle()));
    }

    /// Calls somebody who looks elsewhere, unless they are here or were just called.
    fn call(&mut self, text: &str) {
        let here = self.suspending != Suspending::No || self.guard.is_none();
        if here || !self.bell.may_call(Instant::now()) {
            return;
        }
        self.write(self.notify.bytes(self.terminal.name(), text));
    }

    /// Sends what draws nothing.
    fn write(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.send(Frame {
                bytes,
                questions: 0,
            });
        }
    }

    fn save(&mut self, filters: &[String]) {
        if let Err(error) = filters::save(filters) {
            self.model.notice = Some(Notice::bad(error));
        }
    }

    /// Takes a report, and those that came with it: keys that have come together are drawn
    /// together.
    fn reports(&mut self, first: Report, more: &mut mpsc::Receiver<Report>) {
        self.report(first);
        while let Ok(report) = more.try_recv() {
            self.report(report);
        }
    }

    fn report(&mut self, report: Report) {
        if matches!(
            report,
            Report::Input(Input::Key(_) | Input::Mouse(_) | Input::Paste(_))
        ) {
            self.bell.touched(Instant::now());
            self.pane.used();
        }
        match report {
            Report::Input(Input::Key(key)) => {
                // Whether digits are a number, or a key is held down, depends on the time between them.
                self.happen(Event::Clock(Timestamp::now()));
                self.happen(Event::Key(key));
            }
            Report::Input(Input::Released(key)) => self.happen(Event::Released(key)),
            Report::Input(Input::Mouse(mouse)) => self.mouse(mouse),
            Report::Input(Input::Paste(text)) => self.happen(Event::Paste(text)),
            Report::Input(Input::Reply(reply)) => {
                self.terminal.learn(&reply);
                self.theme = self.theme.on(self.terminal.background());
                if reply == Reply::Status {
                    if self.terminal.is_settled() {
                        self.probe_until = None;
                    }
                    self.pictures.answered(Instant::now());
                    self.switch_mouse_on();
                    self.switch_releases_on();
                }
            }
            Report::Doubt => self.ask(),
            Report::Written => {
                self.writing = self.writing.saturating_sub(1);
                self.pictures.written();
            }
            Report::Gone(error) => self.ended = Some(Err(RunError::Gone(error))),
        }
        self.tell_what_is_shown();
    }

    /// Asks the terminal what it can do.
    fn probe(&mut self) {
        self.send(Frame {
            bytes: probe::questions(Environment::read()),
            questions: 1,
        });
    }

    /// Asks the terminal a question: before its answer comes whatever was sent before.
    fn ask(&mut self) {
        if self.guard.is_some() {
            self.send(Frame {
                bytes: ASK_STATUS.to_vec(),
                questions: 1,
            });
        }
    }

    /// Adds to the recording, if there is one. One that cannot go on ends; the session does not.
    fn record(&mut self, what: impl FnOnce(&mut Recording) -> io::Result<()>) {
        let Some(recording) = &mut self.recording else {
            return;
        };
        if let Err(error) = what(recording) {
            let path = recording.path().display();
            let said = format!("The recording into {path} ended: {error}.");
            self.model.notice = Some(Notice::bad(said));
            self.recording = None;
        }
    }

    fn tell_what_is_shown(&mut self) {
        if let Some(showing) = self.pictures.take_shown() {
            // A case is decided on once it has been there for a while.
            self.happen(Event::Clock(Timestamp::now()));
            self.happen(Event::Shown(showing));
        }
    }

    fn signal(&mut self, signal: SignalKind) {
        if signal == suspend::GO_ON {
            return self.go_on();
        }
        if signal != SignalKind::window_change() {
            self.ended = Some(Err(RunError::Signal(signal.as_raw_value())));
            return;
        }
        self.measure();
    }

    /// Sees how large the window is, and draws everything for that.
    fn measure(&mut self) {
        let size = self.tty.size();
        self.terminal.resized(size);
        self.painter.forget();
        self.pictures.resized(Instant::now());
        // Another terminal may be around it now.
        self.ask_tmux();
        self.record(|recording| recording.resized(size.columns, size.rows));
        self.happen(Event::Resized {
            columns: size.columns,
            rows: size.rows,
        });
        self.send(Frame {
            bytes: probe::SIZE_QUESTIONS.to_vec(),
            questions: 1,
        });
    }

    /// When something is due although nothing happens.
    fn deadline(&self) -> Instant {
        let others = [
            self.probe_until,
            self.rest_until,
            self.pictures.deadline(),
            self.pane.deadline(),
            self.suspending.deadline(),
        ];
        others.into_iter().flatten().fold(self.minute, Instant::min)
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        if self.probe_until.is_some_and(|until| until <= now) {
            self.probe_until = None;
            self.terminal.give_up_waiting();
            self.theme = self.theme.on(self.terminal.background());
        }
        if self.minute <= now {
            self.minute = now + Duration::from_secs(60);
            self.happen(Event::Clock(Timestamp::now()));
        }
        if self.rest_until.is_some_and(|until| until <= now) {
            self.rest_until = None;
            self.happen(Event::Rested);
        }
        self.suspend_on_time(now);
        self.pictures.on_time(now);
        self.tell_what_is_shown();
    }

    /// Whether nothing is on its way to the terminal or back.
    fn is_quiet(&self) -> bool {
        self.writing == 0 && !self.pictures.is_answer_due()
    }

    fn send(&mut self, frame: Frame) {
        self.writing += 1;
        self.pictures
            .asked(frame.questions, frame.bytes.len(), Instant::now());
        self.record(|recording| recording.wrote(&frame.bytes));
        self.writer.send(frame);
    }

    /// Has the picture made that belongs on the screen, and draws the changes, once the last frame
    /// has gone out.
    fn draw(&mut self) {
        if self.suspending != Suspending::No {
            return;
        }
        let size = self.terminal.size();
        let window = (size.columns, size.rows);
        let area = match self.model.screen {
            Screen::Queue => crate::layout::queue(window).picture_area(),
            Screen::Review(_) => crate::layout::review(window).picture,
        };
        let subject = self.model.subject();
        let fits = crate::layout::is_enough(window);
        self.pictures
            .want(&subject, area, &self.terminal, fits, Instant::now());
        self.tell_what_is_shown();
        if self.writing > 0 {
            return;
        }
        if let Some(bytes) = self.pictures.take_again() {
            return self.send(Frame {
                bytes,
                questions: 0,
            });
        }
        let picture = match self.may_draw_picture() {
            true => self.pictures.take_ready(),
            false => None,
        };
        let status: PictureStatus = self.pictures.status(&self.terminal);
        let mut next = Buffer::empty(Rect::new(0, 0, size.columns, size.rows));
        let cursor = view(&self.model, &status, self.theme, &mut next);
        self.pictures.draw_cells(&mut next);
        let drawing = picture.as_ref().and_then(Option::as_ref);
        if let (Some(Pixels::ForText(_)), Some(guard)) = (drawing.map(|d| &d.pixels), &self.guard) {
            guard.pictures_are_kept(self.pictures.delete_past_tmux());
        }
        let mut bytes = self.painter.paint(
            next,
            self.pictures.covered(),
            drawing,
            cursor,
            self.terminal.is_synchronized(),
        );
        let mut questions = 0;
        if picture.is_some() && !bytes.is_empty() {
            questions = self.pictures.ask_for_answer(&mut bytes);
        }
        if bytes.is_empty() {
            if picture.is_some() {
                self.pictures.written();
                self.tell_what_is_shown();
            }
            return;
        }
        self.send(Frame { bytes, questions });
    }
}
