//! The layout of the data folder: where models, checkpoints and the runtime lie.

use crate::config::Config;
use crate::model::{Origin, embedded, known_model};
use crate::setup;
use std::path::{Path, PathBuf};

/// The folder of installed models in a data folder.
pub fn models_folder(data: &Path) -> PathBuf {
    data.join("models")
}

/// The library that the configuration names, or the one in the data folder.
pub fn runtime_library(config: &Config) -> Option<PathBuf> {
    config
        .runtime_library
        .clone()
        .or_else(|| setup::runtime_library(&config.data))
}

/// The checkpoint of a known model, if there is one: the one that the configuration names, the one
/// that this program carries, or one that was fetched.
pub fn checkpoint(config: &Config, model: &str) -> Option<PathBuf> {
    let named = config.checkpoints.get(model).cloned();
    named.or_else(|| {
        let known = known_model(model)?;
        let checkpoints = setup::checkpoints(&config.data);
        match known.origin {
            // Where it cannot be written, opening the model says so.
            Origin::Embedded => embedded::put_into(&checkpoints).ok(),
            Origin::Wheel(_) | Origin::Web(_) => {
                Some(checkpoints.join(known.file)).filter(|file| file.is_file())
            }
        }
    })
}
