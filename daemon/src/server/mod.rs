//! The daemon: one process that watches folders, owns the store, serves the API and keeps its
//! workers alive. It runs no model.

mod answer_within;
mod arrivals;
mod check;
mod end;
mod error;
mod filing;
mod follow;
mod hash;
mod health;
mod in_hand;
mod lock;
mod message;
mod open_files;
mod read;
mod readers;
mod record;
mod unreadable;

pub use error::ServerError;
pub use health::troubles;
pub use lock::{LockError, StateLock};

use crate::api::{self, Api};
use crate::config::{Config, NO_PROFILE};
use crate::data_folder::runtime_library;
use crate::embed::EmbeddingCache;
use crate::live_state::LiveState;
use crate::registry::{Registry, Shares};
use crate::scan::Fingerprint;
use crate::watch::presence::Records;
use crate::watch::{Beginning, KnownScan, Part, Watcher, WatcherHandle};
use crate::workers::{Prober, Supervisor};
use answer_within::answer_within;
use arrivals::{ArrivalsHandle, Context};
use check::Look;
use end::{End, end_of_run};
use error::system;
use medicosam_shared::case::CaseState;
use message::Message;
use open_files::open_files;
use record::Recorder;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How long the end of a one-shot run waits until decisions are written beside results.
const LAST_RECORDS: Duration = Duration::from_secs(60);

/// When the daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When it is stopped by a signal.
    Stopped,
    /// When everything that lies in the roots has been dealt with.
    Done,
}

/// What all parts of the daemon share.
#[derive(Clone)]
struct Shared {
    config: Arc<Config>,
    store: Arc<Registry>,
    live: Arc<LiveState>,
}

/// That the daemon cannot go on, and why.
#[derive(Clone, Default)]
struct Failure {
    error: Arc<OnceLock<ServerError>>,
    happened: Arc<Notify>,
}

impl Failure {
    /// Ends the daemon; the first reason counts.
    fn report(&self, error: ServerError) {
        self.error.get_or_init(|| error);
        self.happened.notify_one();
    }
}

/// How things are when the daemon ends.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Number of cases per state.
    pub cases: BTreeMap<CaseState, u64>,
    /// What is wrong with watched folders: also that scans or folders in them could not be read.
    pub problems: Vec<String>,
}

/// Why the daemon does not run any more.
#[derive(Debug)]
pub enum Ended {
    /// It was stopped, or is done.
    Stopped(Outcome),
    /// Its configuration has changed: it is to be run with this one.
    Reload(Box<Config>),
}

/// Runs the daemon until it ends.
pub async fn run(config: Config, until: Until) -> Result<Ended, ServerError> {
    let _lock = StateLock::take(&config.state)?;
    let registry = Registry::open_own(&config.state)?;
    let store = Arc::new(registry.with_second_readings(second_readings(&config)));
    let look = Look::begin(&store).await?;
    for case in store.release_all()? {
        tracing::info!(%case, "taken up again after a stop in the middle of it");
    }
    EmbeddingCache::of(&config).sweep();
    let paused = store.intake_pause()?;
    if let Some(pause) = &paused {
        tracing::warn!(by = %pause.who, since = %pause.since, "the intake is paused: no scans are begun");
    }
    let shared = Shared {
        store,
        live: Arc::new(LiveState::new(&config.roots)),
        config: Arc::new(config),
    };
    shared.live.intake(paused);
    let config = &shared.config;
    warn_of_outputs(config)?;
    let open_files = open_files(config.limits.open_files);
    let listener = api::listen(&config.socket)?;
    tracing::info!(socket = %config.socket.display(), "listening");

    let watching = watch(&shared)?;
    let failure = Failure::default();
    let mut tasks = supervise(&shared, &failure)?;
    tasks.spawn(look.end(failure.clone()));
    let recorder = Recorder::new(&shared.store, &shared.config)?;
    tasks.spawn(recorder.run());
    let health = health::watch(Arc::clone(&shared.live), config.state.clone());
    tasks.spawn(health);
    let end = end_of_run(until, &shared, &failure)?;
    let (store, live) = (Arc::clone(&shared.store), Arc::clone(&shared.live));
    let state = config.state.clone();
    let api = Api::new(store, live, config, move || troubles(&state));
    let end = api.serve(listener, open_files, end).await;
    tracing::info!("stopping");
    // Workers die with their supervisors; what they were doing is done again at the next start.
    tasks.shutdown().await;
    drop(watching);
    if until == Until::Done {
        // The next run may be days away.
        let mut recorder = Recorder::new(&shared.store, &shared.config)?;
        match answer_within(LAST_RECORDS, move || recorder.step()) {
            Some(step) => step?,
            None => tracing::warn!(
                "an output folder does not answer: what was decided is written beside its results by the next run"
            ),
        }
    }
    // A socket that stays behind would only be replaced; but it looks like a running daemon.
    let _ = std::fs::remove_file(&config.socket);
    // Nobody else has it any more.
    if let Some(error) = Arc::into_inner(failure.error).and_then(OnceLock::into_inner) {
        return Err(error);
    }
    if let End::Reload(config) = end {
        return Ok(Ended::Reload(config));
    }
    Ok(Ended::Stopped(Outcome {
        cases: shared.store.counts()?,
        problems: shared.live.problems(),
    }))
}

/// Warns of output folders that are one place. Nothing waits for the warning: they may not answer.
fn warn_of_outputs(config: &Arc<Config>) -> Result<(), ServerError> {
    let config = Arc::clone(config);
    let warn = move || {
        for problem in config.outputs_in_one_place() {
            tracing::warn!("{problem}");
        }
    };
    let thread = std::thread::Builder::new().name("look at outputs".to_owned());
    thread.spawn(warn).map_err(system("start a thread"))?;
    Ok(())
}

/// The shares of the cases of each profile that are read a second time.
fn second_readings(config: &Config) -> Shares {
    let profiles = config.profiles.iter();
    profiles
        .map(|profile| (profile.name.clone(), profile.second_reading))
        .collect()
}

/// Starts a supervisor for each worker.
fn supervise(shared: &Shared, failure: &Failure) -> Result<JoinSet<()>, ServerError> {
    let config = &shared.config;
    let program = std::env::current_exe().map_err(system("find this program's file"))?;
    let prober = Prober {
        program: program.clone(),
        library: runtime_library(config),
    };
    let mut workers = JoinSet::new();
    for number in 1..=config.workers {
        let supervisor = Supervisor {
            number,
            devices: config.devices.clone(),
            prober: prober.clone(),
            hang_after: config.hang_after,
            program: program.clone(),
            arguments: worker_arguments(config, number),
            store: Arc::clone(&shared.store),
            live: Arc::clone(&shared.live),
        };
        let failure = failure.clone();
        workers.spawn(async move {
            let fault = supervisor.run().await.fault();
            failure.report(ServerError::NoDevice(fault));
        });
    }
    Ok(workers)
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

/// The threads that find scans; they stop in this order when it is dropped.
struct Watching {
    _watcher: WatcherHandle,
    _arrivals: ArrivalsHandle,
}

/// Starts the watcher, and the threads that turn what it finds into cases.
fn watch(shared: &Shared) -> Result<Watching, ServerError> {
    let (sender, messages) = mpsc::channel();
    let beginning = Beginning {
        roots: shared.config.roots.clone(),
        known: known_scans(&shared.store)?,
        records: Records::load(&shared.config.state),
        limits: shared.config.limits.clone(),
    };
    let reports = sender.clone();
    let watcher = Watcher::start(beginning, move |report| {
        let _ = reports.send(Message::Report(report));
    });
    let watcher = watcher.map_err(system("start a thread"))?;
    let context = Context {
        config: Arc::clone(&shared.config),
        registry: Arc::clone(&shared.store),
        live: Arc::clone(&shared.live),
        second_look: watcher.second_look(),
    };
    let arrivals = arrivals::start(context, sender, messages);
    Ok(Watching {
        _arrivals: arrivals.map_err(system("start a thread"))?,
        _watcher: watcher,
    })
}

/// The scans of earlier runs.
fn known_scans(registry: &Registry) -> Result<Vec<KnownScan>, ServerError> {
    type Files = Vec<(PathBuf, Fingerprint)>;
    // A scan that had no profile is read again: the configuration may have one now.
    let with_profile = registry.identified_files(NO_PROFILE)?;
    let with_profile: BTreeSet<PathBuf> = with_profile.into_iter().map(|(path, _)| path).collect();
    let mut known: BTreeMap<PathBuf, Files> = BTreeMap::new();
    for (path, fingerprint) in registry.identified_files("")? {
        let files = known.entry(Part::of(&path).place).or_default();
        if with_profile.contains(&path) {
            files.push((path, fingerprint));
        }
    }
    let known = known.into_iter();
    Ok(known
        .map(|(place, files)| KnownScan { place, files })
        .collect())
}
