//! Reads the description in an ONNX file: inputs, outputs, and files that hold its weights.
//!
//! Weights and nodes are skipped, not read, so that a graph of 2 GiB costs no more memory than a
//! small one.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Inputs and outputs of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphFile {
    /// Inputs that must be fed.
    pub inputs: Vec<Port>,
    /// Outputs.
    pub outputs: Vec<Port>,
    /// Files beside it that hold its weights, as it names them.
    pub external: BTreeSet<String>,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// `TensorProto.DataType`; 1 is a 32-bit float. 0 if it is no tensor.
    pub element: i64,
    /// Length of each axis, where it is fixed.
    pub shape: Vec<Option<usize>>,
}

impl Port {
    /// Whether its numbers are 32-bit floats.
    pub fn is_f32(&self) -> bool {
        self.element == super::types::Float::F32.data_type()
    }
}

/// Why a file cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else, or damaged.
    #[error("it is not an ONNX graph ({0})")]
    NotOnnx(&'static str),
}

/// More than any name, shape or reference to a file takes.
const MAX_MESSAGE: u64 = 1 << 20;

impl GraphFile {
    /// Reads the description of the graph in a file.
    pub fn read(path: &Path) -> Result<Self, InspectError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut reader = Reader(BufReader::new(file));
        let mut found = GraphFile::default();
        let mut constants = HashSet::new();
        let mut has_graph = false;
        while reader.position()? < length {
            match reader.field()? {
                (7, Wire::Message(bytes)) => {
                    has_graph = true;
                    let end = reader.end_of(bytes, length)?;
                    reader.graph(end, &mut found, &mut constants)?;
                }
                (_, wire) => reader.skip(wire)?,
            }
        }
        if !has_graph {
            return Err(InspectError::NotOnnx("there is no graph in it"));
        }
        // Old files list their weights among the inputs, too.
        found
            .inputs
            .retain(|input| !constants.contains(&input.name));
        Ok(found)
    }
}

/// The content of a field.
#[derive(Debug, Clone, Copy)]
enum Wire {
    Int(u64),
    Fixed(i64),
    /// Length of the message.
    Message(u64),
}

struct Reader<R>(R);

impl<R: Read + Seek> Reader<R> {
    fn position(&mut self) -> Result<u64, InspectError> {
        Ok(self.0.stream_position()?)
    }

    /// Where a message ends that starts here, within one that ends at `outer`.
    fn end_of(&mut self, bytes: u64, outer: u64) -> Result<u64, InspectError> {
        let end = self.position()?.checked_add(bytes);
        end.filter(|&end| end <= outer)
            .ok_or(InspectError::NotOnnx("a part is longer than the whole"))
    }

    fn varint(&mut self) -> Result<u64, InspectError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(InspectError::NotOnnx("a number without end"))
    }

    fn field(&mut self) -> Result<(u64, Wire), InspectError> {
        let key = self.varint()?;
        let wire = match key & 7 {
            0 => Wire::Int(self.varint()?),
            1 => Wire::Fixed(8),
            2 => Wire::Message(self.varint()?),
            5 => Wire::Fixed(4),
            _ => return Err(InspectError::NotOnnx("an unknown kind of field")),
        };
        Ok((key >> 3, wire))
    }

    fn skip(&mut self, wire: Wire) -> Result<(), InspectError> {
        let bytes = match wire {
            Wire::Int(_) => return Ok(()),
            Wire::Fixed(bytes) => bytes,
            Wire::Message(bytes) => i64::try_from(bytes)
                .map_err(|_| InspectError::NotOnnx("a part is longer than the whole"))?,
        };
        self.0.seek(SeekFrom::Current(bytes))?;
        Ok(())
    }

    fn message(&mut self, bytes: u64) -> Result<Vec<u8>, InspectError> {
        if bytes > MAX_MESSAGE {
            return Err(InspectError::NotOnnx("a description of more than 1 MiB"));
        }
        let mut message = vec![0; bytes as usize];
        self.0.read_exact(&mut message)?;
        Ok(message)
    }

    /// `GraphProto`: 5 constants, 11 inputs, 12 outputs.
    fn graph(
        &mut self,
        end: u64,
        found: &mut GraphFile,
        constants: &mut HashSet<String>,
    ) -> Result<(), InspectError> {
        while self.position()? < end {
            match self.field()? {
                (5, Wire::Message(bytes)) => {
                    let end = self.end_of(bytes, end)?;
                    constants.extend(self.constant(end, &mut found.external)?);
                }
                (11, Wire::Message(bytes)) => found.inputs.push(port(&self.message(bytes)?)?),
                (12, Wire::Message(bytes)) => found.outputs.push(port(&self.message(bytes)?)?),
                (_, wire) => self.skip(wire)?,
            }
        }
        Ok(())
    }

    /// `TensorProto`: 8 its name, 13 where its numbers are. The numbers are skipped.
    fn constant(
        &mut self,
        end: u64,
        external: &mut BTreeSet<String>,
    ) -> Result<Option<String>, InspectError> {
        let mut name = None;
        while self.position()? < end {
            match self.field()? {
                (8, Wire::Message(bytes)) => name = Some(text(self.message(bytes)?)?),
                // `StringStringEntryProto`: 1 key, 2 value.
                (13, Wire::Message(bytes)) => {
                    let entry = self.message(bytes)?;
                    let (mut key, mut value) = (String::new(), String::new());
                    for_each_field(&entry, |field, bytes, _| {
                        match field {
                            1 => key = text(bytes.to_vec())?,
                            2 => value = text(bytes.to_vec())?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if key == "location" {
                        external.insert(value);
                    }
                }
                (_, wire) => self.skip(wire)?,
            }
        }
        Ok(name)
    }
}

/// Calls `act` with each field's number, its bytes if it is a message and its value if it is an
/// integer.
fn for_each_field(
    message: &[u8],
    mut act: impl FnMut(u64, &[u8], u64) -> Result<(), InspectError>,
) -> Result<(), InspectError> {
    let length = message.len() as u64;
    let mut reader = Reader(io::Cursor::new(message));
    while reader.position()? < length {
        match reader.field()? {
            (field, Wire::Message(bytes)) => act(field, &reader.message(bytes)?, 0)?,
            (field, Wire::Int(value)) => act(field, &[], value)?,
            (_, wire) => reader.skip(wire)?,
        }
    }
    Ok(())
}

/// `ValueInfoProto`: 1 name, 2 type → 1 tensor → 1 element, 2 shape → 1 axis → 1 length.
fn port(message: &[u8]) -> Result<Port, InspectError> {
    let mut port = Port {
        name: String::new(),
        element: 0,
        shape: Vec::new(),
    };
    for_each_field(message, |field, bytes, _| match field {
        1 => {
            port.name = text(bytes.to_vec())?;
            Ok(())
        }
        2 => for_each_field(bytes, |field, tensor, _| match field {
            1 => for_each_field(tensor, |field, shape, element| match field {
                1 => {
                    port.element = element as i64;
                    Ok(())
                }
                2 => for_each_field(shape, |_, axis, _| {
                    let mut fixed = None;
                    for_each_field(axis, |field, _, length| {
                        if field == 1 {
                            fixed = usize::try_from(length as i64).ok().filter(|&n| n > 0);
                        }
                        Ok(())
                    })?;
                    port.shape.push(fixed);
                    Ok(())
                }),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok(port)
}

fn text(bytes: Vec<u8>) -> Result<String, InspectError> {
    String::from_utf8(bytes).map_err(|_| InspectError::NotOnnx("a name that is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::super::protobuf::Message;
    use super::super::{Dim, GraphBuilder};
    use super::*;
    use proptest::prelude::*;

    fn inspect(bytes: &[u8]) -> Result<GraphFile, InspectError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        GraphFile::read(file.path())
    }

    fn graph() -> Vec<u8> {
        let mut g = GraphBuilder::new("test");
        let x = g.input("x", &[Dim::Named("n"), Dim::Fixed(3)]);
        let weight = g.constant(&[2, 3], vec![1.0; 6]);
        let y = g.linear(x, weight, None);
        g.output(y, "y", &[Dim::Named("n"), Dim::Fixed(2)]);
        let folder = tempfile::tempdir().unwrap();
        g.finish().save(folder.path(), "graph.onnx").unwrap();
        std::fs::read(folder.path().join("graph.onnx")).unwrap()
    }

    #[test]
    fn inputs_and_outputs_are_found_with_their_shapes() {
        let found = inspect(&graph()).unwrap();
        let port = |name: &str, last| Port {
            name: name.to_owned(),
            element: 1,
            shape: vec![None, Some(last)],
        };
        assert_eq!(found.inputs, [port("x", 3)]);
        assert_eq!(found.outputs, [port("y", 2)]);
        assert!(found.external.is_empty());
    }

    #[test]
    fn files_of_weights_are_named() {
        let mut entry = Message::default();
        entry.text(1, "location");
        entry.text(2, "weights.bin");
        let mut tensor = Message::default();
        tensor.text(8, "w");
        tensor.message(13, &entry);
        let mut name = Message::default();
        name.text(1, "w");
        let mut graph = Message::default();
        graph.message(5, &tensor);
        graph.message(11, &name);
        let mut model = Message::default();
        model.message(7, &graph);
        let found = inspect(model.as_bytes()).unwrap();
        assert_eq!(found.external, BTreeSet::from(["weights.bin".to_owned()]));
        // The weight is listed as an input, and is none.
        assert_eq!(found.inputs, []);
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        for bytes in [
            &b""[..],
            b"PK\x03\x04 a zip file",
            b"\x3a\x05\x2a",
            &[0xff; 40],
        ] {
            assert!(inspect(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn mutated_graphs_never_panic(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = graph();
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            let _ = inspect(&bytes);
        }
    }
}
