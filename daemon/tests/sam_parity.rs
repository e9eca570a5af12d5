//! Our SAM ViT against upstream's, on a small network of random weights: every kind of block, grids
//! that windows do not divide, and every kind of prompt.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::checkpoint::Checkpoint;
use medicosam_daemon::model::graph::{Encoder, Form};
use medicosam_daemon::model::onnx::Model;
use medicosam_daemon::model::{
    Embedding, Family, InstallRequest, InstalledModel, LowResLogits, Runtime, Sam, SessionOptions,
    View, install,
};
use medicosam_shared::geometry::SliceShape;
use std::path::PathBuf;
use support::{Fixture, fixtures, max_difference, test_assets};
use tempfile::TempDir;

const NAME: &str = "sam_vit_tiny_random_11";
const CASES: [&str; 5] = ["box", "point", "points", "box_points", "box_points_mask"];
/// Numbers of a picture and of an embedding.
const PICTURE: usize = 3 * 256 * 256;
const EMBEDDING: usize = 32 * 16 * 16;

fn checkpoint() -> PathBuf {
    fixtures().join(format!("{NAME}.pth"))
}

/// The network, installed.
fn installed() -> (TempDir, InstalledModel) {
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest {
        name: "tiny",
        family: Family::Sam,
        checksum: None,
        understands: None,
    };
    let installed = install(&checkpoint(), &request, models.path()).unwrap();
    (models, installed)
}

/// The model, with its portable encoder or the one in our own operators.
fn open(installed: &InstalledModel, kernels: bool) -> Sam {
    let runtime = Runtime::load(&test_assets().0).unwrap();
    let options = SessionOptions {
        kernels,
        ..SessionOptions::default()
    };
    Sam::open(&runtime, installed, &options).unwrap()
}

/// A freshly built encoder.
fn encoder(form: Form) -> Model {
    let mut checkpoint = Checkpoint::open(&checkpoint()).unwrap();
    let encoder = Encoder::infer(&checkpoint).unwrap();
    encoder.build(&mut checkpoint, form).unwrap()
}

#[test]
fn every_tensor_is_that_of_upstream() {
    let (_models, installed) = installed();
    let sizes = installed.sizes();
    assert_eq!((sizes.input, sizes.channels, sizes.grid), (256, 32, 16));
    let fixture = Fixture::read(NAME);
    let (input, expected) = (fixture.floats("input"), fixture.floats("embedding"));
    for kernels in [false, true] {
        let mut sam = open(&installed, kernels);
        let pairs = input
            .chunks_exact(PICTURE)
            .zip(expected.chunks_exact(EMBEDDING));
        for (n, (picture, expected)) in pairs.enumerate() {
            let difference = max_difference(&sam.encode(picture).unwrap(), expected);
            println!("embedding {n}, kernels {kernels}: {difference:e}");
            assert!(difference <= 1e-4, "embedding {n} differs by {difference}");
        }
    }
    let mut sam = open(&installed, true);
    let embedding = Embedding {
        values: expected[..EMBEDDING].to_vec(),
        shape: [32, 16, 16],
        view: View::as_stored(SliceShape {
            width: 256,
            height: 256,
        }),
    };
    for case in CASES {
        let mask = fixture.try_floats(&format!("{case}.mask_input"));
        let mask = mask.map(|values| LowResLogits {
            values,
            side: 64,
            view: embedding.view,
        });
        let prompt = fixture.tokens(case);
        let masks = sam
            .decode_tokens(&embedding, &prompt, mask.as_ref())
            .unwrap();
        let logits = fixture.floats(&format!("{case}.low_res"));
        let logits = max_difference(&masks.logits, &logits);
        let iou = max_difference(&masks.iou, &fixture.floats(&format!("{case}.iou")));
        println!("{case}: logits {logits:e}, IoU {iou:e}");
        assert!(logits <= 1e-3, "{case}: logits differ by {logits}");
        assert!(iou <= 1e-4, "{case}: predicted IoU differs by {iou}");
    }
}

/// The graph for GPUs, here with the CPU's arithmetic on its 16-bit weights.
#[test]
fn half_precision_stays_close() {
    let (_models, installed) = installed();
    let whole = std::fs::metadata(installed.encoder()).unwrap().len();
    std::fs::remove_file(installed.encoder()).unwrap();
    let folder = installed.encoder().parent().unwrap().to_owned();
    let files = encoder(Form::F16).save(&folder, "encoder.onnx").unwrap();
    assert!(files[0].bytes < whole * 6 / 10, "{files:?} of {whole}");

    let fixture = Fixture::read(NAME);
    let embedding = open(&installed, false).encode(&fixture.floats("input")[..PICTURE]);
    let expected = &fixture.floats("embedding")[..EMBEDDING];
    let difference = max_difference(&embedding.unwrap(), expected);
    println!("largest difference: {difference:e}");
    assert!((1e-4..1e-2).contains(&difference), "{difference}");
}

/// As every model of more than 2 GiB is written: weights in a file beside the graph.
#[test]
fn weights_in_a_file_of_their_own_change_nothing() {
    let (_models, installed) = installed();
    let picture = Fixture::read(NAME).floats("input")[..PICTURE].to_vec();
    let expected = open(&installed, false).encode(&picture).unwrap();
    std::fs::remove_file(installed.encoder()).unwrap();
    let folder = installed.encoder().parent().unwrap().to_owned();
    let files = encoder(Form::F32)
        .save_with_limit(&folder, "encoder.onnx", 100_000)
        .unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["encoder.onnx", "encoder.onnx.data"]);
    assert!(files[0].bytes < files[1].bytes / 4, "{files:?}");
    assert_eq!(open(&installed, false).encode(&picture).unwrap(), expected);
}
