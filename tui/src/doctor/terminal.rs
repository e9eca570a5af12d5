//! The terminal, asked and measured.

use super::{ROUND_TRIPS, middle};
use crate::term::graphics::Graphics;
use crate::term::probe::{self, Environment, Preferences, Terminal};
use crate::term::threads::{self, ASK_STATUS, Frame, Report, Writer};
use crate::term::tmux::Tmux;
use crate::term::tty::Tty;
use crate::term::{Input, Reply};
use serde::Serialize;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// How long a terminal may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of the first measurement of throughput; each next one is four times as long.
const FIRST_LOAD: usize = 1 << 14;

/// Bytes of the last one: as much as a few large pictures.
const LAST_LOAD: usize = 1 << 20;

/// A measurement that took so long is exact enough.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// A terminal and its abilities.
#[derive(Debug, Clone, Serialize)]
pub struct Examined {
    /// Name and version, as it says.
    pub name: Option<String>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Width and height of a cell in pixels.
    pub cell: (u16, u16),
    /// Whether it says that it can show sixel pictures.
    pub sixel: bool,
    /// Whether it can hold back a frame until it is complete.
    pub synchronized: bool,
    /// It can say at which pixel the mouse is.
    pub mouse_pixels: bool,
    /// How pictures are shown on it.
    pub pictures: &'static str,
    /// Why so.
    pub reason: String,
    /// Whether only what changes on a picture is drawn, in words; `None` where pictures are text.
    pub patches: Option<&'static str>,
    /// Milliseconds from a question to its answer; `None` if it does not answer.
    pub round_trip_ms: Option<f64>,
    /// Bytes a second that it takes.
    pub bytes_per_second: Option<f64>,
}

/// Asks and measures; an error says why that cannot be.
pub fn examine(preferences: Preferences, tmux: Option<Tmux>) -> Result<Examined, String> {
    let tty = Tty::open().map_err(|error| error.to_string())?;
    let guard = tty.enter().map_err(|error| error.to_string())?;
    let (report, reports) = mpsc::channel();
    let writer = threads::start(&tty, move |r| report.send(r).is_ok())
        .map_err(|error| format!("starting a thread: {error}"))?;
    let mut asked = Asked { writer, reports };
    let mut terminal = Terminal::new(preferences, Environment::read(), tty.size());
    let answers = asked.ask(probe::questions(Environment::read()), |reply| {
        terminal.learn(reply)
    });
    terminal.learn_tmux(tmux);
    terminal.give_up_waiting();
    let mut round_trip = None;
    let mut rate = None;
    if answers.is_some() {
        let times = (0..ROUND_TRIPS).map_while(|_| asked.ask(ASK_STATUS.to_vec(), |_| {}));
        round_trip = middle(times.map(|time| time.as_secs_f64()).collect());
        rate = round_trip.and_then(|round_trip| throughput(&mut asked, round_trip));
    }
    drop(guard);
    let size = terminal.size();
    Ok(Examined {
        name: terminal.name().map(str::to_owned),
        size: (size.columns, size.rows),
        cell: terminal.cell(),
        sixel: terminal.has_sixel(),
        synchronized: terminal.is_synchronized(),
        mouse_pixels: terminal.has_mouse_pixels(),
        pictures: match terminal.graphics() {
            Graphics::Pixels(pixels) => pixels.protocol.name(),
            Graphics::Cells(style, _) => style.name(),
            Graphics::None | Graphics::Undecided => "none",
        },
        reason: terminal.reason(),
        patches: terminal.patching(),
        round_trip_ms: round_trip.map(|seconds| seconds * 1e3),
        bytes_per_second: rate,
    })
}

/// Bytes a second, beyond the time that an answer takes anyway.
fn throughput(asked: &mut Asked, round_trip: f64) -> Option<f64> {
    let mut rate = None;
    let mut length = FIRST_LOAD;
    while length <= LAST_LOAD {
        let mut load = noise(length);
        load.extend_from_slice(ASK_STATUS);
        let time = asked.ask(load, |_| {})?;
        let seconds = (time.as_secs_f64() - round_trip).max(1e-4);
        rate = Some(length as f64 / seconds);
        if time >= LONG_ENOUGH {
            break;
        }
        length *= 4;
    }
    rate
}

/// Text that a line which packs what it carries cannot make much shorter: letters in no order, on
/// the first row of a screen that is thrown away.
fn noise(length: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut state: u32 = 1;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        LETTERS[(state >> 26) as usize]
    });
    b"\x1b[H"
        .iter()
        .copied()
        .chain(letters.take(length))
        .collect()
}

/// The terminal while it is being asked.
struct Asked {
    writer: Writer,
    reports: Receiver<Report>,
}

impl Asked {
    /// Writes `bytes`, which end in [`ASK_STATUS`], and waits for the answer to that; returns how
    /// long that took, or `None` if none comes. Keys that are pressed meanwhile mean nothing.
    fn ask(&mut self, bytes: Vec<u8>, mut learn: impl FnMut(&Reply)) -> Option<Duration> {
        let start = Instant::now();
        // A long text takes time on a slow line: 100 kB/s at least.
        let patience = PATIENCE + Duration::from_micros(bytes.len() as u64 * 10);
        self.writer.send(Frame {
            bytes,
            questions: 1,
        });
        loop {
            let left = patience.checked_sub(start.elapsed())?;
            match self.reports.recv_timeout(left).ok()? {
                Report::Input(Input::Reply(reply)) => {
                    learn(&reply);
                    if reply == Reply::Status {
                        return Some(start.elapsed());
                    }
                }
                Report::Gone(_) => return None,
                Report::Written | Report::Doubt | Report::Input(_) => {}
            }
        }
    }
}

impl Examined {
    /// For people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let name = self.name.as_deref().unwrap_or("does not say its name");
        let (columns, rows) = self.size;
        let (width, height) = self.cell;
        let can = |can, what: &str| format!("{}{what}", if can { "" } else { "no " });
        let mut lines = vec![
            (
                "terminal",
                format!("{name}, {columns}x{rows} cells of {width}x{height} pixels"),
            ),
            (
                "",
                format!(
                    "{}, {}, {}",
                    can(self.sixel, "sixel"),
                    can(self.synchronized, "synchronized updates"),
                    can(self.mouse_pixels, "mouse by pixels")
                ),
            ),
            ("pictures", format!("{}: {}", self.pictures, self.reason)),
        ];
        if let Some(why) = self.patches {
            lines.push(("", format!("patches: {why}")));
        }
        match (self.round_trip_ms, self.bytes_per_second) {
            (Some(time), Some(rate)) => lines.push((
                "line",
                format!(
                    "{time:.1} ms from question to answer, {:.1} MB/s",
                    rate / 1e6
                ),
            )),
            (Some(time), None) => lines.push((
                "line",
                format!("{time:.1} ms from question to answer, then nothing"),
            )),
            (None, _) => lines.push(("line", "the terminal answers nothing".to_owned())),
        }
        lines
    }
}
