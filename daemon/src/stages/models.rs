//! The models of a worker: opened when first needed, kept open.

use super::failure::Failure;
use super::report::{Reporter, StageReport};
use crate::case::FaultClass;
use crate::config::Config;
use crate::data_folder::{checkpoint, models_folder, runtime_library};
use crate::model::{
    Device, InstalledModel, Runtime, Sam, SessionOptions, known_model, open_or_remake,
};
use medicosam_shared::case::Fault;
use medicosam_shared::provenance::{ModelRecord, RuntimeRecord};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What a thread uses models for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelUse {
    /// To embed slices, and to answer prompts on them.
    EmbedAndAnswer,
    /// To answer prompts on embedded slices: no encoder is loaded.
    Answer,
}

/// Open models, on one device.
pub struct Models {
    model_use: ModelUse,
    library: Option<PathBuf>,
    config: Config,
    options: SessionOptions,
    reporter: Reporter,
    runtime: Option<Runtime>,
    open: HashMap<String, Sam>,
}

impl Models {
    /// No model open yet.
    pub fn new(config: &Config, device: Device, model_use: ModelUse, reporter: Reporter) -> Self {
        let settings = config.devices.settings(device);
        Models {
            model_use,
            library: runtime_library(config),
            config: config.clone(),
            options: SessionOptions {
                threads: threads(config),
                device,
                precision: settings.precision.unwrap_or(device.best_precision()),
                batch: settings.batch.map_or(1, NonZeroUsize::get),
                memory_limit: settings.memory_limit,
                ..SessionOptions::default()
            },
            reporter,
            runtime: None,
            open: HashMap::new(),
        }
    }

    /// Whether slices may be embedded here.
    pub fn may_embed(&self) -> bool {
        self.model_use == ModelUse::EmbedAndAnswer
    }

    /// Why the device cannot be used any more, if it cannot.
    pub fn lost_device(&self) -> Option<Fault> {
        let error = self.open.values().find_map(Sam::lost_device)?;
        Some(Fault {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().to_owned(),
        })
    }

    /// The model of this name; opened now if it is not open.
    pub fn get(&mut self, name: &str) -> Result<&mut Sam, Failure> {
        let runtime = match &self.runtime {
            Some(runtime) => runtime.clone(),
            None => {
                let library = self
                    .library
                    .as_deref()
                    .ok_or_else(|| Failure::Fault(no_runtime(), FaultClass::Environment))?;
                self.runtime.insert(Runtime::load(library)?).clone()
            }
        };
        match self.open.entry(name.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => {
                self.reporter.tell(StageReport::LongStep);
                let model = installed(&self.config, name)?;
                let sam = Sam::open(&runtime, &model, &self.options)?;
                Ok(place.insert(sam))
            }
        }
    }

    /// The records of a model and of what ran it, for provenance.
    pub fn records(&mut self, name: &str) -> Result<(ModelRecord, RuntimeRecord), Failure> {
        let threads = self.options.threads;
        let sam = self.get(name)?;
        let device = sam
            .device()
            .map_or_else(|| "none".to_owned(), |d| d.to_string());
        let mixed = if sam.is_mixed() { "+cpu" } else { "" };
        let model = sam.model();
        let records = (
            ModelRecord {
                name: model.name().to_owned(),
                family: model.family().name().to_owned(),
                hash: model.hash().to_owned(),
                understands: Some(model.understands()),
            },
            RuntimeRecord {
                name: format!("ONNX Runtime {}", sam.runtime().version()),
                device: format!("{device}{mixed}"),
                precision: sam.precision().name().to_owned(),
                threads,
            },
        );
        Ok(records)
    }
}

/// The installed model. One that is missing, damaged or outdated is made again from its checkpoint,
/// if that is there.
fn installed(config: &Config, name: &str) -> Result<InstalledModel, Failure> {
    let known = || known_model(name).zip(checkpoint(config, name));
    open_or_remake(&models_folder(&config.data), name, known).map_err(|error| {
        let hint = "Run `medicosamd setup --verify`; `medicosamd model list` shows the models.";
        Failure::new(error.code(), &error, hint, FaultClass::Environment)
    })
}

/// There is no runtime to run models with.
pub fn no_runtime() -> Fault {
    Fault {
        code: "runtime-missing".to_owned(),
        message:
            "ONNX Runtime is not installed in the data folder, and the configuration names none"
                .to_owned(),
        hint: "Run `medicosamd setup`, or name a library under [runtime] in the configuration."
            .to_owned(),
    }
}

/// Threads of one worker: what the configuration says, or the machine's cores shared among them.
fn threads(config: &Config) -> usize {
    if config.threads > 0 {
        return config.threads;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / config.workers.max(1) as usize).max(1)
}
