//! Safetensors files: the length of a JSON header (8 bytes, little-endian), the header, and the raw
//! numbers of all tensors. The header gives each tensor's type, shape and first and last byte.

use super::elements::{DType, View};
use super::error::CheckpointProblem;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess};
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// The format's own limit of the header's length.
const MAX_HEADER: u64 = 100_000_000;

/// An open file.
pub struct SafetensorsFile {
    file: File,
    /// Where the numbers start.
    data: u64,
}

/// Where a tensor of the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Bytes from the start of the numbers to the first of the tensor.
    start: u64,
    /// Bytes of the tensor.
    length: u64,
    /// The tensor in them.
    pub view: View,
}

/// Whether a file that starts with these bytes can only be a safetensors file: a length that is
/// plausible, and a brace.
pub fn is_safetensors(start: &[u8]) -> bool {
    matches!(start, [l0, l1, l2, l3, 0, 0, 0, 0, b'{', ..]
        if u64::from(u32::from_le_bytes([*l0, *l1, *l2, *l3])) <= MAX_HEADER)
}

impl SafetensorsFile {
    /// Opens a file and reads its header; the tensors come in the order of their data.
    pub fn open(mut file: File) -> Result<(Self, Vec<(String, Placed)>), CheckpointProblem> {
        let bytes = file.metadata()?.len();
        file.rewind()?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let damaged = |what: String| CheckpointProblem::DamagedSafetensors(what);
        let data = 8 + length;
        if length > MAX_HEADER || data > bytes {
            return Err(damaged(format!(
                "its header of {length} bytes is longer than the file"
            )));
        }
        let mut parser =
            serde_json::Deserializer::from_reader(BufReader::new((&file).take(length)));
        let entries = parser
            .deserialize_map(Header)
            .map_err(|e| damaged(format!("its header: {e}")))?;
        let mut tensors = Vec::with_capacity(entries.len());
        for (name, entry) in entries {
            let placed = entry.place(bytes - data);
            let placed = placed.map_err(|what| damaged(format!("tensor {name} {what}")))?;
            tensors.push((name, placed));
        }
        tensors.sort_by_key(|(_, placed)| placed.start);
        Ok((SafetensorsFile { file, data }, tensors))
    }

    /// Reads a tensor.
    pub fn read(&mut self, name: &str, placed: &Placed) -> Result<Vec<f32>, CheckpointProblem> {
        let (_, length) = placed.view.bytes(name, placed.length)?;
        self.file.seek(SeekFrom::Start(self.data + placed.start))?;
        let mut bytes = Vec::new();
        (&self.file).take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() != length {
            return Err(CheckpointProblem::DamagedSafetensors(format!(
                "the file ends within tensor {name}"
            )));
        }
        placed.view.gather(name, &bytes)
    }
}

/// What the header says about a tensor.
#[derive(serde::Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl Entry {
    fn place(self, available: u64) -> Result<Placed, String> {
        let dtype = match self.dtype.as_str() {
            "F64" => DType::F64,
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            "I64" | "U64" => DType::Other { bytes: 8 },
            "I32" | "U32" => DType::Other { bytes: 4 },
            "I16" | "U16" => DType::Other { bytes: 2 },
            "I8" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2" => DType::Other { bytes: 1 },
            other => return Err(format!("has elements of an unknown type {other:?}")),
        };
        let [start, end] = self.data_offsets;
        let length = end.checked_sub(start).filter(|_| end <= available);
        let length = length.ok_or_else(|| {
            format!("lies at {start}..{end}, but the file has {available} bytes of numbers")
        })?;
        let axes = self.shape.iter();
        let count = axes.clone().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
        let needed = count.and_then(|n| n.checked_mul(dtype.bytes() as u64));
        if needed != Some(length) {
            return Err(format!(
                "of shape {:?} and type {} does not take the {length} bytes that it has",
                self.shape, self.dtype
            ));
        }
        // An axis of length 0 makes all strides 0, and there is nothing to read.
        let mut stride: Vec<usize> = axes
            .rev()
            .scan(1usize, |step, &d| {
                let this = *step;
                *step = step.saturating_mul(d);
                Some(this)
            })
            .collect();
        stride.reverse();
        let view = View {
            dtype,
            offset: 0,
            shape: self.shape,
            stride,
        };
        Ok(Placed {
            start,
            length,
            view,
        })
    }
}

/// Reads the header's object as a list, so that a name that comes twice is seen.
struct Header;

impl<'de> de::Visitor<'de> for Header {
    type Value = Vec<(String, Entry)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format!("tensor {name} is listed twice")));
            }
            entries.push((name, map.next_value()?));
        }
        Ok(entries)
    }
}
