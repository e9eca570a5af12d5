use super::torch_save::{self, Saved};
use super::*;
use proptest::prelude::*;
use zip::CompressionMethod;

fn open(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Checkpoint::open(file.path())
}

fn code(bytes: &[u8]) -> &'static str {
    open(bytes).unwrap_err().code()
}

fn ramp(name: &str, shape: &[usize]) -> Saved {
    let count: usize = shape.iter().product();
    Saved::f32(
        name,
        shape,
        &(0..count).map(|i| i as f32).collect::<Vec<_>>(),
    )
}

#[test]
fn tensors_come_back_in_order_with_their_numbers() {
    let saved = [
        ramp("b.weight", &[2, 3]),
        ramp("a.bias", &[4]),
        ramp("scalar", &[]),
    ];
    let mut checkpoint = open(&torch_save::checkpoint(&[
        saved[0].clone(),
        saved[1].clone(),
        Saved {
            bytes: 7f32.to_le_bytes().to_vec(),
            ..saved[2].clone()
        },
    ]))
    .unwrap();
    let listed: Vec<_> = checkpoint
        .tensors()
        .map(|(n, s)| (n.to_owned(), s.to_vec()))
        .collect();
    let expected = [
        ("b.weight", vec![2, 3]),
        ("a.bias", vec![4]),
        ("scalar", vec![]),
    ];
    assert_eq!(listed, expected.map(|(n, s)| (n.to_owned(), s)));
    let weight = checkpoint.read("b.weight", &[2, 3]).unwrap();
    assert_eq!(weight.data(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(checkpoint.read("scalar", &[]).unwrap().data(), [7.0]);
}

#[test]
fn strided_views_are_gathered_row_by_row() {
    let storage = ramp("t", &[12]).bytes;
    let transposed = Saved {
        bytes: storage,
        offset: 1,
        shape: vec![3, 2],
        stride: vec![1, 4],
        ..ramp("t", &[12])
    };
    let mut checkpoint = open(&torch_save::checkpoint(&[transposed])).unwrap();
    let tensor = checkpoint.read("t", &[3, 2]).unwrap();
    assert_eq!(tensor.data(), [1.0, 5.0, 2.0, 6.0, 3.0, 7.0]);
}

#[test]
fn all_float_types_become_f32() {
    let one = |class, bytes: &[u8]| Saved {
        class,
        bytes: bytes.to_vec(),
        ..ramp(class, &[1])
    };
    let saved = [
        one("DoubleStorage", &1.5f64.to_le_bytes()),
        one("HalfStorage", &0x3e00u16.to_le_bytes()),
        one("BFloat16Storage", &0x3fc0u16.to_le_bytes()),
        one("LongStorage", &1i64.to_le_bytes()),
    ];
    let mut checkpoint = open(&torch_save::checkpoint(&saved)).unwrap();
    for class in ["DoubleStorage", "HalfStorage", "BFloat16Storage"] {
        assert_eq!(checkpoint.read(class, &[1]).unwrap().data(), [1.5]);
    }
    let error = checkpoint.read("LongStorage", &[1]).unwrap_err();
    assert_eq!(error.code(), "checkpoint-tensor-not-float");
}

#[test]
fn what_is_not_a_checkpoint_is_told_apart() {
    assert_eq!(code(b""), "checkpoint-unknown-format");
    assert_eq!(code(b"not a model"), "checkpoint-unknown-format");
    let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    assert_eq!(code(legacy), "checkpoint-legacy");
    assert_eq!(code(b"\n<!DOCTYPE html><html>"), "checkpoint-web-page");
    assert_eq!(code(b"\x08\x09\x12\x07pytorch"), "checkpoint-onnx");
    let missing = Checkpoint::open(Path::new("/nonexistent/model.pth")).unwrap_err();
    assert_eq!(missing.code(), "checkpoint-unreadable");
    let stored = CompressionMethod::Stored;
    let other = torch_save::archive(&[("word/document.xml".to_owned(), b"<w/>")], stored);
    assert_eq!(code(&other), "checkpoint-not-torch");
    let mut cut = torch_save::checkpoint(&[ramp("t", &[64])]);
    cut.truncate(cut.len() / 2);
    assert_eq!(code(&cut), "checkpoint-damaged");
    let files = [
        ("a/data.pkl".to_owned(), &b"\x80\x02}."[..]),
        ("a/byteorder".to_owned(), b"big"),
    ];
    assert_eq!(
        code(&torch_save::archive(&files, stored)),
        "checkpoint-big-endian"
    );
}

fn with_pickle(pickle: &[u8]) -> Vec<u8> {
    torch_save::archive(
        &[("a/data.pkl".to_owned(), pickle)],
        CompressionMethod::Stored,
    )
}

#[test]
fn pickles_that_are_no_dictionary_of_tensors_are_refused() {
    assert_eq!(code(&with_pickle(b"\x80\x02]. ")), "checkpoint-no-tensors");
    let wrapped = open(&with_pickle(b"\x80\x02}X\x05\0\0\0modelK\x01s.")).unwrap_err();
    assert!(
        wrapped.to_string().contains("the entries model"),
        "{wrapped}"
    );
    assert_eq!(code(&with_pickle(b"\x80\x02(")), "checkpoint-bad-pickle");
}

#[test]
fn a_pickle_that_calls_the_system_is_named_and_refused() {
    let attack = b"\x80\x02}X\x01\0\0\0wcos\nsystem\nX\x06\0\0\0rm -rf\x85Rs.";
    let error = open(&with_pickle(attack)).unwrap_err();
    assert_eq!(error.code(), "checkpoint-forbidden");
    assert!(error.to_string().contains("os.system"), "{error}");
    assert_eq!(
        code(&with_pickle(b"\x80\x02c__builtin__\neval\n.")),
        "checkpoint-forbidden"
    );
}

#[test]
fn unknown_classes_stay_inert_beside_the_tensors() {
    let mut pickle = torch_save::pickle(&[ramp("t", &[2])]);
    pickle.truncate(pickle.len() - 2);
    // "trainer": my_lab.Trainer() with a state
    pickle.extend(b"X\x07\0\0\0trainercmy_lab.train\nTrainer\n)\x81}X\x01\0\0\0xK\x01sbu.");
    let files = [
        ("a/data.pkl".to_owned(), pickle.as_slice()),
        ("a/data/0".to_owned(), &[0; 8]),
    ];
    let mut checkpoint = open(&torch_save::archive(&files, CompressionMethod::Stored)).unwrap();
    assert_eq!(checkpoint.tensors().count(), 1);
    assert_eq!(checkpoint.read("t", &[2]).unwrap().data(), [0.0, 0.0]);
}

#[test]
fn tensors_that_reach_beyond_their_storage_are_refused() {
    let views = [
        (vec![3, 4], vec![4, 1], 1),
        (vec![13], vec![1], 0),
        (vec![i32::MAX, i32::MAX, i32::MAX], vec![0, 0, 0], 0),
        (vec![2], vec![i32::MAX], 0),
        (vec![1], vec![1], 12),
    ];
    for (shape, stride, offset) in views {
        let dims: Vec<usize> = shape.iter().map(|&d| d as usize).collect();
        let saved = Saved {
            shape,
            stride,
            offset,
            ..ramp("t", &[12])
        };
        let mut checkpoint = open(&torch_save::checkpoint(&[saved])).unwrap();
        let error = checkpoint.read("t", &dims).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-outside-storage", "{error}");
    }
}

#[test]
fn missing_and_misshapen_tensors_are_named_with_their_shapes() {
    let mut checkpoint = open(&torch_save::checkpoint(&[ramp("t", &[2, 3])])).unwrap();
    let missing = checkpoint.read("neck.0.weight", &[256, 320]).unwrap_err();
    assert_eq!(missing.code(), "checkpoint-tensor-missing");
    assert!(
        missing
            .to_string()
            .contains("neck.0.weight (shape [256, 320])"),
        "{missing}"
    );
    let wrong = checkpoint.read("t", &[3, 2]).unwrap_err();
    assert!(
        wrong.to_string().contains("shape [2, 3] instead of [3, 2]"),
        "{wrong}"
    );
}

#[test]
fn weights_that_are_not_finite_are_refused_with_their_tensor() {
    let pickle = torch_save::pickle(&[ramp("neck.0.weight", &[2, 2])]);
    for (value, word) in [
        (f32::NAN, "NaN"),
        (f32::INFINITY, "inf"),
        (f32::NEG_INFINITY, "-inf"),
    ] {
        let numbers = [0.5, 1.0, value, value];
        let bytes: Vec<u8> = numbers.iter().flat_map(|n: &f32| n.to_le_bytes()).collect();
        let files = [
            ("a/data.pkl".to_owned(), pickle.as_slice()),
            ("a/data/0".to_owned(), bytes.as_slice()),
        ];
        let archive = torch_save::archive(&files, CompressionMethod::Stored);
        let mut checkpoint = open(&archive).unwrap();
        let error = checkpoint.read("neck.0.weight", &[2, 2]).unwrap_err();
        assert_eq!(error.code(), "checkpoint-tensor-not-finite");
        let text = error.to_string();
        for part in ["neck.0.weight", "2 weight(s)", "element 2", word] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn compressed_and_missing_storages_are_refused() {
    let pickle = torch_save::pickle(&[ramp("t", &[2])]);
    let described = [("a/data.pkl".to_owned(), pickle.as_slice())];
    let mut checkpoint = open(&torch_save::archive(&described, CompressionMethod::Stored)).unwrap();
    assert_eq!(
        checkpoint.read("t", &[2]).unwrap_err().code(),
        "checkpoint-bad-storage"
    );
    let deflated = torch_save::archive(&described, CompressionMethod::Deflated);
    let error = open(&deflated).unwrap_err().to_string();
    assert!(error.contains("compressed"), "{error}");
}

/// A dictionary that holds the tensors under `entry`, beside an optimizer with a tensor of its own.
fn trainer(entry: &str, tensors: &[Saved]) -> Vec<u8> {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.bytes());
    };
    let state = torch_save::pickle(tensors);
    let mut pickle = b"\x80\x02}(".to_vec();
    text(&mut pickle, "optimizer_state");
    pickle.extend(b"}X\x04\0\0\0stepK\x07s");
    text(&mut pickle, entry);
    pickle.extend(&state[2..state.len() - 1]);
    text(&mut pickle, "trainer");
    pickle.extend(b"cmy_lab.train\nTrainer\n)\x81u.");
    let mut files = vec![("best/data.pkl".to_owned(), pickle.as_slice())];
    for (key, tensor) in tensors.iter().enumerate() {
        files.push((format!("best/data/{key}"), &tensor.bytes));
    }
    torch_save::archive(&files, CompressionMethod::Stored)
}

#[test]
fn the_model_in_a_trainers_file_bears_its_own_names() {
    for (entry, prefix) in [
        ("model_state", "sam."),
        ("model_state", "module.sam."),
        ("model", ""),
        ("state_dict", "model."),
    ] {
        let name = format!("{prefix}image_encoder.pos_embed");
        let bytes = trainer(entry, &[ramp(&name, &[1, 2, 2, 3])]);
        let mut checkpoint = open(&bytes).unwrap();
        assert_eq!(checkpoint.tensors().count(), 1);
        let tensor = checkpoint.read("image_encoder.pos_embed", &[1, 2, 2, 3]);
        assert_eq!(tensor.unwrap().data()[11], 11.0, "{entry}, {prefix}");
    }
}

#[test]
fn models_of_another_kind_are_refused_by_name() {
    let adapter = ramp(
        "module.image_encoder.blocks.0.Adapter.channel.0.weight",
        &[2],
    );
    let error = open(&trainer("model", &[adapter])).unwrap_err();
    assert_eq!(error.code(), "checkpoint-other-kind");
    assert!(error.to_string().contains("SAM-Med2D"), "{error}");
}

#[test]
fn a_weight_that_is_there_twice_is_refused() {
    let twice = [ramp("sam.a.weight", &[2]), ramp("a.weight", &[2])];
    let error = open(&torch_save::checkpoint(&twice)).unwrap_err();
    assert_eq!(error.code(), "checkpoint-ambiguous");
}

/// A safetensors file: one tensor of each type, written by the format's own library.
fn safetensors() -> Vec<u8> {
    use ::safetensors::{Dtype, serialize, tensor::TensorView};
    fn bytes<T: Copy, const N: usize>(values: [T; 2], to_bytes: fn(T) -> [u8; N]) -> Vec<u8> {
        values.into_iter().flat_map(to_bytes).collect()
    }
    let tensors = [
        ("f64", Dtype::F64, bytes([1.5, -2.0], f64::to_le_bytes)),
        ("f32", Dtype::F32, bytes([1.5, -2.0], f32::to_le_bytes)),
        ("f16", Dtype::F16, bytes([0x3e00, 0xc000], u16::to_le_bytes)),
        (
            "sam.bf16",
            Dtype::BF16,
            bytes([0x3fc0, 0xc000], u16::to_le_bytes),
        ),
        ("i64", Dtype::I64, bytes([1, 2], i64::to_le_bytes)),
    ];
    let views = tensors
        .iter()
        .map(|(name, dtype, data)| (*name, TensorView::new(*dtype, vec![1, 2], data).unwrap()));
    let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
    serialize(views, Some(metadata)).unwrap()
}

#[test]
fn safetensors_are_read_like_torchs_files() {
    let mut checkpoint = open(&safetensors()).unwrap();
    for name in ["f64", "f32", "f16", "bf16"] {
        let tensor = checkpoint.read(name, &[1, 2]).unwrap();
        assert_eq!(tensor.data(), [1.5, -2.0], "{name}");
    }
    let error = checkpoint.read("i64", &[1, 2]).unwrap_err();
    assert_eq!(error.code(), "checkpoint-tensor-not-float");
    let error = checkpoint.read("f32", &[2]).unwrap_err();
    assert_eq!(error.code(), "checkpoint-tensor-shape");
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn headers_that_lie_are_refused() {
    let entry = |shape: &str, offsets: &str| {
        format!(r#"{{"t":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    assert!(open(&with_header(&entry("[2]", "[0,8]"), &[0; 8])).is_ok());
    for header in [
        entry("[3]", "[0,12]"),
        entry("[3]", "[0,8]"),
        entry("[2]", "[8,0]"),
        entry("[4294967296,4294967296,4294967296]", "[0,8]"),
        entry("[2]", "[0,18446744073709551615]"),
        entry("[2]", "[0,8]").replace("F32", "F31"),
        entry("[-2]", "[0,8]"),
        r#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.to_owned(),
        "{".to_owned(),
    ] {
        assert_eq!(code(&with_header(&header, &[0; 8])), "checkpoint-damaged", "{header}");
    }
    let mut long = safetensors();
    long[..8].copy_from_slice(&90_000_000u64.to_le_bytes());
    assert_eq!(code(&long), "checkpoint-damaged");
}

/// Opens and reads everything; the result does not matter, only that there is one.
fn exercise(bytes: &[u8]) {
    if let Ok(mut checkpoint) = open(bytes) {
        let tensors = checkpoint.tensors();
        let tensors: Vec<_> = tensors.map(|(n, s)| (n.to_owned(), s.to_vec())).collect();
        for (name, shape) in tensors {
            if let Ok(tensor) = checkpoint.read(&name, &shape) {
                assert_eq!(tensor.data().len(), shape.iter().product::<usize>());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn round_trip(shape in prop::collection::vec(1usize..5, 0..4), seed in any::<u32>()) {
        let count: usize = shape.iter().product();
        let data: Vec<f32> = (0..count).map(|i| (seed.wrapping_mul(i as u32 + 1)) as f32).collect();
        let saved = Saved::f32("w", &shape, &data);
        let mut checkpoint = open(&torch_save::checkpoint(&[saved])).unwrap();
        prop_assert_eq!(checkpoint.read("w", &shape).unwrap().into_data(), data);
    }

    #[test]
    fn mutated_archives_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = torch_save::checkpoint(&[ramp("a.weight", &[2, 3]), ramp("b", &[4])]);
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        exercise(&bytes);
    }

    /// The CRC would catch most edits of the pickle, so that it is edited before it is archived.
    #[test]
    fn mutated_pickles_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let tensors = [ramp("a.weight", &[2, 3]), ramp("b", &[4])];
        let mut pickle = torch_save::pickle(&tensors);
        for (at, value) in edits {
            let at = at.index(pickle.len());
            pickle[at] = value;
        }
        let mut files = vec![("a/data.pkl".to_owned(), pickle.as_slice())];
        for (key, tensor) in tensors.iter().enumerate() {
            files.push((format!("a/data/{key}"), &tensor.bytes));
        }
        exercise(&torch_save::archive(&files, CompressionMethod::Stored));
    }

    #[test]
    fn truncated_archives_never_panic(length in any::<prop::sample::Index>()) {
        let bytes = torch_save::checkpoint(&[ramp("a.weight", &[2, 3])]);
        exercise(&bytes[..length.index(bytes.len())]);
    }

    #[test]
    fn mutated_safetensors_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = safetensors();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        exercise(&bytes);
        exercise(&bytes[..length.index(bytes.len())]);
    }
}
