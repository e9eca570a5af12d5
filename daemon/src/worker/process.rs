//! The worker process itself.

use super::failure::Failure;
use super::heartbeat::Heartbeat;
use super::models::Models;
use super::pipeline::Pipeline;
use super::protocol::{Order, Report, to_line};
use super::supervisor::Supervisor;
use crate::config::Config;
use crate::embed::EmbeddingCache;
use crate::model::Device;
use crate::store::{Lane, SqliteStore, Store, StoreError};
use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Work that waits for a later time is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why a worker ends.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// Works on a device until standard input ends, there has been nothing to do for a while, or the
/// device fails.
pub fn run(config: Config, number: u32, device: Device) -> Result<(), WorkerError> {
    let orders = listen()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&SqliteStore::file(&config.state))?);
    let keep_alive = config.devices.keep_alive;
    // The daemon takes silence for a hang.
    let look_every = config
        .hang_after
        .map_or(LOOK_EVERY, |limit| LOOK_EVERY.min(limit / 4));
    let mut pipeline = Pipeline {
        models: Models::new(&config, device, say),
        cache: EmbeddingCache::new(config.cache.clone()),
        heartbeat: Heartbeat::start(Arc::clone(&store))?,
        swept: HashSet::new(),
        owner: Supervisor::owner(number),
        store,
        config,
        report: Box::new(say),
    };
    let mut idle_since = Instant::now();
    let mut told_to_rest = false;
    loop {
        match pipeline.work_once(Lane::Any) {
            Ok(true) => idle_since = Instant::now(),
            Ok(false) => {
                let left = keep_alive.saturating_sub(idle_since.elapsed());
                if left.is_zero() {
                    say(&Report::Resting);
                    return Ok(());
                }
                say(&Report::Alive);
                match orders.recv_timeout(look_every.min(left)) {
                    Ok(order) => told_to_rest |= order == Order::Rest,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            // `work_once` tells the store of faults and passes over lost leases.
            Err(Failure::Fault(..) | Failure::LeaseLost) => {}
        }
        if let Some(fault) = pipeline.models.lost_device() {
            say(&Report::DeviceFailed(fault));
            return Ok(());
        }
        told_to_rest |= orders.try_iter().any(|order| order == Order::Rest);
        if told_to_rest {
            say(&Report::Resting);
            return Ok(());
        }
    }
}

/// Reads orders on a thread of its own. When they end the daemon is gone, and whatever is being
/// done here will be done again by its successor: the process ends at once.
fn listen() -> io::Result<mpsc::Receiver<Order>> {
    let (sender, orders) = mpsc::channel();
    std::thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                // Daemon and worker are the same program, but for one that was replaced meanwhile.
                if let Ok(order) = serde_json::from_str(&line) {
                    let _ = sender.send(order);
                }
            }
            std::process::exit(0);
        })?;
    Ok(orders)
}

/// Tells the daemon. If it does not listen any more, the end of the input follows.
fn say(report: &Report) {
    if let Some(line) = to_line(report) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
