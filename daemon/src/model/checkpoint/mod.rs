//! Reads checkpoints: files of named tensors, as `torch.save` and safetensors write them.
//!
//! Nothing of a pickle is executed (see [`pickle`]). Opening reads the description only; the
//! numbers of a tensor are read when it is asked for, so that converting a large model never holds
//! it twice. No more memory is taken than the file is long, even if the file claims otherwise.
//!
//! Tensors bear the names that SAM itself gives them (`image_encoder.…`, `prompt_encoder.…`,
//! `mask_decoder.…`), with the wrappers of trainers removed; files that hold a model of another kind
//! are refused, and the error names the kind.

mod archive;
mod elements;
mod error;
mod layout;
mod pickle;
mod safetensors;
mod state_dict;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod torch_save;

pub use error::{CheckpointError, CheckpointProblem};
pub use layout::Foreign;
pub use pickle::PickleError;

use self::safetensors::{Placed, SafetensorsFile, is_safetensors};
use archive::TorchArchive;
use elements::View;
use state_dict::Stored;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

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
    source: Source,
    by_name: HashMap<String, usize>,
}

/// A file and its tensors: their names in the model, and where their numbers are.
enum Source {
    Torch(TorchArchive, Vec<(String, Stored)>),
    Safetensors(SafetensorsFile, Vec<(String, Placed)>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, CheckpointProblem> {
        let mut file = File::open(path)?;
        let mut start = Vec::new();
        (&mut file).take(64).read_to_end(&mut start)?;
        file.rewind()?;
        if start.starts_with(b"PK\x03\x04") {
            let (archive, tensors) = TorchArchive::open(file)?;
            Ok(Source::Torch(archive, tensors))
        } else if is_safetensors(&start) {
            let (file, tensors) = SafetensorsFile::open(file)?;
            Ok(Source::Safetensors(file, tensors))
        } else {
            Err(unknown_format(&start))
        }
    }

    fn len(&self) -> usize {
        match self {
            Source::Torch(_, tensors) => tensors.len(),
            Source::Safetensors(_, tensors) => tensors.len(),
        }
    }

    /// Name and place of a tensor.
    fn at(&self, index: usize) -> Option<(&str, &View)> {
        match self {
            Source::Torch(_, tensors) => tensors.get(index).map(|(n, t)| (n.as_str(), &t.view)),
            Source::Safetensors(_, tensors) => {
                tensors.get(index).map(|(n, t)| (n.as_str(), &t.view))
            }
        }
    }

    fn tensors(&self) -> impl Iterator<Item = (&str, &View)> {
        (0..self.len()).filter_map(|index| self.at(index))
    }

    /// Gives all tensors the names that they have in the model.
    fn normalise_names(&mut self) {
        let normalise = |name: &mut String| {
            let wrapped = name.len() - layout::normalised(name).len();
            name.drain(..wrapped);
        };
        match self {
            Source::Torch(_, tensors) => tensors.iter_mut().for_each(|(name, _)| normalise(name)),
            Source::Safetensors(_, tensors) => {
                tensors.iter_mut().for_each(|(name, _)| normalise(name));
            }
        }
    }

    fn read(&mut self, index: usize) -> Result<Vec<f32>, CheckpointProblem> {
        match self {
            Source::Torch(archive, tensors) => {
                let (name, stored) = &tensors[index];
                archive.read(name, stored)
            }
            Source::Safetensors(file, tensors) => {
                let (name, placed) = &tensors[index];
                file.read(name, placed)
            }
        }
    }
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, count) = (self.path.display(), self.source.len());
        write!(f, "Checkpoint({path}, {count} tensors)")
    }
}

impl Checkpoint {
    /// Opens a checkpoint and reads the description of its tensors.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        Self::open_inner(path).map_err(|problem| CheckpointError::new(path, problem))
    }

    fn open_inner(path: &Path) -> Result<Self, CheckpointProblem> {
        let mut source = Source::open(path)?;
        check_ambiguity(source.tensors().map(|(name, _)| name))?;
        source.normalise_names();
        if let Some(foreign) = layout::foreign(source.tensors().map(|(name, _)| name)) {
            return Err(CheckpointProblem::Foreign(foreign));
        }
        let names = source.tensors().enumerate();
        let by_name = names.map(|(at, (name, _))| (name.to_owned(), at)).collect();
        Ok(Checkpoint {
            path: path.to_owned(),
            source,
            by_name,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names and shapes of all tensors, in the file's order.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.source
            .tensors()
            .map(|(name, view)| (name, view.shape.as_slice()))
    }

    /// The shape of a tensor, as the file declares it.
    pub fn shape(&self, name: &str) -> Result<&[usize], CheckpointError> {
        let (_, view) = self.find(name, &[])?;
        Ok(&view.shape)
    }

    fn find(&self, name: &str, expected: &[usize]) -> Result<(usize, &View), CheckpointError> {
        let index = self.by_name.get(name).copied();
        let found = index.and_then(|at| Some((at, self.source.at(at)?.1)));
        found.ok_or_else(|| {
            let example = self.source.at(0).map_or("", |(name, _)| name);
            self.error(CheckpointProblem::Missing {
                tensor: name.to_owned(),
                expected: expected.to_vec(),
                count: self.source.len(),
                example: example.to_owned(),
            })
        })
    }

    fn error(&self, problem: CheckpointProblem) -> CheckpointError {
        CheckpointError::new(&self.path, problem)
    }

    /// Reads a tensor that must have the given shape; any float type is widened or rounded to f32, and all
    /// numbers must be finite.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        let (index, view) = self.find(name, shape)?;
        if view.shape != shape {
            return Err(self.error(CheckpointProblem::WrongShape {
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                found: view.shape.clone(),
            }));
        }
        let data = self.source.read(index).map_err(|e| self.error(e))?;
        check_finite(name, &data).map_err(|e| self.error(e))?;
        Ok(Tensor {
            shape: shape.to_vec(),
            data,
        })
    }
}

/// A single weight that is not finite spoils every mask.
fn check_finite(tensor: &str, data: &[f32]) -> Result<(), CheckpointProblem> {
    let Some(element) = data.iter().position(|weight| !weight.is_finite()) else {
        return Ok(());
    };
    let others = data.iter().skip(element);
    Err(CheckpointProblem::NotFinite {
        tensor: tensor.to_owned(),
        count: others.filter(|weight| !weight.is_finite()).count(),
        value: data[element],
        element,
    })
}

/// Two names that only differ in their wrappers: neither can be preferred.
fn check_ambiguity<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), CheckpointProblem> {
    let mut seen = HashMap::new();
    for name in names {
        if let Some(first) = seen.insert(layout::normalised(name), name) {
            return Err(CheckpointProblem::Ambiguous {
                first: first.to_owned(),
                second: name.to_owned(),
            });
        }
    }
    Ok(())
}

/// The kind of a file that is no checkpoint, by its first bytes.
fn unknown_format(start: &[u8]) -> CheckpointProblem {
    // The pickle of the number that torch before 1.6 starts its files with.
    const LEGACY: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    let trimmed = start.trim_ascii_start();
    match start {
        _ if start.starts_with(LEGACY) => CheckpointProblem::Legacy,
        _ if trimmed.starts_with(b"<") => CheckpointProblem::WebPage,
        // `ModelProto`: field 1, the version of the format, then a text or a message.
        [
            0x08,
            3..=20,
            0x12 | 0x1a | 0x22 | 0x2a | 0x32 | 0x3a | 0x42,
            ..,
        ] => CheckpointProblem::OnnxGraph,
        [] => CheckpointProblem::NotACheckpoint {
            starts_with: "nothing: it is empty".to_owned(),
        },
        _ => {
            let hex: Vec<_> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
            CheckpointProblem::NotACheckpoint {
                starts_with: hex.join(" "),
            }
        }
    }
}
