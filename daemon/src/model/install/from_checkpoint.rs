//! Installs models: from a checkpoint, whose graphs are made here, or from graphs made elsewhere.

use super::convert::convert;
use super::pair::PairError;
use super::staging::{Failed, Locked};
use crate::model::checkpoint::{Checkpoint, CheckpointError};
use crate::model::family::Family;
use crate::model::graph::{GRAPH_VERSION, GraphError};
use crate::model::installed::catalog::{KnownModel, Origin, known_checkpoint, known_model};
use crate::model::installed::fingerprint::{Checksum, Fingerprint};
use crate::model::installed::installed_model::{InstalledModel, MANIFEST, OpenError, check_name};
use crate::model::installed::manifest::{FileRecord, Manifest, Source};
use crate::model::interface::Interface;
use crate::model::onnx::OnnxError;
use crate::model::progress::{Progress, Watch};
use crate::model::run::sam::SamError;
use medicosam_shared::understands::Understands;
use std::fs::File;
use std::io::{self, Write};
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
    /// What it was trained on; if `None`, what is known of it or usual for its family.
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

/// Why a model cannot be installed or removed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The checkpoint cannot be read or is not of the family.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The name cannot be used, or what was installed cannot be looked at.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The checkpoint is another one than the published one.
    #[error(
        "the checkpoint {} is not the published one of {name}: its digest is {found} instead of \
         {expected}. Fetch it again, or install it under another name if it is your own",
        path.display()
    )]
    OtherCheckpoint {
        /// The file.
        path: PathBuf,
        /// The model that it should be.
        name: String,
        /// The digest that it should have.
        expected: String,
        /// The digest that it has.
        found: String,
    },
    /// Graphs made elsewhere cannot be used.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The graphs do not run, or give something useless.
    #[error("the trial run of the graphs failed, and nothing was installed: {0}")]
    Trial(#[from] SamError),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: OnnxError,
    },
}

impl InstallError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            InstallError::Graph(error) => error.code(),
            InstallError::Open(error) => error.code(),
            InstallError::OtherCheckpoint { .. } => "model-other-checkpoint",
            InstallError::Pair(error) => error.code(),
            InstallError::Trial(_) => "model-trial-failed",
            InstallError::Write { .. } => "model-not-written",
        }
    }

    pub(super) fn write(path: &Path, error: impl Into<OnnxError>) -> Self {
        InstallError::Write {
            path: path.to_owned(),
            error: error.into(),
        }
    }
}

impl From<CheckpointError> for InstallError {
    fn from(error: CheckpointError) -> Self {
        InstallError::Graph(error.into())
    }
}

impl From<Failed> for InstallError {
    fn from((path, error): Failed) -> Self {
        InstallError::write(&path, error)
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

/// Reads a checkpoint to its end, which tells whether it is a published one.
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

/// Opens an installed model. One that another version of this program made or carried, or that is
/// missing or damaged, is made anew from the checkpoint `known`, or from the one that it was made from.
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

/// Whether this program carries another checkpoint of this name than the one that the model was made of.
fn is_superseded(model: &InstalledModel) -> bool {
    let known = known_model(model.name()).filter(|known| known.origin == Origin::Embedded);
    known.is_some_and(|carried| {
        matches!(model.source(), Source::Checkpoint { fingerprint, .. }
            if !carried.checksum.matches(fingerprint))
    })
}

/// Whether [`open_or_remake`] can make a model anew without being told its checkpoint.
pub fn can_remake(models: &Path, name: &str) -> bool {
    remembered(models, name).is_some()
}

/// What a model was made from.
struct Made {
    family: Family,
    checkpoint: PathBuf,
    fingerprint: Fingerprint,
    understands: Option<Understands>,
}

/// What a model was made from, if that is still there.
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

/// Notes down what the staged files are, and writes the description beside them.
pub(super) fn write_manifest(
    mut manifest: Manifest,
    folder: &Path,
    watch: Watch<'_>,
) -> Result<Manifest, InstallError> {
    let failed = |error| InstallError::write(folder, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let fingerprint = Fingerprint::of_file(&path, |bytes, total| {
            watch(Progress::Reading {
                file: name.clone(),
                bytes,
                total,
            });
        });
        let fingerprint = fingerprint.map_err(|e| InstallError::write(&path, e))?;
        files.push(FileRecord { name, fingerprint });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    manifest.files = files;
    let path = folder.join(MANIFEST);
    let written = || -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&manifest)?;
        text.push(b'\n');
        File::create_new(&path)?.write_all(&text)
    };
    written().map_err(|e| InstallError::write(&path, e))?;
    Ok(manifest)
}
