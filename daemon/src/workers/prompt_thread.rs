//! Prompts are answered on a thread of their own, beside whatever the worker is embedding: for a
//! slice that is embedded, a person waits for the decoder only.
//!
//! This thread has decoders of its own, and no encoder, which takes most of a worker's memory. A
//! prompt on a slice that is not embedded yet is handed to the main thread, which takes it up
//! between two slices.

use super::claimed::Pipeline;
use super::heartbeat::Held;
use super::protocol::{Order, Report};
use crate::case::Lane;
use crate::registry::Work;
use crate::stages::failure::Failure;
use medicosam_shared::case::Fault;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// A claimed prompt that needs an encoder.
pub struct Handed {
    pub work: Work,
    /// Keeps the lease on its way.
    pub held: Held,
}

/// Which thread of a worker a pipeline works for.
pub enum Hand {
    /// The one with the encoder.
    Main {
        /// What the other one cannot do.
        handed: Receiver<Handed>,
    },
    /// The one that answers prompts.
    Desk {
        /// To the main thread.
        to_main: Sender<Handed>,
        /// Wakes the main thread.
        wake_main: Sender<Order>,
    },
}

/// What the main thread sees of this one.
#[derive(Clone, Default)]
pub struct Desk(Arc<Mutex<State>>);

/// Locked while the thread works.
#[derive(Default)]
struct State {
    last_work: Option<Instant>,
    lost_device: Option<Fault>,
    closed: bool,
}

impl Desk {
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

/// Starts the thread; it works whenever it is woken, and at least every `look_every`.
pub fn start(
    mut pipeline: Pipeline,
    desk: Desk,
    wakes: Receiver<()>,
    look_every: Duration,
) -> io::Result<()> {
    let work = move || {
        loop {
            let mut state = desk.lock();
            if state.closed {
                return;
            }
            let worked = pipeline.work_once(Lane::Interactive);
            state.lost_device = pipeline.models.lost_device();
            let lost = state.lost_device.is_some();
            if matches!(worked, Ok(true)) {
                state.last_work = Some(Instant::now());
            }
            drop(state);
            if lost {
                pipeline.reporter.tell(&Report::Waiting);
                // The main thread ends the worker when it has nothing in hand.
                pipeline.wake_main();
                return;
            }
            match worked {
                Ok(true) => continue,
                Ok(false)
                | Err(Failure::Fault(..) | Failure::LeaseLost | Failure::NeedsEncoder) => {}
                // The main thread meets it too, and ends the worker if it lasts.
                Err(Failure::Store(error)) => tracing::error!("cannot look for prompts: {error}"),
            }
            pipeline.reporter.tell(&Report::Waiting);
            match wakes.recv_timeout(look_every) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => while wakes.try_recv().is_ok() {},
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    };
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
