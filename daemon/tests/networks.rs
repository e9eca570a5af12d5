//! Networks of the published sizes, with random weights: found out, built and run.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::{
    Family, InstallRequest, InstalledModel, Runtime, Sam, SessionOptions, install,
};
use medicosam_tests::checkpoint::{Network, Vit};
use support::{max_difference, test_assets};
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
        checksum: None,
        understands: None,
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

/// Every 130 003rd number of an embedding, from the 12 345th on.
type Sample = [f32; 8];

fn check(embedding: &[f32], expected: Sample, network: &str) {
    let found: Vec<f32> = embedding
        .iter()
        .skip(12_345)
        .step_by(130_003)
        .copied()
        .collect();
    let difference = max_difference(&found, &expected);
    println!("{network}: {difference:e}");
    assert!(difference < 1e-4, "{network}: {found:?}, {expected:?}");
}

/// What upstream's TinyViT (ChaoningZhang/MobileSAM, PyTorch 1.13) makes of the same weights and
/// picture.
#[test]
fn mobilesam_is_that_of_upstream() {
    let expected = [
        -1.271_524_7,
        -0.238_364_04,
        0.598_800_54,
        1.062_816_5,
        -0.699_106_3,
        0.173_410_58,
        1.168_596_1,
        1.307_522_3,
    ];
    check(&embedding(&Network::MobileSam), expected, "MobileSAM");
}

/// A block with windows and one that attends to the whole image, with what upstream's
/// `ImageEncoderViT` (segment-anything, PyTorch 1.13) makes of the same weights and picture. All
/// blocks of a network are of these two kinds; together they take gigabytes and minutes.
#[test]
fn vision_transformers_of_all_sizes_are_those_of_upstream() {
    let networks: [(&str, Vit, Sample); 3] = [
        (
            "ViT-B",
            Vit::b(),
            [
                1.600_849,
                0.750_613_2,
                -0.484_356_5,
                -0.515_099_94,
                -1.109_26,
                0.016_192_526,
                0.273_495_36,
                -0.973_551_4,
            ],
        ),
        (
            "ViT-L",
            Vit::l(),
            [
                0.375_093_28,
                0.632_769_94,
                -0.640_749_04,
                -0.159_118_6,
                -0.997_291_56,
                -0.618_751,
                -0.346_533_75,
                -1.561_314_3,
            ],
        ),
        (
            "ViT-H",
            Vit::h(),
            [
                -0.165_539,
                -0.869_000_3,
                -0.768_194_9,
                -0.633_469_6,
                0.448_162_97,
                0.639_015_1,
                -0.588_199_14,
                0.976_901_3,
            ],
        ),
    ];
    for (name, vit, expected) in networks {
        let short = Vit {
            depth: 2,
            global: vec![1],
            ..vit
        };
        check(&embedding(&Network::Vit(short)), expected, name);
    }
}

/// ViT-H is beyond 2 GiB, and has its weights in a file of their own.
#[test]
#[ignore = "takes minutes, 5 GB of memory and 6 GB of disk"]
fn whole_vision_transformers_run() {
    for (name, vit) in [("B", Vit::b()), ("L", Vit::l()), ("H", Vit::h())] {
        let embedding = embedding(&Network::Vit(vit));
        // A normalisation comes last: the numbers are of that size, and not all alike.
        let squares = embedding.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        let size = (squares / embedding.len() as f64).sqrt();
        assert!((0.5..2.0).contains(&size), "{name}: {size}");
    }
}
