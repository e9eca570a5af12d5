//! `medicosam.toml` → a checked [`Config`].
//!
//! [`file`] is the configuration as written, [`Config`] its meaning: absolute paths, resolved
//! names, numbers in range. [`spec`], [`marks`] and [`pattern`] are words that sidecars share with
//! profiles. Which profile a scan has, and what is asked about it, is decided in [`crate::plan`].

mod bids;
mod check;
mod devices;
mod difference;
mod error;
mod fallback;
mod file;
mod frames;
mod from_labels;
mod glob;
mod limits;
mod marks;
mod one_place;
mod pattern;
mod plane;
mod profile;
mod results;
mod review;
mod root;
mod rules;
mod size;
mod spec;
#[cfg(test)]
mod tests;
mod trial;

pub use devices::{DeviceSettings, Devices};
pub use error::ConfigError;
pub use fallback::Fallback;
pub use frames::Frames;
pub use from_labels::{FromLabels, UsedAs};
pub use limits::{Limits, MAX_SIDECAR};
pub use marks::Marks;
pub use pattern::PathPattern;
pub use plane::SlicePlane;
pub use profile::{NO_PROFILE, Object, Profile};
pub use results::Results;
pub use review::ReviewPolicy;
pub use root::Root;
pub use rules::{Rules, Values};
pub use spec::{At, BoxSpec, Extent, PointSpec, Space};
pub use trial::LONGEST_SOCKET;

use check::{first_repeated, positive};
use medicosam_shared::paths;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Default memory for scans, in bytes: two dozen CTs of the usual 80 MB.
const SCAN_MEMORY: u64 = 2 << 30;

/// All settings of the daemon and its workers.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from; workers read it again.
    pub source: PathBuf,
    /// All keys as they are written there.
    written: toml::Table,
    /// Runtime, models, caches.
    pub data: PathBuf,
    /// Store and lock.
    pub state: PathBuf,
    /// The API's socket.
    pub socket: PathBuf,
    /// Embeddings.
    pub cache: Cache,
    /// Bytes of scans that the daemon keeps in memory for people who look at them.
    pub scan_memory: u64,
    /// ONNX Runtime's library, if not the one in the data folder.
    pub runtime_library: Option<PathBuf>,
    /// Checkpoints by model name, if not those in the data folder.
    pub checkpoints: BTreeMap<String, PathBuf>,
    /// Where models run.
    pub devices: Devices,
    /// Number of worker processes, at least one for each GPU.
    pub workers: u32,
    /// Threads within an operator; with 0 the workers share the machine's cores.
    pub threads: usize,
    /// How long a worker may stay silent before it counts as hung; `None` lets the daemon learn it
    /// from the worker's own pace.
    pub hang_after: Option<Duration>,
    /// How much of anything is taken.
    pub limits: Limits,
    /// Watched folders.
    pub roots: Vec<Root>,
    /// How scans are segmented.
    pub profiles: Vec<Profile>,
}

/// The cache of embeddings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Its folder.
    pub folder: PathBuf,
    /// Most bytes that it may hold.
    pub max_bytes: u64,
    /// Whether idle workers embed the slices that no prompt touched.
    pub ahead: bool,
}

impl Config {
    /// Reads and checks a configuration file. `data` is the data folder if the file names none.
    pub fn load(path: &Path, data: &Path) -> Result<Config, ConfigError> {
        let source = std::path::absolute(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let text = std::fs::read_to_string(&source).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => ConfigError::Syntax {
                path: source.clone(),
                message: "it is not text in UTF-8".to_owned(),
            },
            _ => ConfigError::Read {
                path: source.clone(),
                source: error,
            },
        })?;
        Self::parse(&text, source, data)
    }

    /// Checks the text of a configuration that came from the file `source`.
    fn parse(text: &str, source: PathBuf, data: &Path) -> Result<Config, ConfigError> {
        let file = file::parse(text, &source)?;
        let config = Self::check(file, source.clone(), data)
            .map_err(|what| ConfigError::Invalid { path: source, what })?;
        Ok(Config {
            // It has been parsed already.
            written: text.parse().unwrap_or_default(),
            ..config
        })
    }

    /// What is written in another configuration and not in this one, or the other way round, in words.
    pub fn differs_from(&self, before: &Config) -> Vec<String> {
        difference::differences(&before.written, &self.written)
    }

    /// The configuration that is read if nobody names one: the user's, then
    /// `/etc/medicosam/medicosam.toml`.
    pub fn default_path() -> PathBuf {
        let system = PathBuf::from("/etc/medicosam/medicosam.toml");
        directories::ProjectDirs::from("", "", "medicosam")
            .map(|dirs| dirs.config_dir().join("medicosam.toml"))
            .filter(|own| own.exists() || !system.exists())
            .unwrap_or(system)
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|p| p.name == name)
    }

    /// The innermost root that holds a path.
    pub fn root_of(&self, path: &Path) -> Option<&Root> {
        self.roots
            .iter()
            .filter(|root| path.starts_with(&root.path))
            .max_by_key(|root| root.path.components().count())
    }

    /// The root into whose output folder a path belongs.
    pub fn root_writing_to(&self, path: &Path) -> Option<&Root> {
        self.roots
            .iter()
            .filter(|root| path.starts_with(&root.output))
            .max_by_key(|root| root.output.components().count())
    }

    fn check(file: file::File, source: PathBuf, data: &Path) -> Result<Config, String> {
        let base = source.parent().unwrap_or(Path::new("/")).to_owned();
        let profiles = profiles(file.profile)?;
        let roots = roots(file.root, &profiles, &base)?;
        let devices = Devices::check(&file.runtime, file.device)?;
        let hang_after = file.worker.hang_after;
        let hang_after = hang_after.map(|limit| positive("[worker] hang_after", limit));

        let set = |path: Option<PathBuf>| path.map(|path| base.join(path));
        let data = set(file.daemon.data).unwrap_or_else(|| data.to_owned());
        let state = set(file.daemon.state).unwrap_or_else(|| paths::state_folder(&data));
        let checkpoint =
            |(name, model): (String, file::Model)| Some((name, set(model.checkpoint)?));
        Ok(Config {
            written: toml::Table::new(),
            socket: set(file.daemon.socket).unwrap_or_else(|| paths::socket(&state)),
            cache: Cache {
                folder: set(file.daemon.cache).unwrap_or_else(|| data.join("embeddings")),
                max_bytes: file.cache.max.0,
                ahead: file.cache.ahead,
            },
            scan_memory: file.daemon.scan_memory.map_or(SCAN_MEMORY, |size| size.0),
            runtime_library: set(file.runtime.library),
            checkpoints: file.model.into_iter().filter_map(checkpoint).collect(),
            workers: workers(&devices, file.worker.count)?,
            devices,
            threads: file.worker.threads,
            hang_after: hang_after.transpose()?,
            limits: Limits::check(file.limits)?,
            roots,
            profiles,
            source,
            data,
            state,
        })
    }
}

/// Most worker processes: each holds a model in memory.
const MAX_WORKERS: u32 = 64;

fn workers(devices: &Devices, count: u32) -> Result<u32, String> {
    match devices.workers(count) {
        0 => Err(
            "[worker] count is 0: nothing would ever be segmented; leave it out for one worker"
                .to_owned(),
        ),
        count if count > MAX_WORKERS => Err(format!(
            "[worker] count is {count}; at most {MAX_WORKERS} make sense, and each holds a model in memory"
        )),
        count => Ok(count),
    }
}

fn profiles(written: Vec<file::Profile>) -> Result<Vec<Profile>, String> {
    let profiles: Vec<Profile> = written
        .into_iter()
        .map(Profile::check)
        .collect::<Result<_, _>>()?;
    match first_repeated(profiles.iter().map(|p| p.name.as_str())) {
        Some(name) => Err(format!("two profiles are named {name:?}")),
        None => Ok(profiles),
    }
}

fn roots(written: Vec<file::Root>, profiles: &[Profile], base: &Path) -> Result<Vec<Root>, String> {
    let roots: Vec<Root> = written
        .into_iter()
        .map(|root| Root::check(root, profiles, base))
        .collect::<Result<_, _>>()?;
    match first_repeated(roots.iter().map(|r| r.path.as_path())) {
        Some(path) => Err(format!("root {} is named twice", path.display())),
        None => Ok(roots),
    }
}
