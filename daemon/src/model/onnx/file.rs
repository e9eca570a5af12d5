//! The model file: `ModelProto`, written so that the weights go from memory to disk once.

use super::protobuf::Message;
use super::types::{Float, INT64};
use super::{IR_VERSION, OPSET};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Protobuf readers, ONNX Runtime's among them, stop at 2 GiB.
const MAX_BYTES: u64 = i32::MAX as u64;

/// Shorter constants stay in the model file even where it has a data file.
const MIN_EXTERNAL_BYTES: u64 = 1024;

/// Where a constant may start in a data file: multiples of a page, so that it can be mapped.
const ALIGNMENT: u64 = 4096;

/// Why a model cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The graph alone, without its large constants, does not fit one file.
    #[error(
        "the graph without its weights takes {bytes} bytes, but an ONNX file can hold at most \
         {MAX_BYTES}"
    )]
    TooLarge {
        /// Size of the file.
        bytes: u64,
    },
}

/// A file that [`Model::save`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFile {
    /// Its name within the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// A constant of the graph, `TensorProto`.
#[derive(Debug)]
pub(super) struct Initializer {
    /// All fields but the numbers.
    header: Message,
    data: Data,
}

#[derive(Debug)]
enum Data {
    Floats(Vec<f32>),
    Halves(Vec<u16>),
    Integers(Vec<i64>),
}

/// Where the numbers of a constant stand.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// In the model file, after the constant's other fields (`raw_data`).
    Inline,
    /// In a data file, from this byte on.
    External { file: &'a str, offset: u64 },
}

impl Initializer {
    pub(super) fn floats(name: &str, shape: &[usize], data: Vec<f32>) -> Self {
        Self::new(name, shape, Float::F32.data_type(), Data::Floats(data))
    }

    pub(super) fn halves(name: &str, shape: &[usize], bits: Vec<u16>) -> Self {
        Self::new(name, shape, Float::F16.data_type(), Data::Halves(bits))
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
        Initializer { header, data }
    }

    /// The message as field 5 of `GraphProto`, up to the numbers, and how many bytes of numbers
    /// follow it.
    fn encode(&self, place: Place<'_>) -> (Message, u64) {
        let mut fields = self.header.clone();
        let follow = match place {
            Place::Inline => {
                fields.header(9, self.data.bytes());
                self.data.bytes()
            }
            Place::External { file, offset } => {
                let (offset, length) = (offset.to_string(), self.data.bytes().to_string());
                for (key, value) in [("location", file), ("offset", &offset), ("length", &length)] {
                    let mut entry = Message::default();
                    entry.text(1, key);
                    entry.text(2, value);
                    fields.message(13, &entry);
                }
                fields.int(14, 1);
                0
            }
        };
        let mut message = Message::default();
        message.header(5, fields.as_bytes().len() as u64 + follow);
        message.append(&fields);
        (message, follow)
    }
}

impl Data {
    fn bytes(&self) -> u64 {
        match self {
            Data::Floats(data) => 4 * data.len() as u64,
            Data::Halves(data) => 2 * data.len() as u64,
            Data::Integers(data) => 8 * data.len() as u64,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Data::Floats(data) => write_in_pieces(out, data, |v| v.to_le_bytes()),
            Data::Halves(data) => write_in_pieces(out, data, |v| v.to_le_bytes()),
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
    /// `domains` are those of operators beyond the standard ones.
    pub(super) fn new(
        graph: Message,
        initializers: Vec<Initializer>,
        domains: &[&'static str],
    ) -> Self {
        let mut head = Message::default();
        head.int(1, IR_VERSION);
        head.text(2, env!("CARGO_PKG_NAME"));
        head.text(3, env!("CARGO_PKG_VERSION"));
        let mut opset = Message::default();
        opset.int(2, OPSET);
        head.message(8, &opset);
        for domain in domains {
            let mut opset = Message::default();
            opset.text(1, domain);
            opset.int(2, 1);
            head.message(8, &opset);
        }
        Model {
            head,
            graph,
            initializers,
        }
    }

    /// Writes the model as `name` into `folder`, durably; nothing of that name may be there. A
    /// model of more than 2 GiB gets a second file, `name` with `.data` behind it, which must stay
    /// beside the first.
    pub fn save(&self, folder: &Path, name: &str) -> Result<Vec<SavedFile>, OnnxError> {
        self.save_with_limit(folder, name, MAX_BYTES)
    }

    /// Like [`Self::save`], with the second file from another size on.
    pub fn save_with_limit(
        &self,
        folder: &Path,
        name: &str,
        limit: u64,
    ) -> Result<Vec<SavedFile>, OnnxError> {
        let mut inline = vec![Place::Inline; self.initializers.len()];
        let one_file = self.encoded(&inline);
        if one_file.bytes <= limit.min(MAX_BYTES) {
            let saved = save(folder, name, |out| one_file.write(out))?;
            return Ok(vec![saved]);
        }
        let data_name = format!("{name}.data");
        let mut end = 0u64;
        for (place, Initializer { data, .. }) in inline.iter_mut().zip(&self.initializers) {
            if data.bytes() >= MIN_EXTERNAL_BYTES {
                let (file, offset) = (data_name.as_str(), end.next_multiple_of(ALIGNMENT));
                *place = Place::External { file, offset };
                end = offset + data.bytes();
            }
        }
        let model = self.encoded(&inline);
        if model.bytes > MAX_BYTES {
            let bytes = model.bytes;
            return Err(OnnxError::TooLarge { bytes });
        }
        let data = save(folder, &data_name, |out| {
            let mut written = 0u64;
            for (place, Initializer { data, .. }) in inline.iter().zip(&self.initializers) {
                if let &Place::External { offset, .. } = place {
                    let gap = (offset - written) as usize; // less than ALIGNMENT
                    out.write_all(&vec![0; gap])?;
                    data.write(out)?;
                    written = offset + data.bytes();
                }
            }
            Ok(())
        })?;
        // The model comes last: where it is, its data are.
        let model = save(folder, name, |out| model.write(out))?;
        Ok(vec![model, data])
    }

    fn encoded(&self, places: &[Place<'_>]) -> Encoded<'_> {
        let initializers = self.initializers.iter().zip(places);
        let initializers: Vec<_> = initializers
            .map(|(initializer, &place)| {
                let (message, follow) = initializer.encode(place);
                (message, (follow > 0).then_some(&initializer.data))
            })
            .collect();
        let inline = initializers
            .iter()
            .map(|(message, data)| message.as_bytes().len() as u64 + data.map_or(0, Data::bytes));
        let graph = self.graph.as_bytes().len() as u64 + inline.sum::<u64>();
        let mut head = self.head.clone();
        head.header(7, graph);
        Encoded {
            bytes: head.as_bytes().len() as u64 + graph,
            head,
            graph: &self.graph,
            initializers,
        }
    }
}

/// A model file in the order in which it is written.
struct Encoded<'a> {
    /// Length of the file.
    bytes: u64,
    head: Message,
    graph: &'a Message,
    /// Constants, with their numbers if they stand in this file.
    initializers: Vec<(Message, Option<&'a Data>)>,
}

impl Encoded<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.head.as_bytes())?;
        out.write_all(self.graph.as_bytes())?;
        for (message, data) in &self.initializers {
            out.write_all(message.as_bytes())?;
            if let Some(data) = data {
                data.write(out)?;
            }
        }
        Ok(())
    }
}

/// Writes a new file, durably.
fn save(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<SavedFile> {
    let mut out = BufWriter::new(File::create_new(folder.join(name))?);
    write(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(SavedFile {
        name: name.to_owned(),
        bytes: out.get_ref().metadata()?.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::reader::{Field, fields};
    use super::super::{Dim, GraphBuilder};
    use super::*;

    /// The bytes of the files of a model that is split beyond `limit`.
    fn saved(model: &Model, limit: u64) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let files = model
            .save_with_limit(folder.path(), "m.onnx", limit)
            .unwrap();
        let read = files.iter().map(|file| {
            let bytes = std::fs::read(folder.path().join(&file.name)).unwrap();
            assert_eq!(bytes.len() as u64, file.bytes);
            bytes
        });
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            files.len()
        );
        read.collect()
    }

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
        let bytes = saved(&g.finish(), MAX_BYTES).remove(0);

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
    fn beyond_the_limit_long_constants_stand_in_a_file_of_their_own() {
        let mut g = GraphBuilder::new("test");
        let x = g.input("x", &[Dim::Fixed(1), Dim::Fixed(300)]);
        let numbers = |n: usize, from: f32| (0..n).map(|v| v as f32 + from).collect::<Vec<f32>>();
        let first = g.constant(&[1, 300], numbers(300, 0.0));
        let short = g.scalar(7.0);
        let second = g.constant(&[1, 300], numbers(300, 1000.0));
        let x = [first, short, second]
            .into_iter()
            .fold(x, |x, c| g.add(x, c));
        g.output(x, "y", &[Dim::Fixed(1), Dim::Fixed(300)]);
        let model = g.finish();
        assert_eq!(saved(&model, MAX_BYTES).len(), 1);
        let [file, data] = <[_; 2]>::try_from(saved(&model, 2000)).unwrap();
        assert!(file.len() < 1000, "{}", file.len());

        let file = fields(&file);
        let graph = fields(file.iter().find(|(n, _)| *n == 7).unwrap().1.bytes());
        let initializers: Vec<_> = graph.iter().filter(|(n, _)| *n == 5).collect();
        let mut places = Vec::new();
        for (_, initializer) in &initializers {
            let initializer = fields(initializer.bytes());
            let entries = initializer.iter().filter(|(n, _)| *n == 13);
            let entries: Vec<(String, String)> = entries
                .map(|(_, entry)| {
                    let entry = fields(entry.bytes());
                    let text = |at: usize| String::from_utf8(entry[at].1.bytes().to_vec()).unwrap();
                    (text(0), text(1))
                })
                .collect();
            let external = initializer.contains(&(14, Field::Int(1)));
            let inline = initializer.iter().any(|(n, _)| *n == 9);
            assert_eq!(
                (external, inline),
                (!entries.is_empty(), entries.is_empty())
            );
            places.push(entries);
        }
        let place = |offset: &str| {
            [
                ("location", "m.onnx.data"),
                ("offset", offset),
                ("length", "1200"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec()
        };
        assert_eq!(places, [place("0"), vec![], place("4096")]);
        assert_eq!(data.len(), 4096 + 1200);
        assert_eq!(data[4096..4100], 1000f32.to_le_bytes());
        assert_eq!(data[1196..1200], 299f32.to_le_bytes());
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
