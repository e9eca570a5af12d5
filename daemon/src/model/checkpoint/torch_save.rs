//! Writes checkpoints for tests, the way `torch.save` lays them out.

use std::io::Write;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A tensor to write, as a view of a storage of its own.
#[derive(Debug, Clone)]
pub struct Saved {
    pub name: String,
    pub class: &'static str,
    pub bytes: Vec<u8>,
    pub offset: i32,
    pub shape: Vec<i32>,
    pub stride: Vec<i32>,
}

impl Saved {
    /// A contiguous tensor of f32.
    pub fn f32(name: &str, shape: &[usize], data: &[f32]) -> Self {
        let mut stride = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            stride[axis - 1] = stride[axis] * shape[axis] as i32;
        }
        Saved {
            name: name.to_owned(),
            class: "FloatStorage",
            bytes: data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            offset: 0,
            shape: shape.iter().map(|&d| d as i32).collect(),
            stride,
        }
    }
}

/// The pickle that describes the tensors: an ordered dictionary, protocol 2.
pub fn pickle(tensors: &[Saved]) -> Vec<u8> {
    let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    for (key, tensor) in tensors.iter().enumerate() {
        text(&mut out, &tensor.name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(format!("ctorch\n{}\n", tensor.class).bytes());
        text(&mut out, &key.to_string());
        text(&mut out, "cpu");
        int(&mut out, tensor.bytes.len() as i32);
        out.extend(b"tQ");
        int(&mut out, tensor.offset);
        for values in [&tensor.shape, &tensor.stride] {
            out.push(b'(');
            values.iter().for_each(|&v| int(&mut out, v));
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn int(out: &mut Vec<u8>, value: i32) {
    out.push(b'J');
    out.extend(value.to_le_bytes());
}

/// An archive of these files.
pub fn archive(files: &[(String, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A whole checkpoint.
pub fn checkpoint(tensors: &[Saved]) -> Vec<u8> {
    let description = pickle(tensors);
    let mut files = vec![("archive/data.pkl".to_owned(), description.as_slice())];
    files.push(("archive/byteorder".to_owned(), b"little"));
    for (key, tensor) in tensors.iter().enumerate() {
        files.push((format!("archive/data/{key}"), &tensor.bytes));
    }
    archive(&files, CompressionMethod::Stored)
}
