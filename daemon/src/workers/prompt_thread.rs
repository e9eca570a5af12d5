//! The prompt thread: it answers prompts beside whatever the worker is embedding, so that on an
//! embedded slice a person waits for the decoder only.
//!
//! It has decoders of its own, and no encoder, which takes most of a worker's memory. A prompt on a
//! slice that is not embedded yet is handed to the bulk thread, which takes it up between two
//! slices.

use super::claimed::{Claimed, Claims, WorkThread, carry_out};
use super::protocol::{Order, WorkerReport};
use crate::case::Lane;
use crate::stages::{Failure, Tools};
use medicosam_shared::case::Fault;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// The state of the prompt thread, for the bulk thread.
#[derive(Clone, Default)]
pub struct PromptThreadState(Arc<Mutex<State>>);

/// Locked while the thread works.
#[derive(Default)]
struct State {
    last_work: Option<Instant>,
    lost_device: Option<Fault>,
    closed: bool,
}

impl PromptThreadState {
    /// When the thread last answered a prompt; now, if it is at it.
    pub fn last_work(&self) -> Option<Instant> {
        match self.0.try_lock() {
            Ok(state) => state.last_work,
            Err(TryLockError::Poisoned(state)) => state.into_inner().last_work,
            Err(TryLockError::WouldBlock) => Some(Instant::now()),
        }
    }

    /// Why the device that the thread runs decoders on cannot be used any more, if it cannot.
    pub fn lost_device(&self) -> Option<Fault> {
        self.0.try_lock().ok()?.lost_device.clone()
    }

    /// Has the thread begin nothing more; `false` if it is at work.
    pub fn close(&self) -> bool {
        match self.0.try_lock() {
            Ok(mut state) => {
                state.closed = true;
                true
            }
            Err(_) => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread, before it is started.
pub struct PromptThread {
    /// How it claims work.
    pub claims: Claims,
    /// Its tools.
    pub tools: Tools,
    /// Where prompts go that need an encoder.
    pub to_bulk: Sender<Claimed>,
    /// Wakes the bulk thread.
    pub wake_bulk: Sender<Order>,
    /// For the bulk thread.
    pub state: PromptThreadState,
}

impl PromptThread {
    /// Starts it; it works whenever it is woken, and at least every `look_every`.
    pub fn start(self, wakes: Receiver<()>, look_every: Duration) -> io::Result<()> {
        let work = move || self.run(&wakes, look_every);
        let thread = std::thread::Builder::new().name("prompts".to_owned());
        thread
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    // Half a worker would keep people waiting; the daemon starts a whole one.
                    std::process::exit(101);
                }
            })
            .map(drop)
    }

    fn run(mut self, wakes: &Receiver<()>, look_every: Duration) {
        let shared = self.state.clone();
        loop {
            let mut state = shared.lock();
            if state.closed {
                return;
            }
            let worked = self.work_once();
            state.lost_device = self.tools.models.lost_device();
            let lost = state.lost_device.is_some();
            if matches!(worked, Ok(true)) {
                state.last_work = Some(Instant::now());
            }
            drop(state);
            if lost {
                self.claims.reporter.tell(WorkerReport::Waiting);
                // The bulk thread ends the worker when it has nothing in hand.
                let _ = self.wake_bulk.send(Order::Wake);
                return;
            }
            match worked {
                Ok(true) => continue,
                Ok(false)
                | Err(
                    Failure::Fault(..)
                    | Failure::Asks(..)
                    | Failure::LeaseLost
                    | Failure::NeedsEncoder,
                ) => {}
                // The bulk thread meets it too, and ends the worker if it lasts.
                Err(Failure::Store(error)) => tracing::error!("cannot look for prompts: {error}"),
            }
            self.claims.reporter.tell(WorkerReport::Waiting);
            match wakes.recv_timeout(look_every) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => while wakes.try_recv().is_ok() {},
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Answers the next prompt, or hands it on. Returns whether there was any.
    fn work_once(&mut self) -> Result<bool, Failure> {
        let claimed = self.claims.claim(&self.tools.registry, Lane::Interactive)?;
        let Some(claimed) = claimed else {
            return Ok(false);
        };
        let mut thread = Decoding(&self.claims);
        if let Some(claimed) = carry_out(&mut self.tools, claimed, &mut thread)? {
            // If the bulk thread is gone, so is the worker in a moment.
            let _ = self.to_bulk.send(claimed);
            let _ = self.wake_bulk.send(Order::Wake);
        }
        Ok(true)
    }
}

/// Only prompts are claimed: there is nothing to do between slices.
struct Decoding<'a>(&'a Claims);

impl WorkThread for Decoding<'_> {
    fn claims(&self) -> &Claims {
        self.0
    }
}
