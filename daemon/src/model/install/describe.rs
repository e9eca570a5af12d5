//! The description that is written beside a model's files before they are published.

use super::error::InstallError;
use crate::model::installed::fingerprint::Fingerprint;
use crate::model::installed::installed_model::MANIFEST;
use crate::model::installed::manifest::{FileRecord, Manifest};
use crate::model::progress::{Progress, Watch};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Records the names and digests of the staged files, and writes the manifest beside them.
pub fn write_manifest(
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
