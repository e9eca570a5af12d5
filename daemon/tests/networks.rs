//! Networks of the published sizes, with random weights: found out, built and run.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::{
    Family, InstallRequest, InstalledModel, Runtime, Sam, SessionOptions, install,
};
use medicosam_tests::checkpoint::{Network, Vit};
use support::test_assets;
use tempfile::TempDir;

/// Width and height of the input of all networks here.
const SIDE: usize = 1024;

fn installed(network: &Network) -> (TempDir, InstalledModel) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("random.pth");
    network.write(&checkpoint, 1).unwrap();
    let request = InstallRequest {
        name: "random",
        family: Family::Sam,
        sha256: None,
    };
    let installed = install(&checkpoint, &request, &folder.path().join("models")).unwrap();
    let sizes = installed.sizes();
    assert_eq!((sizes.input, sizes.channels, sizes.grid), (1024, 256, 64));
    (folder, installed)
}

/// The embedding of a picture of numbers from −1 to 1.
fn embedding(network: &Network) -> Vec<f32> {
    let (_folder, installed) = installed(network);
    let runtime = Runtime::load(&test_assets().0).unwrap();
    let mut sam = Sam::open(&runtime, &installed, &SessionOptions::default()).unwrap();
    let picture = (0..3 * SIDE * SIDE).map(|n| ((n * 7919) % 1000) as f32 / 500.0 - 1.0);
    sam.encode(&picture.collect::<Vec<f32>>()).unwrap()
}

/// A normalisation comes last: the numbers are of that size, and not all alike.
fn check(embedding: &[f32], network: &str) {
    let mean = embedding.iter().sum::<f32>() / embedding.len() as f32;
    let squares = embedding.iter().map(|v| (v - mean).powi(2)).sum::<f32>();
    let deviation = (squares / embedding.len() as f32).sqrt();
    assert!(mean.abs() < 0.2, "{network}: mean {mean}");
    assert!((0.5..2.0).contains(&deviation), "{network}: {deviation}");
}

/// What upstream's TinyViT (ChaoningZhang/MobileSAM, PyTorch 1.13) makes of the same weights and
/// picture, at some places.
#[test]
fn mobilesam_is_that_of_upstream() {
    let expected = [
        (12345, -1.271_524_7),
        (142_348, -0.238_364_04),
        (272_351, 0.598_800_54),
        (402_354, 1.062_816_5),
        (532_357, -0.699_106_3),
        (662_360, 0.173_410_58),
        (792_363, 1.168_596_1),
        (922_366, 1.307_522_3),
    ];
    let embedding = embedding(&Network::MobileSam);
    for (at, expected) in expected {
        let found: f32 = embedding[at];
        assert!((found - expected).abs() < 1e-4, "{at}: {found}, {expected}");
    }
}

/// The first block with windows and one that attends to the whole image; all blocks of a network
/// are of these kinds. All of them take gigabytes and minutes.
#[test]
fn vision_transformers_of_all_sizes_run() {
    for (name, vit) in [("B", Vit::b()), ("L", Vit::l()), ("H", Vit::h())] {
        let short = Vit {
            depth: 2,
            global: vec![1],
            ..vit
        };
        check(&embedding(&Network::Vit(short)), name);
    }
}

/// ViT-H is beyond 2 GiB, and has its weights in a file of their own.
#[test]
#[ignore = "takes minutes, 5 GB of memory and 6 GB of disk"]
fn whole_vision_transformers_run() {
    for (name, vit) in [("B", Vit::b()), ("L", Vit::l()), ("H", Vit::h())] {
        check(&embedding(&Network::Vit(vit)), name);
    }
}
