//! The worker process itself.

use super::failure::Failure;
use super::heartbeat::Heartbeat;
use super::models::Models;
use super::pipeline::Pipeline;
use super::protocol::{Report, to_line};
use super::supervisor::Supervisor;
use crate::config::Config;
use crate::embed::EmbeddingCache;
use crate::store::{Lane, SqliteStore, Store, StoreError};
use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

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

/// Works until standard input ends.
pub fn run(config: Config, number: u32) -> Result<(), WorkerError> {
    let wakes = listen()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&SqliteStore::file(&config.state))?);
    let mut pipeline = Pipeline {
        models: Models::new(&config),
        cache: EmbeddingCache::new(config.cache.clone()),
        heartbeat: Heartbeat::start(Arc::clone(&store))?,
        swept: HashSet::new(),
        owner: Supervisor::owner(number),
        store,
        config,
        report: Box::new(say),
    };
    loop {
        match pipeline.work_once(Lane::Any) {
            Ok(true) => {}
            Ok(false) => match wakes.recv_timeout(LOOK_EVERY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => while wakes.try_recv().is_ok() {},
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            },
            Err(Failure::Store(error)) => return Err(error.into()),
            // `work_once` tells the store of faults and passes over lost leases.
            Err(Failure::Fault(..) | Failure::LeaseLost) => {}
        }
    }
}

/// Reads orders on a thread of its own. When they end the daemon is gone, and whatever is being
/// done here will be done again by its successor: the process ends at once.
fn listen() -> io::Result<mpsc::Receiver<()>> {
    let (sender, wakes) = mpsc::channel();
    std::thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            for _ in io::stdin().lock().lines().map_while(Result::ok) {
                let _ = sender.send(());
            }
            std::process::exit(0);
        })?;
    Ok(wakes)
}

/// Tells the daemon. If it does not listen any more, the end of the input follows.
fn say(report: &Report) {
    if let Some(line) = to_line(report) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
