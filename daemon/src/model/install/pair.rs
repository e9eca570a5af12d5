//! Models whose graphs were made elsewhere: an encoder and a decoder in SAM's ONNX interface.
//!
//! The decoder is the one that SAM's `scripts/export_onnx_model.py` writes, and everybody after it.
//! For the encoder there are two customs, which `samexporter` both knows: a prepared slice
//! (1, 3, S, S), or colours (H, W, 3) that the graph normalises and pads itself.

use super::describe::write_manifest;
use super::error::{InstallError, PairError};
use super::pair_interface::{MASKS, PairRequest, understand};
use super::staging::Locked;
use super::trial::try_model;
use crate::model::installed::installed_model::{DECODER, ENCODER, InstalledModel, MANIFEST};
use crate::model::installed::manifest::{Manifest, Source};
use crate::model::installed::open_error::check_name;
use crate::model::onnx::GraphFile;
use crate::model::progress::{Progress, Watch};
use crate::model::run::runtime::Runtime;
use std::path::{Path, PathBuf};

/// Copies two graphs into the model `request.name`, after they have segmented a test picture.
pub fn install_pair(
    request: &PairRequest<'_>,
    runtime: &Runtime,
    models: &Path,
    watch: Watch<'_>,
) -> Result<InstalledModel, InstallError> {
    check_name(request.name)?;
    let encoder = read(request.encoder)?;
    let decoder = read(request.decoder)?;
    let (interface, sizes) = understand(request, &encoder, &decoder)?;

    let locked = Locked::wait(models)?;
    let staged = locked.stage()?;
    let mut copied = Vec::new();
    for (path, graph, name) in [
        (request.encoder, &encoder, ENCODER),
        (request.decoder, &decoder, DECODER),
    ] {
        copy(path, &staged.path().join(name), watch)?;
        copy_weights(path, graph, staged.path(), &mut copied, watch)?;
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let source = Source::Onnx {
        encoder: absolute(request.encoder),
        decoder: absolute(request.decoder),
    };
    let architecture = format!("graphs made elsewhere, {0} × {0}", sizes.input);
    let (name, family) = (request.name, request.family);
    let mut manifest = Manifest::new(name, family, sizes, architecture, source, interface);
    manifest.understands = request.understands;
    let manifest = write_manifest(manifest, staged.path(), watch)?;

    watch(Progress::Trying);
    let trial = InstalledModel::new(staged.path().to_owned(), manifest.clone());
    let masks = try_model(&trial, runtime)?.masks;
    if masks != MASKS {
        return Err(InstallError::Pair(PairError::Masks {
            path: request.decoder.to_owned(),
            found: masks,
        }));
    }
    let folder = locked.publish(staged, name)?;
    Ok(InstalledModel::new(folder, manifest))
}

fn read(path: &Path) -> Result<GraphFile, PairError> {
    GraphFile::read(path).map_err(|error| PairError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

fn copy(from: &Path, to: &Path, watch: Watch<'_>) -> Result<(), InstallError> {
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    watch(Progress::Copying {
        file: name.into_owned(),
    });
    match std::fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(InstallError::write(to, error)),
    }
}

/// Copies the files that hold a graph's weights; they must lie beside it, and keep their names. The
/// graphs may share one: `copied` are those that are there already.
fn copy_weights(
    graph: &Path,
    description: &GraphFile,
    folder: &Path,
    copied: &mut Vec<PathBuf>,
    watch: Watch<'_>,
) -> Result<(), InstallError> {
    for file in &description.external {
        let refused = |what: String| PairError::Weights {
            path: graph.to_owned(),
            file: file.clone(),
            what,
        };
        if Path::new(file)
            .file_name()
            .is_none_or(|name| name != file.as_str())
        {
            let what = "is not the plain name of a file beside it; save the model again with its \
                        weights in one file beside it";
            return Err(refused(what.to_owned()).into());
        }
        let (from, to) = (graph.with_file_name(file), folder.join(file));
        if copied.contains(&from) {
            continue;
        }
        if [ENCODER, DECODER, MANIFEST].contains(&file.as_str()) || to.exists() {
            let what = "is a name that another file of the model has; rename it with the graph";
            return Err(refused(what.to_owned()).into());
        }
        if !from.is_file() {
            return Err(refused("is not there".to_owned()).into());
        }
        copy(&from, &to, watch)?;
        copied.push(from);
    }
    Ok(())
}
