//! The thread that watches all roots.

use super::conclude::conclude_due;
use super::events::{self, Touched};
use super::names::Ignore;
use super::presence::Records;
use super::report::{KnownScan, WatcherReport};
use super::root::WatchedRoot;
use super::settle::Settler;
use super::survey::Survey;
use crate::config::Root;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// The state of all roots is not reported more often than this.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// How long nothing is looked at if nothing is due.
const IDLE: Duration = Duration::from_secs(60);

enum Message {
    Event(notify::Result<notify::Event>),
    LookAgain(PathBuf),
    Stop,
}

/// Handle on the watching thread; it stops when this is dropped.
pub struct WatcherHandle {
    messages: Sender<Message>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl WatcherHandle {
    /// What tells the watcher to look again; it outlives the handle.
    pub fn second_look(&self) -> SecondLook {
        SecondLook {
            messages: self.messages.clone(),
        }
    }
}

impl Drop for WatcherHandle {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Tells the watcher to look at scans again.
#[derive(Clone)]
pub struct SecondLook {
    messages: Sender<Message>,
}

impl SecondLook {
    /// Lets a scan settle again: it changed while it was read, or could not be read.
    pub fn at(&self, place: &Path) {
        // Once the watcher has stopped nobody needs it any more.
        let _ = self.messages.send(Message::LookAgain(place.to_owned()));
    }
}

/// What a watcher begins with.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The folders to watch.
    pub roots: Vec<Root>,
    /// Scans of earlier runs.
    pub known: Vec<KnownScan>,
    /// What is remembered of the mounted file systems.
    pub records: Records,
}

/// Watches roots; lives on a thread of its own.
pub struct Watcher {
    survey: Survey,
    messages: Receiver<Message>,
    sender: Sender<Message>,
    report: Box<dyn FnMut(WatcherReport) + Send>,
    reported: Option<Instant>,
}

impl Watcher {
    /// Starts watching. `report` is called on the watching thread and must not block for long.
    pub fn start(
        beginning: Beginning,
        report: impl FnMut(WatcherReport) + Send + 'static,
    ) -> std::io::Result<WatcherHandle> {
        let (sender, messages) = mpsc::channel();
        let watcher = Watcher {
            survey: survey(beginning),
            messages,
            sender: sender.clone(),
            report: Box::new(report),
            reported: None,
        };
        let thread = std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || watcher.run())?;
        Ok(WatcherHandle {
            messages: sender,
            thread: Some(thread),
        })
    }

    fn run(mut self) {
        loop {
            self.do_what_is_due();
            let wait = self.next_due().saturating_duration_since(Instant::now());
            let mut message = match self.messages.recv_timeout(wait) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Take all that has come, so that a burst of events costs one look per file.
            let mut touched = Touched::default();
            while let Some(received) = message {
                match received {
                    Message::Stop => return,
                    Message::LookAgain(place) => self.survey.let_settle_again(&place),
                    Message::Event(event) => add(&mut touched, event),
                }
                message = self.messages.try_recv().ok();
            }
            self.survey.look_at_touched(touched);
        }
    }

    fn do_what_is_due(&mut self) {
        let sender = &self.sender;
        self.survey.walk_due(|| {
            let sender = sender.clone();
            move |event| {
                let _ = sender.send(Message::Event(event));
            }
        });
        conclude_due(&mut self.survey);
        for report in self.survey.reports.drain(..) {
            (self.report)(report);
        }
        if self.state_due().is_some_and(|at| at <= Instant::now()) {
            self.report_state();
        }
    }

    /// When anything is to be looked at or reported.
    fn next_due(&self) -> Instant {
        let due = self.survey.next_due().into_iter().chain(self.state_due());
        due.min().unwrap_or_else(|| Instant::now() + IDLE)
    }

    /// When the state of roots and scans is to be reported, if there is something new.
    fn state_due(&self) -> Option<Instant> {
        let at = self.reported.map(|at| at + REPORT_EVERY);
        let at = at.unwrap_or_else(Instant::now);
        self.survey.has_news.then_some(at)
    }

    fn report_state(&mut self) {
        let roots = self.survey.roots.iter().map(WatchedRoot::state).collect();
        let settling = self.survey.settler.settling();
        let settling = settling.map(|(place, _)| place.to_owned()).collect();
        (self.report)(WatcherReport::Walked { roots, settling });
        self.survey.has_news = false;
        self.reported = Some(Instant::now());
    }
}

fn survey(beginning: Beginning) -> Survey {
    let Beginning {
        roots,
        known,
        records,
    } = beginning;
    let now = Instant::now();
    let known = known.into_iter().map(|scan| (scan.place, scan.files));
    Survey {
        ignore: Ignore::outputs(roots.iter().map(|root| root.output.clone())),
        roots: roots
            .into_iter()
            .map(|root| WatchedRoot::new(root, now))
            .collect(),
        records,
        settler: Settler::knowing(known),
        second_looks: Vec::new(),
        reports: Vec::new(),
        has_news: false,
    }
}

fn add(touched: &mut Touched, event: notify::Result<notify::Event>) {
    match event {
        Ok(event) => touched.add(event),
        Err(error) => {
            tracing::warn!(
                "file events failed ({}); walking all roots",
                events::explain(&error)
            );
            touched.is_incomplete = true;
        }
    }
}

#[cfg(test)]
mod tests;
