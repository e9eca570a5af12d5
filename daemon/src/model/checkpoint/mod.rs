//! Reads the checkpoints that `torch.save` writes: a zip archive with a pickle, `data.pkl`, that
//! describes the tensors, and one uncompressed file of raw numbers per storage.
//!
//! Nothing of the pickle is executed (see [`pickle`]). Opening reads the description only; the
//! numbers of a tensor are read when it is asked for, so that converting a large model never holds
//! it twice. Whatever the file claims, no more memory is taken than the file is long.

mod error;
mod pickle;
mod state_dict;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod torch_save;

pub use error::{CheckpointError, CheckpointProblem};
pub use pickle::PickleError;
pub use state_dict::DType;

use super::half;
use pickle::Pickle;
use state_dict::{Unusable, View};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use zip::ZipArchive;
use zip::result::ZipError;

/// A tensor of 32-bit floats, row-major: the last axis varies fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// A tensor of `shape`, or `None` if `data` has another number of elements.
    pub fn new(shape: &[usize], data: Vec<f32>) -> Option<Self> {
        let count = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
        (count == data.len()).then(|| Tensor {
            shape: shape.to_vec(),
            data,
        })
    }

    /// Length of each axis, slowest first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, row-major.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The numbers, row-major.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}

/// An open checkpoint.
pub struct Checkpoint {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// What precedes `data.pkl` and `data/` in the names of the archive: `archive/`, mostly.
    folder: String,
    tensors: Vec<(String, View)>,
    by_name: HashMap<String, usize>,
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Checkpoint { path, tensors, .. } = self;
        write!(
            f,
            "Checkpoint({}, {} tensors)",
            path.display(),
            tensors.len()
        )
    }
}

impl Checkpoint {
    /// Opens a checkpoint and reads the description of its tensors.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        Self::open_inner(path).map_err(|problem| CheckpointError::new(path, problem))
    }

    fn open_inner(path: &Path) -> Result<Self, CheckpointProblem> {
        let mut file = File::open(path)?;
        check_magic(&mut file)?;
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
        let description = read_entry(&mut archive, &format!("{folder}data.pkl"))
            .map_err(CheckpointProblem::DamagedZip)?;
        let tensors = state_dict::tensors(&Pickle::parse(&description)?).map_err(|e| match e {
            Unusable::Forbidden(global) => CheckpointProblem::Forbidden { global },
            Unusable::NotADictionary => CheckpointProblem::NotADictionary,
            Unusable::NoTensors(keys) => CheckpointProblem::NoTensors { keys },
        })?;
        let names = tensors.iter().enumerate();
        let by_name = names.map(|(at, (name, _))| (name.clone(), at)).collect();
        Ok(Checkpoint {
            path: path.to_owned(),
            archive,
            folder,
            tensors,
            by_name,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names and shapes of all tensors, in the file's order.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors
            .iter()
            .map(|(name, view)| (name.as_str(), view.shape.as_slice()))
    }

    /// The shape of a tensor, as the file declares it.
    pub fn shape(&self, name: &str) -> Result<&[usize], CheckpointError> {
        self.view(name, &[]).map(|view| view.shape.as_slice())
    }

    fn view(&self, name: &str, expected: &[usize]) -> Result<&View, CheckpointError> {
        match self.by_name.get(name) {
            Some(&at) => Ok(&self.tensors[at].1),
            None => Err(self.error(CheckpointProblem::Missing {
                tensor: name.to_owned(),
                expected: expected.to_vec(),
                count: self.tensors.len(),
                example: self
                    .tensors
                    .first()
                    .map_or_else(String::new, |(n, _)| n.clone()),
            })),
        }
    }

    fn error(&self, problem: CheckpointProblem) -> CheckpointError {
        CheckpointError::new(&self.path, problem)
    }

    /// Reads a tensor that must have the given shape; any float type is widened or rounded to f32.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        let view = self.view(name, shape)?.clone();
        if view.shape != shape {
            return Err(self.error(CheckpointProblem::WrongShape {
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                found: view.shape,
            }));
        }
        let entry = format!("{}data/{}", self.folder, view.storage);
        let bytes = read_entry(&mut self.archive, &entry).map_err(|what| {
            self.error(CheckpointProblem::BadStorage {
                tensor: name.to_owned(),
                what,
            })
        })?;
        let data = gather(name, &view, &bytes).map_err(|problem| self.error(problem))?;
        Ok(Tensor {
            shape: view.shape,
            data,
        })
    }
}

/// Tells a file that is no zip archive at all from a damaged one.
fn check_magic(file: &mut File) -> Result<(), CheckpointProblem> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start)?;
    if start != b"PK\x03\x04" {
        let hex: Vec<_> = start.iter().map(|b| format!("{b:02x}")).collect();
        let starts_with = if hex.is_empty() {
            "nothing: it is empty".to_owned()
        } else {
            hex.join(" ")
        };
        return Err(CheckpointProblem::NotZip { starts_with });
    }
    Ok(())
}

fn zip_problem(error: ZipError) -> CheckpointProblem {
    match error {
        ZipError::Io(error) => CheckpointProblem::Io(error),
        other => CheckpointProblem::DamagedZip(other.to_string()),
    }
}

/// Reads a whole file of the archive, which checks its CRC. Only stored files are taken, as torch
/// writes them: their size is bounded by the archive's, which a compressed file's is not.
fn read_entry(archive: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Vec<u8>, String> {
    let mut entry = archive
        .by_name(name)
        .map_err(|e| format!("file {name} of the archive: {e}"))?;
    if entry.compression() != zip::CompressionMethod::Stored {
        return Err(format!(
            "file {name} of the archive is compressed, which torch never does"
        ));
    }
    let mut bytes = Vec::new();
    let result = entry.read_to_end(&mut bytes);
    result.map_err(|e| format!("file {name} of the archive: {e}"))?;
    Ok(bytes)
}

/// The elements of a view of a storage, row-major.
fn gather(name: &str, view: &View, storage: &[u8]) -> Result<Vec<f32>, CheckpointProblem> {
    let size = view.dtype.bytes();
    let available = storage.len() / size;
    let outside = || CheckpointProblem::OutsideStorage {
        tensor: name.to_owned(),
        shape: view.shape.clone(),
        available: storage.len() as u64,
    };
    let element: fn(&[u8]) -> f32 = match view.dtype {
        DType::F64 => |b| f64::from_le_bytes(array(b)) as f32,
        DType::F32 => |b| f32::from_le_bytes(array(b)),
        DType::F16 => |b| half::f16_to_f32(u16::from_le_bytes(array(b))),
        DType::BF16 => |b| half::bf16_to_f32(u16::from_le_bytes(array(b))),
        DType::Integer { .. } => {
            return Err(CheckpointProblem::NotFloat {
                tensor: name.to_owned(),
            });
        }
    };
    let count = view.shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    // A view may repeat elements by stride 0; a weight never does, and a lie could claim
    // terabytes that way.
    let count = count.filter(|&n| n <= available).ok_or_else(outside)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let last = view
        .shape
        .iter()
        .zip(&view.stride)
        .try_fold(view.offset, |at, (&d, &s)| {
            at.checked_add((d - 1).checked_mul(s)?)
        });
    if last.is_none_or(|last| last >= available) {
        return Err(outside());
    }
    let read = |at: usize| element(&storage[at * size..(at + 1) * size]);
    if view.is_contiguous() {
        return Ok((view.offset..view.offset + count).map(read).collect());
    }
    let mut data = Vec::with_capacity(count);
    let mut index = vec![0; view.shape.len()];
    for _ in 0..count {
        let offset: usize = index.iter().zip(&view.stride).map(|(i, s)| i * s).sum();
        data.push(read(view.offset + offset));
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            if index[axis] < view.shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Ok(data)
}

/// The first `N` bytes of an element, which has exactly as many.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| bytes[i])
}
