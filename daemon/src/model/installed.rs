//! Models on disk: `<models>/<name>/` with `encoder.onnx`, `decoder.onnx` and `model.json`.

use super::family::Family;
use super::graph::GRAPH_VERSION;
use super::sizes::Sizes;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

pub(super) const ENCODER: &str = "encoder.onnx";
pub(super) const HALF_ENCODER: &str = "encoder-f16.onnx";
pub(super) const DECODER: &str = "decoder.onnx";
pub(super) const MANIFEST: &str = "model.json";

/// What `model.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub name: String,
    pub family: Family,
    /// Lower-case hexadecimal.
    pub checkpoint_sha256: String,
    pub graph_version: u32,
    pub sizes: Sizes,
    /// Lengths of the graphs' files, which tell a copy that was cut short.
    pub encoder_bytes: u64,
    pub decoder_bytes: u64,
}

/// A model that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    folder: PathBuf,
    manifest: Manifest,
    hash: String,
}

/// Why an installed model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The name cannot be a model's.
    #[error(
        "{name:?} cannot be the name of a model: use lower-case letters, digits, '.', '_' and '-', \
         and start with a letter or digit"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// There is no such model.
    #[error(
        "the model {name} is not installed in {}; `medicosamd model list` shows what is, \
         `medicosamd setup` installs the default one", models.display()
    )]
    NotInstalled {
        /// Its name.
        name: String,
        /// The folder of models.
        models: PathBuf,
    },
    /// Its files are not as they were installed.
    #[error(
        "the model in {} is damaged: {what}; install it again with `medicosamd model import`",
        folder.display()
    )]
    Damaged {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It was converted by another version of this program.
    #[error(
        "the model in {} has graphs of version {found}, but this version uses {GRAPH_VERSION}; \
         install it again with `medicosamd model import`", folder.display()
    )]
    Outdated {
        /// Its folder.
        folder: PathBuf,
        /// Version of its graphs.
        found: u32,
    },
    /// A folder or file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl OpenError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            OpenError::BadName { .. } => "model-bad-name",
            OpenError::NotInstalled { .. } => "model-not-installed",
            OpenError::Damaged { .. } => "model-damaged",
            OpenError::Outdated { .. } => "model-outdated",
            OpenError::Io { .. } => "model-unreadable",
        }
    }
}

impl InstalledModel {
    /// Opens the model of this name; reads its description only.
    pub fn open(models: &Path, name: &str) -> Result<Self, OpenError> {
        check_name(name)?;
        let folder = models.join(name);
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::NotInstalled {
                name: name.to_owned(),
                models: models.to_owned(),
            },
            _ => OpenError::Io { path, error },
        })?;
        let damaged = |what: String| OpenError::Damaged {
            folder: folder.clone(),
            what,
        };
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| damaged(format!("{MANIFEST}: {e}")))?;
        if manifest.name != name {
            return Err(damaged(format!("{MANIFEST} is that of {}", manifest.name)));
        }
        if manifest.graph_version != GRAPH_VERSION {
            return Err(OpenError::Outdated {
                folder,
                found: manifest.graph_version,
            });
        }
        for (file, expected) in [
            (ENCODER, manifest.encoder_bytes),
            (DECODER, manifest.decoder_bytes),
        ] {
            let found = std::fs::metadata(folder.join(file)).map(|data| data.len());
            let found = found.map_err(|e| damaged(format!("{file}: {e}")))?;
            if found != expected {
                return Err(damaged(format!(
                    "{file} has {found} bytes instead of {expected}"
                )));
            }
        }
        Ok(Self::new(folder, manifest))
    }

    pub(super) fn new(folder: PathBuf, manifest: Manifest) -> Self {
        let Manifest {
            family,
            checkpoint_sha256,
            graph_version,
            ..
        } = &manifest;
        let hash = format!("{}-{checkpoint_sha256}-{graph_version}", family.name());
        InstalledModel {
            folder,
            manifest,
            hash,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Which kind of model it is.
    pub fn family(&self) -> Family {
        self.manifest.family
    }

    /// SHA-256 of the checkpoint that it was made from, in lower-case hexadecimal.
    pub fn checkpoint_sha256(&self) -> &str {
        &self.manifest.checkpoint_sha256
    }

    /// Identifies what it computes: family (which says how slices are prepared), checkpoint and
    /// version of the graphs. Embeddings are only good for models of the same hash. Fit for file
    /// names.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Sizes of its tensors.
    pub fn sizes(&self) -> Sizes {
        self.manifest.sizes
    }

    /// The encoder's graph.
    pub fn encoder(&self) -> PathBuf {
        self.folder.join(ENCODER)
    }

    /// The encoder's graph in half precision, if there is one.
    pub fn half_encoder(&self) -> Option<PathBuf> {
        Some(self.folder.join(HALF_ENCODER)).filter(|path| path.is_file())
    }

    /// The decoder's graph.
    pub fn decoder(&self) -> PathBuf {
        self.folder.join(DECODER)
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

/// A name becomes a folder: it must not lead elsewhere, nor hide.
pub(super) fn check_name(name: &str) -> Result<(), OpenError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = name.starts_with(plain)
        && name.len() <= 64
        && name
            .chars()
            .all(|c| plain(c) || matches!(c, '.' | '_' | '-'));
    if fits {
        Ok(())
    } else {
        Err(OpenError::BadName {
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(models: &Path, name: &str, change: impl FnOnce(&mut Manifest)) {
        let folder = models.join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(ENCODER), "12345").unwrap();
        std::fs::write(folder.join(DECODER), "123").unwrap();
        let mut manifest = Manifest {
            name: name.to_owned(),
            family: Family::LiteMedSam,
            checkpoint_sha256: "ab".repeat(32),
            graph_version: GRAPH_VERSION,
            sizes: Sizes {
                input: 256,
                channels: 256,
                grid: 64,
            },
            encoder_bytes: 5,
            decoder_bytes: 3,
        };
        change(&mut manifest);
        let text = serde_json::to_vec(&manifest).unwrap();
        std::fs::write(folder.join(MANIFEST), text).unwrap();
    }

    #[test]
    fn models_are_listed_with_what_is_wrong_with_them() {
        let models = tempfile::tempdir().unwrap();
        write(models.path(), "good", |_| {});
        write(models.path(), "cut", |m| m.encoder_bytes = 6);
        write(models.path(), "old", |m| {
            m.graph_version = GRAPH_VERSION + 1
        });
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
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "a/b", "../a", ".hidden", "Ä", "UPPER", "a b"] {
            let error = InstalledModel::open(Path::new("/nonexistent"), name).unwrap_err();
            assert_eq!(error.code(), "model-bad-name", "{name:?}");
        }
        assert!(check_name("vit_b-medico.sam2").is_ok());
    }
}
