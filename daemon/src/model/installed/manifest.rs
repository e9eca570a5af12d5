//! `model.json`: what an installed model is, and what its files must be.

use super::fingerprint::Fingerprint;
use crate::digest::Digest;
use crate::model::family::Family;
use crate::model::graph::GRAPH_VERSION;
use crate::model::interface::Interface;
use crate::model::sizes::Sizes;
use medicosam_shared::understands::Understands;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Version of the description itself.
const FORMAT: u32 = 2;

/// The description of an installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    pub name: String,
    pub family: Family,
    pub sizes: Sizes,
    /// The encoder in words, for people.
    pub architecture: String,
    /// Floating-point operations of the encoder per slice, for graphs of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    /// The kinds of prompt it was trained on, if a person has named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understands: Option<Understands>,
    pub source: Source,
    pub interface: Interface,
    pub files: Vec<FileRecord>,
}

/// The origin of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// A checkpoint, whose graphs were made here.
    Checkpoint {
        /// Where it was then.
        path: PathBuf,
        /// What it was.
        #[serde(flatten)]
        fingerprint: Fingerprint,
        /// Name of the published model that it is, if it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<String>,
        /// Version of the graphs that were made of it.
        graph_version: u32,
    },
    /// Two graphs that were made elsewhere.
    Onnx {
        /// Where the encoder was.
        encoder: PathBuf,
        /// Where the decoder was.
        decoder: PathBuf,
    },
}

/// A file of an installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name in the model's folder.
    pub name: String,
    /// What it must be.
    #[serde(flatten)]
    pub fingerprint: Fingerprint,
}

/// Why a description cannot be used.
pub(crate) enum Unreadable {
    /// There is no manifest.
    Missing,
    /// It cannot be read.
    Io(io::Error),
    /// It is not as it was written.
    Damaged(String),
    /// Another version of this program wrote it, or made the graphs.
    Outdated,
}

impl Manifest {
    pub(crate) fn new(
        name: &str,
        family: Family,
        sizes: Sizes,
        architecture: String,
        source: Source,
        interface: Interface,
    ) -> Self {
        Manifest {
            format: FORMAT,
            name: name.to_owned(),
            family,
            sizes,
            architecture,
            operations: None,
            understands: None,
            source,
            interface,
            files: Vec::new(),
        }
    }

    /// Reads a description as it is, even if the graphs are outdated.
    pub(crate) fn read(path: &Path) -> Result<Self, Unreadable> {
        /// What all versions have in common.
        #[derive(Deserialize)]
        struct Head {
            format: Option<u32>,
        }
        let text = std::fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unreadable::Missing,
            _ => Unreadable::Io(error),
        })?;
        let damaged = |e: serde_json::Error| Unreadable::Damaged(e.to_string());
        let head: Head = serde_json::from_slice(&text).map_err(damaged)?;
        if head.format != Some(FORMAT) {
            return Err(Unreadable::Outdated);
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(damaged)?;
        // The names become paths: they must not lead elsewhere.
        let plain = |name: &str| Path::new(name).file_name().is_some_and(|f| f == name);
        match manifest.files.iter().find(|file| !plain(&file.name)) {
            Some(file) => Err(Unreadable::Damaged(format!(
                "{:?} is not the name of a file",
                file.name
            ))),
            None => Ok(manifest),
        }
    }

    /// Whether its graphs are those that this version makes.
    pub(crate) fn is_current(&self) -> bool {
        match self.source {
            Source::Checkpoint { graph_version, .. } => graph_version == GRAPH_VERSION,
            Source::Onnx { .. } => true,
        }
    }

    /// Identifies the computation of the model. Fit for file names.
    pub(crate) fn hash(&self) -> String {
        let family = self.family.name();
        match &self.source {
            Source::Checkpoint {
                fingerprint,
                graph_version,
                ..
            } => format!("{family}-{}-{graph_version}", fingerprint.sha256),
            Source::Onnx { .. } => {
                let mut all = String::new();
                for file in &self.files {
                    all.push_str(&format!("{}  {}\n", file.fingerprint.sha256, file.name));
                }
                format!("{family}-onnx-{}", Digest::of(all.as_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::Xxh128;
    use super::*;

    fn manifest(source: Source, content: &[u8]) -> Manifest {
        let sizes = Sizes {
            input: 1024,
            channels: 256,
            grid: 64,
        };
        let own = Interface::own();
        let mut manifest = Manifest::new("m", Family::LiteMedSam, sizes, "x".into(), source, own);
        manifest.files.push(FileRecord {
            name: "encoder.onnx".to_owned(),
            fingerprint: fingerprint(content),
        });
        manifest
    }

    fn fingerprint(content: &[u8]) -> Fingerprint {
        Fingerprint {
            bytes: content.len() as u64,
            sha256: Digest::of(content),
            xxh128: Xxh128::new(7),
        }
    }

    #[test]
    fn the_hash_follows_what_is_computed_and_not_where_it_came_from() {
        let pair = |folder: &str| Source::Onnx {
            encoder: PathBuf::from(folder).join("e.onnx"),
            decoder: PathBuf::from(folder).join("d.onnx"),
        };
        let hash = manifest(pair("/a"), b"1").hash();
        assert_eq!(manifest(pair("/b"), b"1").hash(), hash);
        assert_ne!(manifest(pair("/a"), b"2").hash(), hash);

        let made = |path: &str, content: &[u8]| Source::Checkpoint {
            path: path.into(),
            fingerprint: fingerprint(content),
            known: None,
            graph_version: GRAPH_VERSION,
        };
        let hash = manifest(made("/a", b"weights"), b"1").hash();
        assert_eq!(manifest(made("/b", b"weights"), b"2").hash(), hash);
        assert_ne!(manifest(made("/a", b"others"), b"1").hash(), hash);
    }

    #[test]
    fn descriptions_are_read_back_and_older_ones_known_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let source = Source::Checkpoint {
            path: "/a".into(),
            fingerprint: fingerprint(b"weights"),
            known: Some("medicosam".to_owned()),
            graph_version: GRAPH_VERSION,
        };
        let written = manifest(source, b"1");
        std::fs::write(&path, serde_json::to_vec(&written).unwrap()).unwrap();
        assert!(Manifest::read(&path).is_ok_and(|read| read == written && read.is_current()));

        let first = r#"{"name":"litemedsam","family":"litemedsam","graph_version":1}"#;
        std::fs::write(&path, first).unwrap();
        assert!(matches!(Manifest::read(&path), Err(Unreadable::Outdated)));

        let mut leading = written;
        leading.files[0].name = "../encoder.onnx".to_owned();
        std::fs::write(&path, serde_json::to_vec(&leading).unwrap()).unwrap();
        assert!(matches!(Manifest::read(&path), Err(Unreadable::Damaged(_))));
    }
}
