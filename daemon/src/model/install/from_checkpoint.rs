//! Installs a model from a checkpoint, opens it, and makes it again where its files are of no use.

use super::convert::convert;
use super::describe::write_manifest;
use super::error::InstallError;
use super::staging::Locked;
use crate::model::checkpoint::{Checkpoint, CheckpointError};
use crate::model::family::Family;
use crate::model::graph::GRAPH_VERSION;
use crate::model::installed::catalog::{KnownModel, Origin, known_checkpoint, known_model};
use crate::model::installed::fingerprint::{Checksum, Fingerprint};
use crate::model::installed::installed_model::{InstalledModel, MANIFEST};
use crate::model::installed::manifest::{Manifest, Source};
use crate::model::installed::open_error::{OpenError, check_name};
use crate::model::interface::Interface;
use crate::model::progress::{Progress, Watch};
use medicosam_shared::understands::Understands;
use std::path::{Path, PathBuf};

/// What to install a checkpoint as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallRequest<'a> {
    /// Name of the model.
    pub name: &'a str,
    /// Which kind of model it is.
    pub family: Family,
    /// The digest that the checkpoint must have; any if `None`.
    pub checksum: Option<Checksum>,
    /// The kinds of prompt it was trained on; if `None`, those known of it or usual for its family.
    pub understands: Option<Understands>,
}

impl From<&KnownModel> for InstallRequest<'static> {
    fn from(model: &KnownModel) -> Self {
        InstallRequest {
            name: model.name,
            family: model.family,
            checksum: Some(model.checksum),
            understands: None,
        }
    }
}

/// Converts a checkpoint into the model `request.name` in the folder `models`, which is created if
/// need be. A model of that name that was made from the same checkpoint is kept as it is; another
/// one is replaced. Safe to call from several processes at once.
pub fn install(
    checkpoint: &Path,
    request: &InstallRequest<'_>,
    models: &Path,
) -> Result<InstalledModel, InstallError> {
    check_name(request.name)?;
    let fingerprint = fingerprint(checkpoint, &mut |_| {})?;
    install_fingerprinted(checkpoint, fingerprint, request, models, &mut |_| {})
}

/// The digests of a checkpoint; they tell whether it is a published one.
pub fn fingerprint(checkpoint: &Path, watch: Watch<'_>) -> Result<Fingerprint, InstallError> {
    let name = checkpoint.file_name().unwrap_or(checkpoint.as_os_str());
    let name = name.to_string_lossy();
    let found = Fingerprint::of_file(checkpoint, |bytes, total| {
        watch(Progress::Reading {
            file: name.clone().into_owned(),
            bytes,
            total,
        });
    });
    Ok(found.map_err(|error| CheckpointError {
        path: checkpoint.to_owned(),
        problem: error.into(),
    })?)
}

/// [`install`] for a checkpoint that was read already.
pub fn install_fingerprinted(
    checkpoint: &Path,
    fingerprint: Fingerprint,
    request: &InstallRequest<'_>,
    models: &Path,
    watch: Watch<'_>,
) -> Result<InstalledModel, InstallError> {
    let InstallRequest {
        name,
        family,
        checksum,
        understands,
    } = *request;
    check_name(name)?;
    if let Some(expected) = checksum.filter(|expected| !expected.matches(&fingerprint)) {
        return Err(InstallError::OtherCheckpoint {
            path: checkpoint.to_owned(),
            name: name.to_owned(),
            expected: expected.to_string(),
            found: expected.of_same_kind(&fingerprint).to_string(),
        });
    }
    let locked = Locked::wait(models)?;
    if let Ok(model) = InstalledModel::open(models, name)
        && model.family() == family
        && understands.is_none_or(|said| said == model.understands())
        && matches!(model.source(), Source::Checkpoint { fingerprint: made_from, .. }
            if *made_from == fingerprint)
    {
        return Ok(model);
    }
    let staged = locked.stage()?;
    let mut opened = Checkpoint::open(checkpoint)?;
    let encoder = convert(&mut opened, staged.path(), watch)?;
    let source = Source::Checkpoint {
        path: std::path::absolute(checkpoint).unwrap_or_else(|_| checkpoint.to_owned()),
        fingerprint,
        known: known_checkpoint(&fingerprint).map(|known| known.name.to_owned()),
        graph_version: GRAPH_VERSION,
    };
    let mut manifest = Manifest::new(
        name,
        family,
        encoder.sizes(),
        encoder.summary(),
        source,
        Interface::own(),
    );
    manifest.operations = Some(encoder.operations());
    manifest.understands = understands;
    let manifest = write_manifest(manifest, staged.path(), watch)?;
    let folder = locked.publish(staged, name)?;
    Ok(InstalledModel::new(folder, manifest))
}

/// Opens an installed model. A model that is missing, damaged, or of another version of this program
/// is made again from the checkpoint `known`, or from its own if that is still there.
pub fn open_or_remake(
    models: &Path,
    name: &str,
    known: impl FnOnce() -> Option<(&'static KnownModel, PathBuf)>,
) -> Result<InstalledModel, InstallError> {
    let found = InstalledModel::open(models, name);
    if let Ok(model) = &found
        && !is_superseded(model)
    {
        return Ok(found?);
    }
    if let Some((known, checkpoint)) = known() {
        return install(&checkpoint, &InstallRequest::from(known), models);
    }
    let unusable = match found {
        Ok(model) => return Ok(model),
        Err(unusable) => unusable,
    };
    match remembered(models, name) {
        Some(made) => {
            let request = InstallRequest {
                name,
                family: made.family,
                checksum: Some(Checksum::Sha256(made.fingerprint.sha256)),
                understands: made.understands,
            };
            install(&made.checkpoint, &request, models)
        }
        None => Err(unusable.into()),
    }
}

/// Whether this program carries a newer checkpoint of this name.
fn is_superseded(model: &InstalledModel) -> bool {
    let known = known_model(model.name()).filter(|known| known.origin == Origin::Embedded);
    known.is_some_and(|carried| {
        matches!(model.source(), Source::Checkpoint { fingerprint, .. }
            if !carried.checksum.matches(fingerprint))
    })
}

/// Whether the checkpoint of a model is still there for [`open_or_remake`].
pub fn can_remake(models: &Path, name: &str) -> bool {
    remembered(models, name).is_some()
}

/// The origin of a model.
struct Made {
    family: Family,
    checkpoint: PathBuf,
    fingerprint: Fingerprint,
    understands: Option<Understands>,
}

/// The origin of a model, if that is still there.
fn remembered(models: &Path, name: &str) -> Option<Made> {
    check_name(name).ok()?;
    let manifest = Manifest::read(&models.join(name).join(MANIFEST)).ok()?;
    match manifest.source {
        Source::Checkpoint {
            path, fingerprint, ..
        } if path.is_file() => Some(Made {
            family: manifest.family,
            checkpoint: path,
            fingerprint,
            understands: manifest.understands,
        }),
        Source::Checkpoint { .. } | Source::Onnx { .. } => None,
    }
}

/// Removes a model; its files need not be in order.
pub fn remove(models: &Path, name: &str) -> Result<(), InstallError> {
    check_name(name)?;
    if !models.join(name).is_dir() {
        return Err(InstallError::Open(OpenError::NotInstalled {
            name: name.to_owned(),
            models: models.to_owned(),
        }));
    }
    Ok(Locked::wait(models)?.remove(name)?)
}
