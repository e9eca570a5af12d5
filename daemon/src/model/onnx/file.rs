//! The model file: `ModelProto`, written so that the weights go from memory to disk once.

use super::builder::{FLOAT, INT64};
use super::protobuf::Message;
use super::{IR_VERSION, OPSET};
use std::io::{self, Write};

/// Protobuf readers, ONNX Runtime's among them, stop at 2 GiB.
const MAX_BYTES: u64 = i32::MAX as u64;

/// Why a model cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The weights do not fit one file.
    #[error("the model takes {bytes} bytes, but an ONNX file can hold at most {MAX_BYTES}")]
    TooLarge {
        /// Size of the file.
        bytes: u64,
    },
}

/// A constant of the graph, `TensorProto`: everything but the numbers is encoded, and the numbers
/// (`raw_data`, field 9) follow as they are written.
#[derive(Debug)]
pub(super) struct Initializer {
    header: Message,
    data: Data,
}

#[derive(Debug)]
enum Data {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Initializer {
    pub(super) fn floats(name: &str, shape: &[usize], data: Vec<f32>) -> Self {
        Self::new(name, shape, FLOAT, Data::Floats(data))
    }

    pub(super) fn integers(name: &str, list: &[i64]) -> Self {
        Self::new(name, &[list.len()], INT64, Data::Integers(list.to_vec()))
    }

    fn new(name: &str, shape: &[usize], kind: i64, data: Data) -> Self {
        let mut header = Message::default();
        for &length in shape {
            header.int(1, length as i64);
        }
        header.int(2, kind);
        header.text(8, name);
        header.header(9, data.bytes());
        Initializer { header, data }
    }

    /// Length of the message.
    fn bytes(&self) -> u64 {
        self.header.as_bytes().len() as u64 + self.data.bytes()
    }

    /// What precedes the message as field 5 of `GraphProto`.
    fn start(&self) -> Message {
        let mut start = Message::default();
        start.header(5, self.bytes());
        start
    }
}

fn field_bytes((start, initializer): (&Message, &Initializer)) -> u64 {
    start.as_bytes().len() as u64 + initializer.bytes()
}

impl Data {
    fn bytes(&self) -> u64 {
        match self {
            Data::Floats(data) => 4 * data.len() as u64,
            Data::Integers(data) => 8 * data.len() as u64,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Data::Floats(data) => write_in_pieces(out, data, |v| v.to_le_bytes()),
            Data::Integers(data) => write_in_pieces(out, data, |v| v.to_le_bytes()),
        }
    }
}

fn write_in_pieces<T: Copy, const N: usize>(
    out: &mut impl Write,
    data: &[T],
    to_bytes: fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(64 * 1024);
    for piece in data.chunks(64 * 1024 / N) {
        buffer.clear();
        buffer.extend(piece.iter().flat_map(|&v| to_bytes(v)));
        out.write_all(&buffer)?;
    }
    Ok(())
}

/// A finished model, ready to be written.
#[derive(Debug)]
pub struct Model {
    /// All fields of `ModelProto` but the graph.
    head: Message,
    /// All fields of `GraphProto` but the initializers.
    graph: Message,
    initializers: Vec<Initializer>,
}

impl Model {
    pub(super) fn new(graph: Message, initializers: Vec<Initializer>) -> Self {
        let mut head = Message::default();
        head.int(1, IR_VERSION);
        head.text(2, env!("CARGO_PKG_NAME"));
        head.text(3, env!("CARGO_PKG_VERSION"));
        let mut opset = Message::default();
        opset.int(2, OPSET);
        head.message(8, &opset);
        Model {
            head,
            graph,
            initializers,
        }
    }

    /// Writes the file's bytes.
    pub fn write_to(&self, out: &mut impl Write) -> Result<(), OnnxError> {
        let starts: Vec<Message> = self.initializers.iter().map(Initializer::start).collect();
        let initializers: u64 = starts.iter().zip(&self.initializers).map(field_bytes).sum();
        let graph = self.graph.as_bytes().len() as u64 + initializers;
        let mut head = self.head.clone();
        head.header(7, graph);
        let bytes = head.as_bytes().len() as u64 + graph;
        if bytes > MAX_BYTES {
            return Err(OnnxError::TooLarge { bytes });
        }
        out.write_all(head.as_bytes())?;
        out.write_all(self.graph.as_bytes())?;
        for (start, initializer) in starts.iter().zip(&self.initializers) {
            out.write_all(start.as_bytes())?;
            out.write_all(initializer.header.as_bytes())?;
            initializer.data.write(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::{Field, fields};
    use super::super::{Dim, GraphBuilder};
    use super::*;

    #[test]
    fn a_written_model_reads_back_as_it_was_built() {
        let mut g = GraphBuilder::new("test");
        let x = g.input("x", &[Dim::Named("n"), Dim::Fixed(3)]);
        let c = g.constant(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        g.scope("head");
        let b = g.scalar(0.5);
        let y = g.linear(x, c, Some(b));
        let y = g.reshape(y, &[-1]);
        let y = g.reshape(y, &[-1]);
        g.output(y, "y", &[Dim::Named("m")]);
        let mut bytes = Vec::new();
        g.finish().write_to(&mut bytes).unwrap();

        let model = fields(&bytes);
        let ints = |field| model.iter().filter(move |(n, _)| *n == field);
        assert!(ints(1).all(|(_, v)| *v == Field::Int(9)));
        let graph = model.iter().find(|(n, _)| *n == 7).unwrap().1.bytes();
        let graph = fields(graph);
        let of = |field: u32| -> Vec<Vec<(u32, Field<'_>)>> {
            let these = graph.iter().filter(|(n, _)| *n == field);
            these.map(|(_, v)| fields(v.bytes())).collect()
        };
        let text = |message: &[(u32, Field<'_>)], field: u32| -> Vec<String> {
            let these = message.iter().filter(|(n, _)| *n == field);
            these
                .map(|(_, v)| String::from_utf8(v.bytes().to_vec()).unwrap())
                .collect()
        };
        let nodes = of(1);
        assert_eq!(text(&nodes[0], 4), ["Gemm"]);
        assert_eq!(text(&nodes[0], 1), ["x", "v2", "v3"]);
        assert_eq!(text(&nodes[0], 3), ["head/Gemm_0"]);
        assert_eq!(text(nodes.last().unwrap(), 2), ["y"]);
        // weight, bias, and one shape for both reshapes
        let initializers = of(5);
        assert_eq!(initializers.len(), 3);
        assert_eq!(
            initializers[0][..3],
            [(1, Field::Int(2)), (1, Field::Int(3)), (2, Field::Int(1))]
        );
        let raw = initializers[0].last().unwrap().1.bytes();
        assert_eq!(raw.len(), 24);
        assert_eq!(raw[4..8], 2f32.to_le_bytes());
        assert_eq!((of(11).len(), of(12).len()), (1, 1));
    }

    #[test]
    fn data_longer_than_a_piece_is_written_whole() {
        let data: Vec<f32> = (0..70_000).map(|v| v as f32).collect();
        let mut bytes = Vec::new();
        Data::Floats(data.clone()).write(&mut bytes).unwrap();
        let read: Vec<f32> = bytes
            .chunks(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(read, data);
    }
}
