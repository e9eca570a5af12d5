//! Converts a checkpoint into an installed model.
//!
//! The files are written into a temporary folder beside the final one, synced, and renamed: at any
//! moment there is the old model, or the new one, or none, but never half of one.

use super::catalog::KnownModel;
use super::checkpoint::{Checkpoint, CheckpointError};
use super::family::Family;
use super::graph::{Encoder, Form, GRAPH_VERSION, GraphError, PromptDecoder};
use super::installed::{
    DECODER, ENCODER, InstalledModel, MANIFEST, Manifest, OpenError, check_name,
};
use super::onnx::{Model, OnnxError};
use crate::setup::Digest;
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
    /// SHA-256 that the checkpoint must have, in lower-case hexadecimal; any if `None`.
    pub sha256: Option<&'a str>,
}

impl From<&KnownModel> for InstallRequest<'static> {
    fn from(model: &KnownModel) -> Self {
        InstallRequest {
            name: model.name,
            family: model.family,
            sha256: Some(model.checkpoint_sha256),
        }
    }
}

/// Why a model cannot be installed.
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
        "the checkpoint {} is not the published one of {name}: its SHA-256 is {found} instead of \
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
    /// A file or folder cannot be written.
    #[error("cannot write {}: {error}; nothing was installed", path.display())]
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
            InstallError::Write { .. } => "model-not-written",
        }
    }

    fn write(path: &Path, error: impl Into<OnnxError>) -> Self {
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

/// Converts a checkpoint into the model `request.name` in the folder `models`, which is created if
/// need be. A model of that name that was made from the same checkpoint is kept as it is; another
/// one is replaced. Safe to call from several processes at once.
pub fn install(
    checkpoint: &Path,
    request: &InstallRequest<'_>,
    models: &Path,
) -> Result<InstalledModel, InstallError> {
    let InstallRequest {
        name,
        family,
        sha256,
    } = *request;
    check_name(name)?;
    let found = digest(checkpoint)?;
    if let Some(expected) = sha256.filter(|&expected| expected != found) {
        return Err(InstallError::OtherCheckpoint {
            path: checkpoint.to_owned(),
            name: name.to_owned(),
            expected: expected.to_owned(),
            found,
        });
    }
    std::fs::create_dir_all(models).map_err(|e| InstallError::write(models, e))?;
    let _lock = lock(models)?;
    if let Ok(model) = InstalledModel::open(models, name)
        && model.family() == family
        && model.checkpoint_sha256() == found
    {
        return Ok(model);
    }
    let staged = tempfile::Builder::new().prefix(STAGING).tempdir_in(models);
    let staged = staged.map_err(|e| InstallError::write(models, e))?;
    let mut opened = Checkpoint::open(checkpoint)?;
    let encoder = Encoder::infer(&opened)?;
    let sizes = encoder.sizes();
    let graph = encoder.build(&mut opened, Form::F32)?;
    let encoder_bytes = write_model(graph, staged.path(), ENCODER)?;
    let decoder = PromptDecoder { sizes };
    let decoder_bytes = write_model(decoder.build(&mut opened)?, staged.path(), DECODER)?;
    let manifest = Manifest {
        name: name.to_owned(),
        family,
        checkpoint_sha256: found,
        graph_version: GRAPH_VERSION,
        sizes,
        encoder_bytes,
        decoder_bytes,
    };
    write_manifest(&manifest, &staged.path().join(MANIFEST))?;
    let folder = models.join(name);
    publish(staged, &folder, models)?;
    Ok(InstalledModel::new(folder, manifest))
}

fn digest(checkpoint: &Path) -> Result<String, InstallError> {
    let digest = File::open(checkpoint).and_then(Digest::of_reader);
    let (digest, _) = digest.map_err(|error| CheckpointError {
        path: checkpoint.to_owned(),
        problem: error.into(),
    })?;
    Ok(digest.to_string())
}

/// Start of the names of temporary folders. No model's name starts with a dot.
const STAGING: &str = ".installing-";

/// Waits until no other process installs into this folder, and removes what one that was killed
/// left behind. The lock ends with the returned file.
fn lock(models: &Path) -> Result<File, InstallError> {
    let path = models.join(".lock");
    let file = File::create(&path).and_then(|file| file.lock().map(|()| file));
    let file = file.map_err(|e| InstallError::write(&path, e))?;
    let entries = std::fs::read_dir(models).map_err(|e| InstallError::write(models, e))?;
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            std::fs::remove_dir_all(entry.path())
                .map_err(|e| InstallError::write(&entry.path(), e))?;
        }
    }
    Ok(file)
}

/// Writes a graph, durably; returns the file's length. The model is dropped before the next one is
/// built.
fn write_model(model: Model, folder: &Path, name: &str) -> Result<u64, InstallError> {
    let files = model.save(folder, name);
    let files = files.map_err(|e| InstallError::write(&folder.join(name), e))?;
    let model = files.iter().find(|file| file.name == name);
    Ok(model.map_or(0, |file| file.bytes))
}

fn write_manifest(manifest: &Manifest, path: &Path) -> Result<(), InstallError> {
    let written = || -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(manifest)?;
        text.push(b'\n');
        let mut file = File::create_new(path)?;
        file.write_all(&text)?;
        file.sync_all()
    };
    written().map_err(|e| InstallError::write(path, e))
}

/// Makes the staged folder the model's, in one step, and durably.
fn publish(staged: tempfile::TempDir, folder: &Path, models: &Path) -> Result<(), InstallError> {
    let published = || -> io::Result<()> {
        File::open(staged.path())?.sync_all()?;
        if folder.exists() {
            // What was there moves to the temporary folder's name, and goes with it.
            swap(staged.path(), folder)?;
        } else {
            std::fs::rename(staged.path(), folder)?;
        }
        File::open(models)?.sync_all()
    };
    published().map_err(|e| InstallError::write(folder, e))
    // Dropping `staged` removes whatever bears the temporary name by now.
}

/// Exchanges two folders atomically, or, on file systems that cannot, in two steps.
fn swap(staged: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, staged, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            std::fs::remove_dir_all(folder)?;
            std::fs::rename(staged, folder)
        }
        Err(error) => Err(error.into()),
    }
}
