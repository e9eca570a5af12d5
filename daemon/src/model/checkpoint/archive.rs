//! The zip archives that `torch.save` writes: a pickle, `data.pkl`, that describes the tensors, and
//! one uncompressed file of raw numbers per storage.

use super::error::CheckpointProblem;
use super::pickle::Pickle;
use super::state_dict::{self, Stored, Unusable};
use std::fs::File;
use std::io::{self, BufReader, Read};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// An open archive.
pub struct TorchArchive {
    archive: ZipArchive<BufReader<File>>,
    /// What precedes `data.pkl` and `data/` in the names of the archive: `archive/`, mostly.
    folder: String,
}

impl TorchArchive {
    /// Opens an archive and finds its tensors; their order is the file's.
    pub fn open(file: File) -> Result<(Self, Vec<(String, Stored)>), CheckpointProblem> {
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(zip_problem)?;
        let folder = archive
            .file_names()
            .filter_map(Result::ok)
            .find_map(|name| name.strip_suffix("data.pkl").map(str::to_owned))
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
            .ok_or(CheckpointProblem::NotTorch)?;
        if let Ok(mut entry) = archive.by_name(&format!("{folder}byteorder")) {
            let mut order = [0; 3];
            if entry.read(&mut order).is_ok_and(|n| &order[..n] == b"big") {
                return Err(CheckpointProblem::BigEndian);
            }
        }
        let mut description = Vec::new();
        with_entry(&mut archive, &format!("{folder}data.pkl"), |mut entry| {
            entry.read_to_end(&mut description)
        })
        .map_err(CheckpointProblem::DamagedZip)?;
        let tensors = state_dict::tensors(&Pickle::parse(&description)?).map_err(|e| match e {
            Unusable::Forbidden(global) => CheckpointProblem::Forbidden { global },
            Unusable::NotADictionary => CheckpointProblem::NotADictionary,
            Unusable::NoTensors(keys) => CheckpointProblem::NoTensors { keys },
        })?;
        Ok((TorchArchive { archive, folder }, tensors))
    }

    /// Reads a tensor. The whole storage is read, so that its CRC is checked; only the span of the
    /// tensor is kept.
    pub fn read(&mut self, name: &str, stored: &Stored) -> Result<Vec<f32>, CheckpointProblem> {
        let entry = format!("{}data/{}", self.folder, stored.storage);
        let bad_storage = |what| CheckpointProblem::BadStorage {
            tensor: name.to_owned(),
            what,
        };
        let size = with_entry(&mut self.archive, &entry, |entry| Ok(entry.size()));
        let (start, length) = stored.view.bytes(name, size.map_err(bad_storage)?)?;
        let bytes = with_entry(&mut self.archive, &entry, |mut entry| {
            io::copy(&mut (&mut entry).take(start), &mut io::sink())?;
            // Not allocated ahead: a directory with false sizes must not cost memory.
            let mut bytes = Vec::new();
            (&mut entry).take(length as u64).read_to_end(&mut bytes)?;
            io::copy(&mut entry, &mut io::sink())?;
            Ok(bytes)
        })
        .map_err(bad_storage)?;
        if bytes.len() != length {
            return Err(bad_storage(format!(
                "file {entry} of the archive ends {} bytes early",
                length - bytes.len()
            )));
        }
        stored.view.gather(name, &bytes)
    }
}

fn zip_problem(error: ZipError) -> CheckpointProblem {
    match error {
        ZipError::Io(error) => CheckpointProblem::Io(error),
        other => CheckpointProblem::DamagedZip(other.to_string()),
    }
}

/// Does something with a file of the archive. Only stored files are taken, as torch writes them:
/// their size is bounded by the archive's, which a compressed file's is not.
fn with_entry<T>(
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    act: impl FnOnce(ZipFile<'_, BufReader<File>>) -> io::Result<T>,
) -> Result<T, String> {
    let entry = archive
        .by_name(name)
        .map_err(|e| format!("file {name} of the archive: {e}"))?;
    if entry.compression() != zip::CompressionMethod::Stored {
        return Err(format!(
            "file {name} of the archive is compressed, which torch never does"
        ));
    }
    act(entry).map_err(|e| format!("file {name} of the archive: {e}"))
}
