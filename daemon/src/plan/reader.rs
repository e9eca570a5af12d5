//! What a plan reads.

use super::fault;
use crate::config::{Config, Limits, Profile, Values};
use crate::data_folder::models_folder;
use crate::model;
use crate::prompts::{Files, PromptsError};
use crate::scan::{self, Header, Source, Volume};
use medicosam_shared::case::Fault;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::understands::Understands;
use std::path::PathBuf;

/// The header of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Size, affine and voxel type of each volume.
    pub info: ScanInfo,
    /// How many volumes the file holds.
    pub volumes: u64,
}

impl From<&Header> for Seen {
    fn from(header: &Header) -> Self {
        Seen {
            info: header.info().clone(),
            volumes: header.volumes(),
        }
    }
}

/// Reads what a plan needs, and only where the plan needs it.
pub trait Reader {
    /// The header of a file, however many volumes it holds.
    fn header(&self, file: &Source) -> Result<Seen, Fault>;

    /// Size, affine and voxel type of a single scan. A file of several volumes is an error.
    fn scan(&self, source: &Source) -> Result<ScanInfo, Fault>;

    /// The smallest and the largest value of a scan, for which all voxels are read; `None` if it
    /// cannot be read or has no finite value.
    fn values(&self, source: &Source) -> Option<Values>;

    /// The files beside a scan from which its prompts come.
    fn files(&self, profile: &Profile, source: &Source) -> Result<Files, PromptsError>;

    /// What a model was trained on, if that is known.
    fn understands(&self, model: &str) -> Option<Understands>;

    /// How much may be asked.
    fn limits(&self) -> &Limits;
}

/// Reads the files themselves.
#[derive(Debug, Clone)]
pub struct Disk {
    models: PathBuf,
    limits: Limits,
}

impl Disk {
    /// With the models and the limits of this configuration.
    pub fn new(config: &Config) -> Self {
        Disk {
            models: models_folder(&config.data),
            limits: config.limits.clone(),
        }
    }
}

impl Reader for Disk {
    fn header(&self, file: &Source) -> Result<Seen, Fault> {
        let header = Header::read_first(file);
        header.as_ref().map(Seen::from).map_err(fault::of_scan)
    }

    fn scan(&self, source: &Source) -> Result<ScanInfo, Fault> {
        scan::read_header(source).map_err(|error| fault::of_scan(&error))
    }

    fn values(&self, source: &Source) -> Option<Values> {
        let (lowest, highest) = Volume::read(source).ok()?.volume.extremes()?;
        Some(Values { lowest, highest })
    }

    fn files(&self, profile: &Profile, source: &Source) -> Result<Files, PromptsError> {
        Files::read(profile, source, &self.limits)
    }

    fn understands(&self, model: &str) -> Option<Understands> {
        model::understands(&self.models, model)
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }
}
