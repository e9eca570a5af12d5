//! The thread that looks at one root.

use super::conclude::conclude_due;
use super::events::{self, Touched};
use super::report::{RootState, WatcherReport};
use super::survey::Survey;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// The state of a root is not reported more often than this.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// How long nothing is looked at if nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// What a surveyor hears.
pub enum Order {
    /// Something happened in the root.
    Event(notify::Result<notify::Event>),
    /// A scan is to settle again.
    LookAgain(PathBuf),
    /// The daemon stops.
    Stop,
}

/// What a surveyor says of its root.
pub enum Answer {
    /// Something was found.
    Report(WatcherReport),
    /// How the root is, and which scans in it are not finished.
    State(RootState, Vec<PathBuf>),
}

/// Looks at one root, on a thread of its own: it alone waits if the root does not answer.
pub struct Surveyor<F> {
    survey: Survey,
    orders: Receiver<Order>,
    sender: Sender<Order>,
    answer: F,
    reported: Option<Instant>,
}

impl<F: FnMut(Answer) + Send + 'static> Surveyor<F> {
    /// Starts the thread. Nobody need wait for its end.
    pub fn start(survey: Survey, answer: F) -> std::io::Result<Sender<Order>> {
        let (sender, orders) = mpsc::channel();
        let surveyor = Surveyor {
            survey,
            orders,
            sender: sender.clone(),
            answer,
            reported: None,
        };
        let thread = std::thread::Builder::new().name("survey".to_owned());
        thread.spawn(move || surveyor.run())?;
        Ok(sender)
    }

    fn run(mut self) {
        loop {
            self.do_what_is_due();
            let wait = self.next_due().saturating_duration_since(Instant::now());
            let mut order = match self.orders.recv_timeout(wait) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Drain the queue, so that a burst of events costs one look per file.
            let mut touched = Touched::default();
            while let Some(received) = order {
                match received {
                    Order::Stop => return,
                    Order::LookAgain(place) => self.survey.let_settle_again(&place),
                    Order::Event(event) => add(&mut touched, event),
                }
                order = self.orders.try_recv().ok();
            }
            self.survey.look_at_touched(touched);
        }
    }

    fn do_what_is_due(&mut self) {
        let sender = self.sender.clone();
        self.survey.walk_due(move |event| {
            let _ = sender.send(Order::Event(event));
        });
        conclude_due(&mut self.survey);
        for report in self.survey.reports.drain(..) {
            (self.answer)(Answer::Report(report));
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

    /// When the state of the root and its scans is to be reported, if there is something new.
    fn state_due(&self) -> Option<Instant> {
        let at = self.reported.map(|at| at + REPORT_EVERY);
        let at = at.unwrap_or_else(Instant::now);
        self.survey.has_news.then_some(at)
    }

    fn report_state(&mut self) {
        let settling = self.survey.settler.settling();
        let settling = settling.map(|(place, _)| place.to_owned()).collect();
        (self.answer)(Answer::State(self.survey.root.state(), settling));
        self.survey.has_news = false;
        self.reported = Some(Instant::now());
    }
}

fn add(touched: &mut Touched, event: notify::Result<notify::Event>) {
    match event {
        Ok(event) => touched.add(event),
        Err(error) => {
            tracing::warn!(
                "file events failed ({}); walking the whole root",
                events::explain(&error)
            );
            touched.is_incomplete = true;
        }
    }
}
