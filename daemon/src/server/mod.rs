//! The daemon: one process that watches folders, owns the store, serves the API and keeps its
//! workers alive. It runs no model.

mod identify;
mod lock;

pub use lock::{LockError, StateLock};

use crate::api::{self, Api, ListenError};
use crate::change_signal::ChangeSignal;
use crate::config::{Config, NO_PROFILE};
use crate::data_folder::runtime_library;
use crate::embed::EmbeddingCache;
use crate::live_state::LiveState;
use crate::registry::{Registry, RegistryError};
use crate::watch::{Watcher, WatcherHandle, WatcherReport};
use crate::workers::{Prober, Supervisor};
use identify::Identifier;
use medicosam_shared::case::{CaseState, Fault};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// When the daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When it is told to.
    Stopped,
    /// When everything that lies in the roots has been dealt with.
    Done,
}

/// Why the daemon cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The state folder cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] RegistryError),
    /// The socket cannot be made.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No device works, and the configuration says that the daemon shall end then.
    #[error("{}; it ends, as fallback = \"fail\" says", .0.message)]
    NoDevice(Fault),
    /// The system refuses something else.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl ServerError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            ServerError::Lock(error) => error.code(),
            ServerError::Store(error) => error.code(),
            ServerError::Listen(error) => error.code(),
            ServerError::NoDevice(_) => "no-device",
            ServerError::System { .. } => "system-refused",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            ServerError::Lock(error) => error.hint(),
            ServerError::Store(error) => error.hint(),
            ServerError::Listen(error) => error.hint(),
            ServerError::NoDevice(fault) => &fault.hint,
            ServerError::System { .. } => "The limits of the daemon's user may be too low.",
        }
    }
}

fn system(doing: &'static str) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::System { doing, source }
}

/// Runs the daemon; returns the number of cases per state when it ended by itself.
pub async fn run(config: Config, until: Until) -> Result<BTreeMap<CaseState, u64>, ServerError> {
    let _lock = StateLock::take(&config.state)?;
    let store: Arc<Registry> = Registry::open(&config.state)?;
    for case in store.release_all()? {
        tracing::info!(%case, "taken up again after a stop in the middle of it");
    }
    EmbeddingCache::of(&config).sweep();
    let changes = ChangeSignal::default();
    let live = Arc::new(LiveState::new(&config.roots));
    let listener = api::listen(&config.socket)?;
    tracing::info!(socket = %config.socket.display(), "listening");

    let mut tasks = JoinSet::new();
    let watcher = watch(&config, &store, &changes, &live, &mut tasks)?;
    let program = std::env::current_exe().map_err(system("find this program's file"))?;
    let prober = Prober {
        program: program.clone(),
        library: runtime_library(&config),
    };
    let failed: Arc<OnceLock<Fault>> = Arc::default();
    let failure = Arc::new(Notify::new());
    for number in 1..=config.workers {
        let supervisor = Supervisor {
            number,
            devices: config.devices.clone(),
            prober: prober.clone(),
            hang_after: config.hang_after,
            program: program.clone(),
            arguments: worker_arguments(&config, number),
            store: Arc::clone(&store),
            changes: changes.clone(),
            live: Arc::clone(&live),
        };
        let (failed, failure) = (Arc::clone(&failed), Arc::clone(&failure));
        tasks.spawn(async move {
            let fault = supervisor.run().await.fault();
            failed.get_or_init(|| fault);
            failure.notify_one();
        });
    }

    let end = end_of_run(
        until,
        Arc::clone(&store),
        changes.clone(),
        Arc::clone(&live),
        failure,
    )?;
    Api::new(Arc::clone(&store), changes, live, config.scan_memory)
        .serve(listener, end)
        .await
        .map_err(system("serve the API"))?;
    tracing::info!("stopping");
    // Workers die with their supervisors; what they were doing is done again at the next start.
    tasks.shutdown().await;
    drop(watcher);
    // A socket that stays behind would only be replaced; but it looks like a running daemon.
    let _ = std::fs::remove_file(&config.socket);
    if let Some(fault) = failed.get() {
        return Err(ServerError::NoDevice(fault.clone()));
    }
    Ok(store.counts()?)
}

fn worker_arguments(config: &Config, number: u32) -> Vec<OsString> {
    vec![
        "worker".into(),
        "--config".into(),
        config.source.clone().into(),
        "--data".into(),
        config.data.clone().into(),
        "--number".into(),
        number.to_string().into(),
    ]
}

/// Starts the watcher, and the task that turns what it finds into cases.
fn watch(
    config: &Config,
    store: &Arc<Registry>,
    changes: &ChangeSignal,
    live: &Arc<LiveState>,
    tasks: &mut JoinSet<()>,
) -> Result<Arc<WatcherHandle>, ServerError> {
    let (sender, mut reports) = mpsc::unbounded_channel();
    let report = move |report| {
        let _ = sender.send(report);
    };
    // A scan that had no profile is looked at again: the configuration may have one now.
    let known = store.identified_files(NO_PROFILE)?;
    let watcher = Watcher::start(config.roots.clone(), known, report);
    let watcher = watcher.map_err(system("start a thread"))?;
    let handle = Arc::new(watcher);
    let identifier = Identifier {
        config: Arc::new(config.clone()),
        store: Arc::clone(store),
        changes: changes.clone(),
        watcher: Arc::clone(&handle),
        sidecars: Arc::default(),
    };
    let (live, changes) = (Arc::clone(live), changes.clone());
    tasks.spawn(async move {
        // In order: when a walk is reported, all files that it found finished are cases.
        while let Some(report) = reports.recv().await {
            match report {
                WatcherReport::Settled(settled) => identifier.identify(settled).await,
                WatcherReport::Walked { roots, settling } => {
                    live.walked(&roots, settling);
                    changes.announce();
                }
            }
        }
    });
    Ok(handle)
}

/// Ends when the daemon is told to stop, when everything is done, or at a failure.
fn end_of_run(
    until: Until,
    store: Arc<Registry>,
    changes: ChangeSignal,
    live: Arc<LiveState>,
    failure: Arc<Notify>,
) -> Result<impl Future<Output = ()> + Send + 'static, ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(system("listen for signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("listen for signals"))?;
    let done = async move {
        match until {
            Until::Stopped => std::future::pending().await,
            Until::Done => everything_done(store, changes, live).await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = done => {}
            () = failure.notified() => {}
        }
    })
}

async fn everything_done(store: Arc<Registry>, changes: ChangeSignal, live: Arc<LiveState>) {
    let mut listener = changes.listen();
    loop {
        let counts = store.counts().unwrap_or_default();
        let under_way = [
            CaseState::Waiting,
            CaseState::Embedding,
            CaseState::Segmenting,
        ];
        // Paused cases wait for something that may take for ever, and so does a daemon without a
        // device.
        let nothing_goes_on =
            live.is_paused() || !under_way.iter().any(|state| counts.contains_key(state));
        if live.is_settled() && nothing_goes_on {
            return;
        }
        listener.changed().await;
    }
}
