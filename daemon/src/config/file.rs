//! The configuration file as written. Unknown keys are errors.

use super::error::{self, ConfigError};
use super::fallback::Fallback;
use super::frames::Frames;
use super::from_labels::FromLabels;
use super::limits;
use super::results::Results;
use super::review::ReviewPolicy;
use super::rules::Rules;
use super::size::ByteSize;
use super::spec::{BoxSpec, PointSpec};
use crate::case::share::Share;
use crate::model::{DEFAULT_MODEL, Precision};
use jiff::SignedDuration;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::window::Window;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads the text of a configuration.
pub(super) fn parse(text: &str, path: &Path) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|e| error::syntax(&e, text, path.to_owned()))
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub daemon: Daemon,
    #[serde(default)]
    pub cache: Cache,
    #[serde(default)]
    pub runtime: Runtime,
    #[serde(default)]
    pub device: BTreeMap<String, Device>,
    #[serde(default)]
    pub worker: Worker,
    #[serde(default)]
    pub model: BTreeMap<String, Model>,
    #[serde(default)]
    pub limits: limits::Written,
    #[serde(default)]
    pub root: Vec<Root>,
    #[serde(default)]
    pub profile: Vec<Profile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Daemon {
    pub data: Option<PathBuf>,
    pub state: Option<PathBuf>,
    pub socket: Option<PathBuf>,
    pub cache: Option<PathBuf>,
    pub scan_memory: Option<ByteSize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cache {
    pub max: ByteSize,
    pub ahead: bool,
}

impl Default for Cache {
    fn default() -> Self {
        Cache {
            max: ByteSize(20 << 30),
            ahead: true,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Runtime {
    pub library: Option<PathBuf>,
    pub devices: Option<Vec<String>>,
    pub fallback: Fallback,
    pub keep_alive: SignedDuration,
    pub retry_after: SignedDuration,
}

impl Default for Runtime {
    fn default() -> Self {
        Runtime {
            library: None,
            devices: None,
            fallback: Fallback::default(),
            keep_alive: SignedDuration::from_mins(10),
            retry_after: SignedDuration::from_mins(5),
        }
    }
}

/// Settings of a device or of a provider's devices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Device {
    pub precision: Option<Precision>,
    pub batch: Option<usize>,
    pub memory_limit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Worker {
    pub count: u32,
    pub threads: usize,
    pub hang_after: Option<SignedDuration>,
}

impl Default for Worker {
    fn default() -> Self {
        Worker {
            count: 1,
            threads: 0,
            hang_after: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub checkpoint: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    pub path: PathBuf,
    #[serde(default)]
    pub pictures: bool,
    pub profile: Names,
    pub output: PathBuf,
    #[serde(default)]
    pub results: Results,
    #[serde(default = "five_seconds")]
    pub stable_for: SignedDuration,
    #[serde(default = "one_minute")]
    pub scan_every: SignedDuration,
}

/// One name, or several in order.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a profile's name, or a list of names")]
pub(super) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        }
    }
}

fn five_seconds() -> SignedDuration {
    SignedDuration::from_secs(5)
}

fn one_minute() -> SignedDuration {
    SignedDuration::from_secs(60)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub name: String,
    #[serde(default = "default_model")]
    pub model: String,
    #[serde(default = "auto")]
    pub plane: String,
    #[serde(default)]
    pub window: Window,
    #[serde(default, rename = "match")]
    pub rules: Rules,
    pub from_labels: Option<FromLabels>,
    pub frames: Option<Frames>,
    #[serde(default)]
    pub masks: MaskRules,
    #[serde(default)]
    pub propagation: Propagation,
    #[serde(default)]
    pub review: ReviewPolicy,
    #[serde(default)]
    pub second_reading: Share,
    #[serde(default)]
    pub object: Vec<Object>,
}

fn default_model() -> String {
    DEFAULT_MODEL.to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    pub label: u16,
    pub name: String,
    #[serde(rename = "box")]
    pub bbox: Option<BoxSpec>,
    #[serde(default)]
    pub boxes: Vec<BoxSpec>,
    #[serde(default)]
    pub points: Vec<PointSpec>,
}
