//! What the tests of models have in common: assets, and files of expected tensors.

#![allow(dead_code, reason = "each crate of tests uses its part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

pub mod server;

use medicosam_daemon::model::{PromptToken, TokenKind};
use medicosam_daemon::setup::{checkpoints, runtime_library};
use medicosam_shared::paths::default_data_folder;
use safetensors::{Dtype, SafeTensors};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// ONNX Runtime and LiteMedSAM's published checkpoint: from the data folder of the user (or of
/// `MEDICOSAM_DATA`) if they are there, else fetched into the folder of build outputs.
pub fn test_assets() -> (PathBuf, PathBuf) {
    let checkpoint =
        |data: &Path| Some(checkpoints(data).join("lite_medsam.pth")).filter(|c| c.is_file());
    let installed = |data: &Path| Some((runtime_library(data)?, checkpoint(data)?));
    let user = std::env::var_os("MEDICOSAM_DATA").map_or_else(default_data_folder, PathBuf::from);
    if let Some(assets) = installed(&user) {
        return assets;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let data = folder.join("data");
    // Tests run in several processes and threads; one of them fetches.
    let lock = File::create(folder.join("data.lock")).unwrap();
    lock.lock().unwrap();
    if let Some(assets) = installed(&data) {
        return assets;
    }
    let mut said = String::new();
    for words in [&["setup"][..], &["model", "pull", "litemedsam"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medicosamd"));
        let output = command
            .args(words)
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    installed(&data).unwrap_or_else(|| {
        panic!(
            "these tests need ONNX Runtime and LiteMedSAM as published; `medicosamd setup` and \
             `medicosamd model pull litemedsam` could not fetch them. Do that where there is a \
             network, and point MEDICOSAM_DATA at the data folder.\n{said}"
        )
    })
}

/// The folder of files of expected tensors.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/fixtures")
}

/// A file of tensors.
pub struct Fixture(pub Vec<u8>);

impl Fixture {
    pub fn read(name: &str) -> Self {
        Fixture(std::fs::read(fixtures().join(format!("{name}.safetensors"))).unwrap())
    }

    pub fn try_floats(&self, name: &str) -> Option<Vec<f32>> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).ok()?;
        assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
        let (chunks, []) = tensor.data().as_chunks::<4>() else {
            panic!("{name}")
        };
        Some(chunks.iter().map(|&b| f32::from_le_bytes(b)).collect())
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.try_floats(name)
            .unwrap_or_else(|| panic!("no tensor {name}"))
    }

    pub fn integers(&self, name: &str) -> Vec<i64> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::I64, "{name}");
        let (chunks, []) = tensor.data().as_chunks::<8>() else {
            panic!("{name}")
        };
        chunks.iter().map(|&b| i64::from_le_bytes(b)).collect()
    }

    /// The prompt of a case, in pixels of the encoder's input.
    pub fn tokens(&self, case: &str) -> Vec<PromptToken> {
        let kind = |label| match label {
            0 => TokenKind::Negative,
            1 => TokenKind::Positive,
            2 => TokenKind::BoxFirst,
            3 => TokenKind::BoxLast,
            other => panic!("label {other}"),
        };
        let coords = self.floats(&format!("{case}.coords"));
        let labels = self.integers(&format!("{case}.labels"));
        let coords = coords.chunks(2).map(|at| [at[0], at[1]]);
        let tokens = coords.zip(labels).map(|(at, label)| PromptToken {
            at,
            kind: kind(label),
        });
        let mut tokens: Vec<_> = tokens.collect();
        if !tokens.iter().any(|token| token.kind == TokenKind::BoxFirst) {
            tokens.push(PromptToken {
                at: [0.0, 0.0],
                kind: TokenKind::Padding,
            });
        }
        tokens
    }
}

pub fn max_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}
