//! Two threads at the terminal: one reads, one writes.
//!
//! Writing waits for the terminal, and must not keep keys from being read. The writer takes one
//! frame at a time and says when it has gone out; nobody else writes.

use super::tty::Tty;
use super::{Input, Parser};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

/// The question whose answer is [`super::Reply::Status`]; every terminal answers it, in its turn.
pub const ASK_STATUS: &[u8] = b"\x1b[5n";

/// What the threads report.
#[derive(Debug)]
pub enum Report {
    /// Something came from the terminal.
    Input(Input),
    /// Something began and does not go on. A question tells whether the rest is still to come.
    Doubt,
    /// The frame has been written.
    Written,
    /// The terminal is gone.
    Gone(io::Error),
}

/// One write to the terminal.
#[derive(Debug)]
pub struct Frame {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How often they contain [`ASK_STATUS`].
    pub questions: u64,
}

/// The writing side. Frames go out in order, each as a whole.
#[derive(Debug)]
pub struct Writer {
    frames: mpsc::Sender<Frame>,
    asked: Arc<AtomicU64>,
}

impl Writer {
    /// Hands over a frame. After the terminal is gone nothing happens.
    pub fn send(&self, frame: Frame) {
        // Before the answer can be here.
        self.asked.fetch_add(frame.questions, Ordering::SeqCst);
        let _ = self.frames.send(frame);
    }
}

/// Starts both threads. `report` is called from both, and returns false when nobody listens any
/// more. They end with the process: a thread that waits for the next key cannot be asked to stop.
pub fn start(
    tty: &Tty,
    report: impl Fn(Report) -> bool + Clone + Send + 'static,
) -> io::Result<Writer> {
    let asked = Arc::new(AtomicU64::new(0));
    let (frames, queue) = mpsc::channel::<Frame>();

    let reader = (tty.clone(), asked.clone(), report.clone());
    thread::Builder::new()
        .name("terminal-reader".into())
        .spawn(move || {
            let (tty, asked, report) = reader;
            read(&tty, &asked, &report);
        })?;

    let tty = tty.clone();
    thread::Builder::new()
        .name("terminal-writer".into())
        .spawn(move || {
            for frame in queue {
                let written = match tty.write(&frame.bytes, None) {
                    Ok(()) => Report::Written,
                    Err(error) => Report::Gone(error),
                };
                let gone = matches!(written, Report::Gone(_));
                if !report(written) || gone {
                    return;
                }
            }
        })?;
    Ok(Writer { frames, asked })
}

fn read(tty: &Tty, asked: &AtomicU64, report: &impl Fn(Report) -> bool) {
    let mut parser = Parser::default();
    let mut buffer = [0u8; 4096];
    let mut input = Vec::new();
    loop {
        match tty.read(&mut buffer, parser.patience()) {
            Ok(Some(bytes)) => {
                parser.asked(asked.load(Ordering::SeqCst));
                parser.feed(bytes, &mut input);
            }
            // Something may have been asked while waiting; then it is no pause.
            Ok(None) => {
                parser.asked(asked.load(Ordering::SeqCst));
                if parser.pause(&mut input) && !report(Report::Doubt) {
                    return;
                }
            }
            Err(error) => {
                report(Report::Gone(error));
                return;
            }
        }
        for input in input.drain(..) {
            if !report(Report::Input(input)) {
                return;
            }
        }
    }
}
