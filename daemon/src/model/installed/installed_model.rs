//! Models on disk: `<models>/<name>/` with `encoder.onnx`, `decoder.onnx` and `model.json`.

use super::catalog::{KnownModel, known_model};
use super::fingerprint::Fingerprint;
use super::manifest::{FileRecord, Manifest, Source, Unreadable};
use super::open_error::{OpenError, check_name};
use crate::model::family::Family;
use crate::model::interface::Interface;
use crate::model::progress::{Progress, Watch};
use crate::model::sizes::Sizes;
use medicosam_shared::understands::Understands;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) const ENCODER: &str = "encoder.onnx";
pub(crate) const ENCODER_CPU: &str = "encoder-cpu.onnx";
pub(crate) const ENCODER_F16: &str = "encoder-f16.onnx";
pub(crate) const DECODER: &str = "decoder.onnx";
pub(crate) const MANIFEST: &str = "model.json";

/// A model that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    folder: PathBuf,
    manifest: Manifest,
    hash: String,
}

impl InstalledModel {
    /// Opens the model of this name; reads its description and looks at the lengths of its files.
    pub fn open(models: &Path, name: &str) -> Result<Self, OpenError> {
        check_name(name)?;
        let folder = models.join(name);
        let damaged = |what: String| OpenError::Damaged {
            folder: folder.clone(),
            what,
        };
        let outdated = || OpenError::Outdated {
            folder: folder.clone(),
        };
        let path = folder.join(MANIFEST);
        let manifest = Manifest::read(&path).map_err(|unreadable| match unreadable {
            Unreadable::Missing => OpenError::NotInstalled {
                name: name.to_owned(),
                models: models.to_owned(),
            },
            Unreadable::Io(error) => OpenError::Io { path, error },
            Unreadable::Damaged(what) => damaged(format!("{MANIFEST}: {what}")),
            Unreadable::Outdated => outdated(),
        })?;
        if manifest.name != name {
            return Err(damaged(format!("{MANIFEST} is that of {}", manifest.name)));
        }
        if !manifest.is_current() {
            return Err(outdated());
        }
        for part in [ENCODER, DECODER] {
            if !manifest.files.iter().any(|file| file.name == part) {
                return Err(damaged(format!("{MANIFEST} lists no {part}")));
            }
        }
        for FileRecord { name, fingerprint } in &manifest.files {
            let found = std::fs::metadata(folder.join(name)).map(|data| data.len());
            let found = found.map_err(|e| damaged(format!("{name}: {e}")))?;
            if found != fingerprint.bytes {
                let expected = fingerprint.bytes;
                return Err(damaged(format!(
                    "{name} has {found} bytes instead of {expected}"
                )));
            }
        }
        Ok(Self::new(folder, manifest))
    }

    pub(crate) fn new(folder: PathBuf, manifest: Manifest) -> Self {
        let hash = manifest.hash();
        InstalledModel {
            folder,
            manifest,
            hash,
        }
    }

    /// Reads all files and compares their digests with the manifest.
    pub fn verify(&self, watch: Watch<'_>) -> Result<(), OpenError> {
        for FileRecord { name, fingerprint } in self.files() {
            let path = self.folder.join(name);
            let found = Fingerprint::of_file(&path, |bytes, total| {
                watch(Progress::Reading {
                    file: name.clone(),
                    bytes,
                    total,
                });
            });
            let found = found.map_err(|error| OpenError::Io { path, error })?;
            if found != *fingerprint {
                return Err(OpenError::Damaged {
                    folder: self.folder.clone(),
                    what: format!(
                        "the SHA-256 of {name} is {} instead of {}",
                        found.sha256, fingerprint.sha256
                    ),
                });
            }
        }
        Ok(())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Which kind of model it is.
    pub fn family(&self) -> Family {
        self.manifest.family
    }

    /// Its origin.
    pub fn source(&self) -> &Source {
        &self.manifest.source
    }

    /// The published model that it is, if it is one.
    pub fn known(&self) -> Option<&'static KnownModel> {
        match self.source() {
            Source::Checkpoint { known, .. } => known.as_deref().and_then(known_model),
            Source::Onnx { .. } => None,
        }
    }

    /// The kinds of prompt it was trained on, according to its authors or to the person who installed
    /// it; else those usual for its family.
    pub fn understands(&self) -> Understands {
        let known = self.known().map(|known| known.understands);
        let said = known.or(self.manifest.understands);
        said.unwrap_or_else(|| self.family().understands())
    }

    /// The encoder in words.
    pub fn architecture(&self) -> &str {
        &self.manifest.architecture
    }

    /// Identifies the computation: family (which says how slices are prepared), checkpoint and
    /// version of the graphs. Fit for file names.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Sizes of its tensors.
    pub fn sizes(&self) -> Sizes {
        self.manifest.sizes
    }

    /// Floating-point operations of the encoder per slice, a multiplication and an addition being
    /// two; `None` for graphs that were made elsewhere.
    pub fn operations(&self) -> Option<u64> {
        self.manifest.operations
    }

    /// What its graphs call their inputs and outputs.
    pub fn interface(&self) -> &Interface {
        &self.manifest.interface
    }

    /// Its files, but for the description.
    pub fn files(&self) -> &[FileRecord] {
        &self.manifest.files
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The encoder's graph.
    pub fn encoder(&self) -> PathBuf {
        self.folder.join(ENCODER)
    }

    /// The encoder's graph in half precision, for devices that are fast at it. A pair of graphs
    /// that was made elsewhere has none.
    pub fn encoder_f16(&self) -> Option<PathBuf> {
        self.listed(ENCODER_F16)
    }

    /// The encoder's graph in operators of our own, for the processor. A pair of graphs that was
    /// made elsewhere has none.
    pub fn encoder_cpu(&self) -> Option<PathBuf> {
        self.listed(ENCODER_CPU)
    }

    fn listed(&self, name: &str) -> Option<PathBuf> {
        let listed = self.files().iter().any(|file| file.name == name);
        listed.then(|| self.folder.join(name))
    }

    /// The decoder's graph.
    pub fn decoder(&self) -> PathBuf {
        self.folder.join(DECODER)
    }
}

/// The kinds of prompt that the model of this name was trained on: the installed one, else the
/// published one.
pub fn understands(models: &Path, name: &str) -> Option<Understands> {
    match InstalledModel::open(models, name) {
        Ok(model) => Some(model.understands()),
        Err(_) => known_model(name).map(|known| known.understands),
    }
}

/// An entry of a folder of models.
#[derive(Debug)]
pub struct ListedModel {
    /// Its name.
    pub name: String,
    /// The model, or why it cannot be used.
    pub model: Result<InstalledModel, OpenError>,
}

/// All models in a folder, by name. A folder that does not exist has none.
pub fn installed_models(models: &Path) -> Result<Vec<ListedModel>, OpenError> {
    let failed = |error| OpenError::Io {
        path: models.to_owned(),
        error,
    };
    let entries = match std::fs::read_dir(models) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && check_name(&name).is_ok() {
            let model = InstalledModel::open(models, &name);
            all.push(ListedModel { name, model });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::graph::GRAPH_VERSION;

    fn write(models: &Path, name: &str, change: impl FnOnce(&mut Manifest)) {
        let folder = models.join(name);
        std::fs::create_dir(&folder).unwrap();
        let files = [(ENCODER, "12345"), (DECODER, "123")].map(|(name, content)| {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            FileRecord {
                name: name.to_owned(),
                fingerprint: Fingerprint::of_file(&path, |_, _| {}).unwrap(),
            }
        });
        let sizes = Sizes {
            input: 256,
            channels: 256,
            grid: 64,
        };
        let source = Source::Checkpoint {
            path: "/nonexistent".into(),
            fingerprint: files[0].fingerprint,
            known: None,
            graph_version: GRAPH_VERSION,
        };
        let (family, interface) = (Family::LiteMedSam, Interface::own());
        let mut manifest = Manifest::new(name, family, sizes, String::new(), source, interface);
        manifest.files = files.into();
        change(&mut manifest);
        let text = serde_json::to_vec(&manifest).unwrap();
        std::fs::write(folder.join(MANIFEST), text).unwrap();
    }

    fn make_older(manifest: &mut Manifest) {
        if let Source::Checkpoint { graph_version, .. } = &mut manifest.source {
            *graph_version -= 1;
        }
    }

    #[test]
    fn models_are_listed_with_what_is_wrong_with_them() {
        let models = tempfile::tempdir().unwrap();
        write(models.path(), "good", |_| {});
        write(models.path(), "cut", |m| m.files[0].fingerprint.bytes = 6);
        write(models.path(), "halved", |m| m.files.truncate(1));
        write(models.path(), "old", make_older);
        write(models.path(), "copied", |m| m.name = "good".to_owned());
        write(models.path(), ".installing-x", |_| {});
        std::fs::create_dir(models.path().join("empty")).unwrap();
        let listed = installed_models(models.path()).unwrap();
        let code = |m: &ListedModel| m.model.as_ref().map_or_else(OpenError::code, |_| "ok");
        let listed: Vec<_> = listed.iter().map(|m| (m.name.as_str(), code(m))).collect();
        let expected = [
            ("copied", "model-damaged"),
            ("cut", "model-damaged"),
            ("empty", "model-not-installed"),
            ("good", "ok"),
            ("halved", "model-damaged"),
            ("old", "model-outdated"),
        ];
        assert_eq!(listed, expected);
        assert!(
            installed_models(&models.path().join("nowhere"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_changed_byte_is_found_by_verifying() {
        let models = tempfile::tempdir().unwrap();
        write(models.path(), "good", |_| {});
        let model = InstalledModel::open(models.path(), "good").unwrap();
        let mut seen = Vec::new();
        model.verify(&mut |progress| seen.push(progress)).unwrap();
        assert_eq!(seen.len(), 2);
        std::fs::write(model.decoder(), "124").unwrap();
        let model = InstalledModel::open(models.path(), "good").unwrap();
        let error = model.verify(&mut |_| {}).unwrap_err();
        assert_eq!(error.code(), "model-damaged");
        assert!(error.to_string().contains(DECODER), "{error}");
    }
}
