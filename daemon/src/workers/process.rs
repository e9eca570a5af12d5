//! The worker process itself.

use super::claimed::Pipeline;
use super::embed_ahead::Ahead;
use super::heartbeat::Heartbeat;
use super::prompt_thread::{self as desk, Desk, Hand};
use super::protocol::{Order, Report, Said, Thread, to_line};
use super::reporter::Reporter;
use crate::config::Config;
use crate::embed::EmbeddingCache;
use crate::machine;
use crate::model::Device;
use crate::registry::{Registry, RegistryError};
use crate::stages::failure::Failure;
use crate::stages::load::ReadAhead;
use crate::stages::models::Models;
use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

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
    let (wake_main, main_wakes) = mpsc::channel();
    let (wake_desk, desk_wakes) = mpsc::channel();
    listen(wake_main.clone(), wake_desk)?;
    let (to_main, handed) = mpsc::channel();
    let config = Arc::new(config);
    let store: Arc<Registry> = Registry::open(&config.state)?;
    let cache = Arc::new(EmbeddingCache::of(&config));
    let heartbeat = Heartbeat::start(Arc::clone(&store))?;
    let reporter = Reporter::new(say);
    let pipeline = |reporter: Reporter, hand| Pipeline {
        models: Models::new(&config, device, reporter.clone()),
        cache: Arc::clone(&cache),
        heartbeat: heartbeat.clone(),
        owner: machine::worker(number, std::process::id()),
        store: Arc::clone(&store),
        config: Arc::clone(&config),
        reporter,
        hand,
        read_ahead: ReadAhead::default(),
        ahead: Ahead::default(),
        swept: HashSet::new(),
        cache_fault: None,
    };
    let keep_alive = config.devices.keep_alive;
    // The daemon takes silence for a hang.
    let look_every = config
        .hang_after
        .map_or(LOOK_EVERY, |limit| LOOK_EVERY.min(limit / 4));
    let desk = Desk::default();
    let hand = Hand::Desk { to_main, wake_main };
    let at_desk = pipeline(reporter.of(Thread::Desk), hand);
    desk::start(at_desk, desk.clone(), desk_wakes, look_every)?;
    step_back();
    let mut pipeline = pipeline(reporter.clone(), Hand::Main { handed });
    let mut idle_since = Instant::now();
    let mut told_to_rest = false;
    loop {
        match pipeline.step() {
            Ok(true) => idle_since = Instant::now(),
            Ok(false) => {
                let worked = desk.last_work().map_or(idle_since, |at| at.max(idle_since));
                let left = keep_alive.saturating_sub(worked.elapsed());
                if left.is_zero() && desk.close() {
                    return rest(pipeline);
                }
                reporter.tell(&Report::Alive);
                match main_wakes.recv_timeout(look_every.min(left)) {
                    Ok(order) => told_to_rest |= order == Order::Rest,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            // The store has been told of faults; lost leases are passed over.
            Err(Failure::Fault(..) | Failure::LeaseLost | Failure::NeedsEncoder) => {}
        }
        let lost = pipeline.models.lost_device().or_else(|| desk.lost_device());
        if let Some(fault) = lost.filter(|_| desk.close()) {
            reporter.tell(&Report::DeviceFailed(fault));
            return Ok(());
        }
        told_to_rest |= main_wakes.try_iter().any(|order| order == Order::Rest);
        if told_to_rest && desk.close() {
            return rest(pipeline);
        }
    }
}

/// Ends a worker that nothing waits for. What the other thread handed over at the last moment is
/// done first.
fn rest(mut pipeline: Pipeline) -> Result<(), WorkerError> {
    if let Err(Failure::Store(error)) = pipeline.answer_handed() {
        return Err(error.into());
    }
    pipeline.reporter.tell(&Report::Resting);
    Ok(())
}

/// Lowers the priority of this thread and of those that it starts from now on, the encoder's among
/// them: when a prompt is answered beside them, most of the machine is for that.
fn step_back() {
    // On Linux a priority is a thread's; elsewhere it may be the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, BULK_NICENESS) {
        tracing::warn!("prompts will wait longer beside bulk work: {error}");
    }
}

/// Reads orders on a thread of its own, and wakes the others. When they end the daemon is gone, and
/// whatever is being done here will be done again by its successor: the process ends at once.
fn listen(main: Sender<Order>, desk: Sender<()>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                // Daemon and worker are the same program, but for one that was replaced meanwhile.
                if let Ok(order) = serde_json::from_str(&line) {
                    let _ = main.send(order);
                    let _ = desk.send(());
                }
            }
            std::process::exit(0);
        })?;
    Ok(())
}

/// Tells the daemon. If it does not listen any more, the end of the input follows.
fn say(said: &Said) {
    if let Some(line) = to_line(said) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
