//! Our SAM ViT against upstream's, on a small network of random weights: every kind of block, grids
//! that windows do not divide, and every kind of prompt.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::{
    Embedding, Family, InstallRequest, LowResLogits, Runtime, Sam, SessionOptions, install,
};
use medicosam_shared::geometry::SliceShape;
use support::{Fixture, fixtures, max_difference, test_assets};

const NAME: &str = "sam_vit_tiny_random_11";
const CASES: [&str; 5] = ["box", "point", "points", "box_points", "box_points_mask"];

#[test]
fn every_tensor_is_that_of_upstream() {
    let (library, _) = test_assets();
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest {
        name: "tiny",
        family: Family::Sam,
        sha256: None,
    };
    let checkpoint = fixtures().join(format!("{NAME}.pth"));
    let installed = install(&checkpoint, &request, models.path()).unwrap();
    let sizes = installed.sizes();
    assert_eq!((sizes.input, sizes.channels, sizes.grid), (256, 32, 16));
    let runtime = Runtime::load(&library).unwrap();
    let mut sam = Sam::open(&runtime, &installed, &SessionOptions::default()).unwrap();

    let fixture = Fixture::read(NAME);
    let (input, expected) = (fixture.floats("input"), fixture.floats("embedding"));
    let (pictures, embeddings) = (3 * 256 * 256, 32 * 16 * 16);
    for (n, (picture, expected)) in input
        .chunks_exact(pictures)
        .zip(expected.chunks_exact(embeddings))
        .enumerate()
    {
        let embedding = sam.encode(picture).unwrap();
        let difference = max_difference(&embedding, expected);
        println!("embedding {n}: {difference:e}");
        assert!(difference <= 1e-4, "embedding {n} differs by {difference}");
    }
    let embedding = Embedding {
        values: expected[..embeddings].to_vec(),
        shape: [32, 16, 16],
        original: SliceShape {
            width: 256,
            height: 256,
        },
    };
    for case in CASES {
        let mask = fixture.try_floats(&format!("{case}.mask_input"));
        let mask = mask.map(|values| LowResLogits { values, side: 64 });
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
