//! The thread that hears what is found in all roots. It never touches a file system itself: one that
//! does not answer holds up nothing but the thread of its own root.

use super::file_calls::{FileCalls, Server};
use super::names::Ignore;
use super::presence::Records;
use super::report::{KnownScan, RootState, WatcherReport};
use super::root::{WatchedRoot, root_of};
use super::settle::Settler;
use super::silence::Silence;
use super::survey::Survey;
use super::surveyor::{Answer, Order, Surveyor};
use crate::config::{Limits, Root};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// A folder that has not answered one question for so long counts as away. A disk that has to spin
/// up and a server that is restarted answer before that.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often in that time it is seen whether all folders answer.
const LOOKS: u32 = 6;

enum Message {
    Answer(usize, Answer),
    LookAgain(PathBuf),
    Stop,
}

/// Handle on the watching thread; it stops when this is dropped. A thread that waits for a file
/// system is left behind.
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
        // A watcher that has stopped needs it no more.
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
    /// How much of each root is looked at.
    pub limits: Limits,
}

/// A root, as far as its surveyor has said.
struct Surveyed {
    root: Root,
    orders: Sender<Order>,
    calls: Arc<FileCalls>,
    /// `None` before the first answer.
    state: Option<RootState>,
    /// Scans in it that are not finished.
    settling: Vec<PathBuf>,
    silence: Option<Silence>,
}

/// Watches roots; lives on a thread of its own.
pub struct Watcher {
    roots: Vec<Surveyed>,
    records: Records,
    messages: Receiver<Message>,
    report: Box<dyn FnMut(WatcherReport) + Send>,
    patience: Duration,
    /// When it is seen again whether all folders answer.
    next_look: Instant,
}

impl Watcher {
    /// Starts watching. `report` is called on the watching thread and must not block for long.
    pub fn start(
        beginning: Beginning,
        report: impl FnMut(WatcherReport) + Send + 'static,
    ) -> std::io::Result<WatcherHandle> {
        let always_answers: Server = Arc::new(|_| {});
        Watcher::start_on(&always_answers, PATIENCE, beginning, report)
    }

    fn start_on(
        server: &Server,
        patience: Duration,
        beginning: Beginning,
        report: impl FnMut(WatcherReport) + Send + 'static,
    ) -> std::io::Result<WatcherHandle> {
        let (sender, messages) = mpsc::channel();
        let mut roots = Vec::new();
        for (index, root) in beginning.roots.iter().enumerate() {
            let calls = Arc::new(FileCalls::new(Arc::clone(server)));
            let survey = survey(&beginning, root, Arc::clone(&calls));
            let answers = sender.clone();
            let orders = Surveyor::start(survey, move |answer| {
                let _ = answers.send(Message::Answer(index, answer));
            })?;
            roots.push(Surveyed {
                root: root.clone(),
                orders,
                calls,
                state: None,
                settling: Vec::new(),
                silence: None,
            });
        }
        let watcher = Watcher {
            roots,
            records: beginning.records,
            messages,
            report: Box::new(report),
            patience,
            next_look: Instant::now(),
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
        // Of an earlier run.
        if self.records.forget_silences() {
            self.report_records();
        }
        loop {
            let wait = self.next_look.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(wait) {
                Ok(Message::Answer(index, answer)) => self.take(index, answer),
                Ok(Message::LookAgain(place)) => self.look_again(place),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.next_look <= Instant::now() {
                self.see_who_answers();
                self.next_look = Instant::now() + self.patience / LOOKS;
            }
        }
        for surveyed in &self.roots {
            // One that waits for its file system hears it later, or never.
            let _ = surveyed.orders.send(Order::Stop);
        }
    }

    fn take(&mut self, index: usize, answer: Answer) {
        match answer {
            Answer::Report(WatcherReport::Mounts(found)) => {
                let root = &self.roots[index].root;
                self.records.update(&found, [&root.path, &root.output]);
                self.report_records();
            }
            Answer::Report(report) => (self.report)(report),
            Answer::State(state, settling) => {
                let surveyed = &mut self.roots[index];
                surveyed.state = Some(state);
                surveyed.settling = settling;
                self.report_state();
            }
        }
    }

    fn look_again(&self, place: PathBuf) {
        let roots = self.roots.iter().map(|surveyed| &surveyed.root);
        if let Some(index) = root_of(roots, &place) {
            let _ = self.roots[index].orders.send(Order::LookAgain(place));
        }
    }

    /// Finds the folders that have begun not to answer, and those that answer again.
    fn see_who_answers(&mut self) {
        let now = Instant::now();
        let mut has_changed = false;
        for surveyed in &mut self.roots {
            let unanswered = surveyed.calls.unanswered(self.patience, now);
            let silence = Silence::next(surveyed.silence.as_ref(), unanswered, now);
            if silence != surveyed.silence {
                has_changed = true;
                surveyed.silence = silence;
            }
        }
        if has_changed {
            let silent = self.roots.iter().filter_map(|root| root.silence.as_ref());
            self.records
                .set_silences(silent.map(|silence| (silence.folder().to_owned(), silence.why())));
            self.report_records();
            self.report_state();
        }
    }

    fn report_records(&mut self) {
        (self.report)(WatcherReport::Mounts(self.records.clone()));
    }

    /// Reports how all roots are, once each of them has answered or counts as silent.
    fn report_state(&mut self) {
        let states = self.roots.iter().map(Surveyed::state);
        let Some(roots) = states.collect() else {
            return;
        };
        let settling = self.roots.iter().filter(|root| root.silence.is_none());
        let settling = settling.flat_map(|root| root.settling.iter().cloned());
        let settling = settling.collect();
        (self.report)(WatcherReport::Walked { roots, settling });
    }
}

impl Surveyed {
    fn state(&self) -> Option<RootState> {
        match &self.silence {
            None => self.state.clone(),
            Some(silence) => Some(silence.state(&self.root, self.state.as_ref())),
        }
    }
}

/// What a surveyor of one of the roots begins with.
fn survey(beginning: &Beginning, root: &Root, calls: Arc<FileCalls>) -> Survey {
    let Beginning {
        roots,
        known,
        records,
        limits,
    } = beginning;
    let is_in_it = |scan: &&KnownScan| {
        let around = root_of(roots, &scan.place).map(|index| &roots[index].path);
        around == Some(&root.path)
    };
    let known = known.iter().filter(is_in_it).cloned();
    Survey {
        ignore: Ignore::outputs(roots.iter().map(|root| root.output.clone()))
            .and_roots(roots.iter().map(|root| root.path.clone())),
        root: WatchedRoot::new(root.clone(), Instant::now()),
        calls,
        limits: limits.clone(),
        records: records.clone(),
        settler: Settler::knowing(known.map(|scan| (scan.place, scan.files))),
        second_looks: Vec::new(),
        reports: Vec::new(),
        has_news: false,
    }
}

#[cfg(test)]
mod silent_tests;
#[cfg(test)]
mod tests;
