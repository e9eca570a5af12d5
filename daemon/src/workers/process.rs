//! The worker process itself: its threads, and its line to the daemon.

use super::bulk_thread::{Beside, BulkThread};
use super::claimed::Claims;
use super::heartbeat::Heartbeat;
use super::prompt_thread::{PromptThread, PromptThreadState};
use super::protocol::{Message, Order, Thread, to_line};
use super::reporter::ThreadReporter;
use crate::config::Config;
use crate::embed::EmbeddingCache;
use crate::machine;
use crate::model::Device;
use crate::registry::{Registry, RegistryError};
use crate::stages::{KeptEmbeddings, ModelUse, Models, SweptFolders, Tools};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

/// Work that waits for a later time is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Niceness of bulk work: beside it a thread of niceness 0 gets three quarters of a core.
#[cfg(target_os = "linux")]
const BULK_NICENESS: i32 = 5;

/// Why a worker ends.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] RegistryError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// Works on a device until standard input ends, there has been nothing to do for a while, or the
/// device fails.
pub fn run(config: Config, number: u32, device: Device) -> Result<(), WorkerError> {
    if let Some(bytes) = config.limits.worker_memory {
        limit_memory(bytes);
    }
    let (wake_bulk, orders) = mpsc::channel();
    let (wake_prompts, wakes) = mpsc::channel();
    listen(wake_bulk.clone(), wake_prompts)?;
    let (to_bulk, handed) = mpsc::channel();
    let config = Arc::new(config);
    let registry = Registry::open(&config.state)?;
    let cache = Arc::new(EmbeddingCache::of(&config));
    let claims = Claims {
        owner: machine::worker(number, std::process::id()),
        heartbeat: Heartbeat::start(Arc::clone(&registry))?,
        reporter: ThreadReporter::new(send),
    };
    let of_prompts = Claims {
        reporter: claims.reporter.of(Thread::Prompt),
        ..claims.clone()
    };
    let tools = |claims: &Claims, model_use| {
        let reporter = claims.reporter.for_stages();
        Tools {
            models: Models::new(&config, device, model_use, reporter.clone()),
            answered: 0,
            cache: KeptEmbeddings::new(Arc::clone(&cache), reporter.clone()),
            registry: Arc::clone(&registry),
            config: Arc::clone(&config),
            swept: SweptFolders::default(),
            reporter,
        }
    };
    // The daemon takes silence for a hang.
    let look_every = config
        .hang_after
        .map_or(LOOK_EVERY, |limit| LOOK_EVERY.min(limit / 4));
    let state = PromptThreadState::default();
    let prompts = PromptThread {
        tools: tools(&of_prompts, ModelUse::Answer),
        claims: of_prompts,
        to_bulk,
        wake_bulk,
        state: state.clone(),
    };
    prompts.start(wakes, look_every)?;
    step_back();
    let bulk = BulkThread {
        tools: tools(&claims, ModelUse::EmbedAndAnswer),
        beside: Beside::new(claims, handed),
        prompts: state,
        orders,
        look_every,
        keep_alive: config.devices.keep_alive,
    };
    Ok(bulk.run()?)
}

/// Limits the address space of this process. What does not fit is refused by the system, to this process
/// alone: without a limit, it may take all memory and have others killed.
fn limit_memory(bytes: u64) {
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    if let Err(error) = setrlimit(Resource::As, limit) {
        tracing::warn!("`worker_memory` under [limits] does not hold: {error}");
    }
}

/// Lowers the priority of this thread and of those that it starts from now on, the encoder's among
/// them: a prompt that is answered beside them gets most of the machine.
fn step_back() {
    // On Linux a priority is a thread's; elsewhere it may be the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, BULK_NICENESS) {
        tracing::warn!("prompts will wait longer beside bulk work: {error}");
    }
}

/// Reads orders on a thread of its own, and wakes the others. When they end the daemon is gone, and
/// its successor does all work in hand again: the process ends at once.
fn listen(bulk: Sender<Order>, prompts: Sender<()>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                // An unknown order is one of a daemon of another version: this program's file was
                // replaced while the daemon ran.
                if let Ok(order) = serde_json::from_str(&line) {
                    let _ = bulk.send(order);
                    let _ = prompts.send(());
                }
            }
            std::process::exit(0);
        })?;
    Ok(())
}

/// Sends a message to the daemon. If it does not listen any more, the end of the input follows.
fn send(message: &Message) {
    if let Some(line) = to_line(message) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
