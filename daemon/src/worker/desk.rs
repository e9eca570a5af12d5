//! Prompts are answered on a thread of their own, beside whatever the worker is embedding: for a
//! slice that is embedded, a person waits for the decoder only.
//!
//! This thread has decoders of its own, and no encoder, which takes most of a worker's memory. A
//! prompt on a slice that is not embedded yet is handed to the main thread, which takes it up
//! between two slices.

use super::failure::Failure;
use super::heartbeat::Held;
use super::pipeline::Pipeline;
use crate::store::{Lane, Work};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

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
        wake_main: Sender<()>,
    },
}

/// Starts the thread; it works whenever it is woken, and at least every `look_every`.
pub fn start(mut pipeline: Pipeline, wakes: Receiver<()>, look_every: Duration) -> io::Result<()> {
    let work = move || {
        loop {
            match pipeline.work_once(Lane::Interactive) {
                Ok(true) => continue,
                Ok(false)
                | Err(Failure::Fault(..) | Failure::LeaseLost | Failure::NeedsEncoder) => {}
                // The main thread meets it too, and ends the worker if it lasts.
                Err(Failure::Store(error)) => tracing::error!("cannot look for prompts: {error}"),
            }
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
