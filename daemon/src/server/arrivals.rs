//! What the watcher reports becomes cases.
//!
//! Threads of their own read scans ([`readers`](super::readers)), so that a slow or large one does
//! not hold up the others; one thread files what was read ([`filing`](super::filing)), many at once.
//! A scan counts as settling until it is filed.

use super::filing::{BATCH, Cabinet, Filing};
use super::in_hand::{InHand, Verdict};
use super::message::Message;
use super::read::Read;
use super::readers::Readers;
use super::unreadable::Unreadable;
use crate::config::Config;
use crate::live_state::LiveState;
use crate::registry::Registry;
use crate::watch::presence::Records;
use crate::watch::{RootState, SecondLook, Settled, WatcherReport};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A scan that could not be read is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Unfinished scans are not shown more often than this while scans are being read.
const SHOW_EVERY: Duration = Duration::from_millis(100);

/// What the threads need.
pub struct Context {
    /// The configuration.
    pub config: Arc<Config>,
    /// Where cases are filed.
    pub registry: Arc<Registry>,
    /// Shows roots and unfinished scans.
    pub live: Arc<LiveState>,
    /// Lets the watcher look again.
    pub second_look: SecondLook,
}

/// Handle on the threads; what has been read is filed before this is dropped.
pub struct ArrivalsHandle {
    messages: Sender<Message>,
    stop: Arc<AtomicBool>,
    filing: Option<JoinHandle<()>>,
}

impl Drop for ArrivalsHandle {
    fn drop(&mut self) {
        // The reading threads are not waited for: a share may hang for minutes.
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.messages.send(Message::Stop);
        if let Some(filing) = self.filing.take() {
            let _ = filing.join();
        }
    }
}

/// Starts the threads. `messages` is where the watcher's reports come in.
pub fn start(
    context: Context,
    sender: Sender<Message>,
    messages: Receiver<Message>,
) -> io::Result<ArrivalsHandle> {
    let stop = Arc::new(AtomicBool::new(false));
    let config = Arc::clone(&context.config);
    let readers = Readers::new(config, sender.clone(), Arc::clone(&stop));
    let filing = thread::Builder::new().name("file scans".to_owned());
    let arrivals = Arrivals {
        readers,
        in_hand: InHand::default(),
        filings: Vec::new(),
        unreadable: Unreadable::default(),
        records: Records::load(&context.config.state),
        roots: None,
        settling: Vec::new(),
        changed: BTreeSet::new(),
        has_news: false,
        shown: None,
        context,
    };
    let filing = filing.spawn(move || arrivals.run(&messages))?;
    Ok(ArrivalsHandle {
        messages: sender,
        stop,
        filing: Some(filing),
    })
}

/// The filing thread.
struct Arrivals {
    context: Context,
    readers: Readers,
    in_hand: InHand,
    /// What was read, in the order in which it is filed.
    filings: Vec<Filing>,
    unreadable: Unreadable,
    /// What is remembered of the mounted file systems.
    records: Records,
    /// The roots as the watcher saw them last; `None` before its first walk.
    roots: Option<Vec<RootState>>,
    /// Scans that were not finished then.
    settling: Vec<PathBuf>,
    /// Scans that changed while they were read, until the watcher reports them once more: what it saw in
    /// other roots meanwhile says nothing of them.
    changed: BTreeSet<PathBuf>,
    /// Whether roots or unfinished scans have changed since they were shown.
    has_news: bool,
    shown: Option<Instant>,
}

impl Arrivals {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let mut message = match self.wait(messages) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut is_last = false;
            // Take what is there, so that many scans are one transaction.
            while let Some(received) = message {
                is_last = matches!(received, Message::Stop);
                self.take(received);
                let is_full = self.filings.len() >= BATCH || is_last;
                message = (!is_full).then(|| messages.try_recv().ok()).flatten();
            }
            self.file();
            if is_last {
                return;
            }
            self.look_again();
            if self.show_at().is_some_and(|at| at <= Instant::now()) {
                self.show();
            }
        }
    }

    fn wait(&self, messages: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
        let retry = self.unreadable.next().into_iter();
        match retry.chain(self.show_at()).min() {
            Some(at) => messages.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// When roots and unfinished scans are to be shown. With thousands of scans that costs time,
    /// so it waits while they come in; that all are done is said at once.
    fn show_at(&self) -> Option<Instant> {
        let now = Instant::now();
        let at = match self.shown {
            Some(shown) if !self.in_hand.is_empty() => shown + SHOW_EVERY,
            Some(_) | None => now,
        };
        self.has_news.then_some(at)
    }

    fn take(&mut self, message: Message) {
        self.has_news = true;
        match message {
            Message::Report(WatcherReport::Settled(settled)) => {
                self.changed.remove(&settled.place);
                if let Some(settled) = self.in_hand.take(settled) {
                    self.read(settled);
                }
            }
            Message::Report(WatcherReport::Gone { scans, prompts }) => {
                let gone = scans.into_iter().chain(prompts);
                let gone: Vec<_> = gone.filter(|place| self.in_hand.gone(place)).collect();
                for place in &gone {
                    self.changed.remove(place);
                    self.unreadable.remove(place);
                }
                self.filings.push(Filing::Gone(gone));
            }
            Message::Report(WatcherReport::Mounts(records)) => {
                self.records = records;
                self.remember();
            }
            Message::Report(WatcherReport::Walked { roots, settling }) => {
                let cannot_be_read =
                    |place: &Path| roots.iter().any(|r| r.unreadable.contains_key(place));
                self.changed.retain(|place| !cannot_be_read(place));
                if let Some(before) = self.roots.replace(roots) {
                    self.resume_after(&before);
                }
                self.settling = settling;
            }
            Message::Read(place, found) => match self.in_hand.read(&place) {
                Verdict::File => self.take_read(place, found),
                Verdict::ReadAgain(settled) => self.read(settled),
                Verdict::Gone => {
                    self.unreadable.remove(&place);
                    self.filings.push(Filing::Gone(vec![place]));
                }
            },
            Message::Stop => {}
        }
    }

    fn read(&mut self, settled: Settled) {
        let place = settled.place.clone();
        if let Err(error) = self.readers.read(settled) {
            self.in_hand.read(&place);
            self.retry(place, format!("no thread can be started: {error}"));
        }
    }

    fn take_read(&mut self, place: PathBuf, found: Read) {
        match found {
            Read::Scans(scans) => {
                self.unreadable.remove(&place);
                self.filings.push(Filing::Scans(place, scans));
            }
            Read::Prompts(prompts) => {
                self.unreadable.remove(&place);
                self.filings.push(Filing::Prompts(place, prompts));
            }
            Read::Changed => {
                self.context.second_look.at(&place);
                self.changed.insert(place);
            }
            Read::Unreadable(why) => self.retry(place, why),
            Read::Stopped => {}
        }
    }

    fn retry(&mut self, place: PathBuf, why: String) {
        let path = place.display().to_string();
        let again = Instant::now() + LOOK_AGAIN;
        if self.unreadable.add(place, why.clone(), again) {
            tracing::warn!(path, "cannot be read: {why}; tried again every minute");
        }
        self.has_news = true;
    }

    fn file(&mut self) {
        let filings = std::mem::take(&mut self.filings);
        if filings.is_empty() {
            return;
        }
        let cabinet = Cabinet {
            registry: &self.context.registry,
            config: &self.context.config,
            records: &self.records,
            unanswered: RefCell::default(),
        };
        for (place, error) in cabinet.file(filings) {
            self.retry(place, error.to_string());
        }
    }

    /// Lets the watcher look again at scans that could not be read.
    fn look_again(&mut self) {
        for place in self.unreadable.take_due(Instant::now()) {
            self.context.second_look.at(&place);
        }
    }

    /// Shows how the roots are doing. What is being read is not finished either.
    fn show(&mut self) {
        self.has_news = false;
        self.shown = Some(Instant::now());
        let Some(mut roots) = self.roots.clone() else {
            return;
        };
        for (place, why) in self.unreadable.reasons() {
            let around = roots
                .iter_mut()
                .filter(|root| place.starts_with(&root.path));
            if let Some(root) = around.max_by_key(|root| root.path.components().count()) {
                root.unreadable.insert(place.to_owned(), why.to_owned());
            }
        }
        // Nobody knows when a scan will be read whose root does not answer.
        let silent = |place: &&Path| {
            let root = self.context.config.root_of(place);
            root.is_some_and(|root| self.records.silence(&root.path).is_some())
        };
        let changed = self.changed.iter().map(PathBuf::as_path);
        let in_hand = self.in_hand.places().chain(changed);
        let in_hand = in_hand.filter(|place| !silent(place));
        let settling = self.settling.iter().map(PathBuf::as_path);
        let settling: BTreeSet<&Path> = settling.chain(in_hand).collect();
        let settling = settling.into_iter().map(Path::to_owned).collect();
        self.context.live.walked(&roots, settling);
    }

    /// Has paused cases looked at again at once where a root was away `before` and is back.
    fn resume_after(&self, before: &[RootState]) {
        let now = self.roots.iter().flatten();
        let is_back = before
            .iter()
            .zip(now)
            .any(|(before, now)| before.away && !now.away);
        if !is_back {
            return;
        }
        self.context.live.root_is_back();
        // Without it they wait until their time has come.
        if let Err(error) = self.context.registry.hurry_all() {
            tracing::warn!("cannot resume paused cases at once: {error}");
        }
    }

    fn remember(&self) {
        let state = &self.context.config.state;
        if let Err(error) = self.records.save(state) {
            tracing::warn!(
                "cannot write {}: {error}; a share that goes away while the daemon is stopped may be taken for an empty folder",
                Records::file(state).display()
            );
        }
    }
}
