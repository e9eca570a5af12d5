//! Pairs of graphs that were made elsewhere: what they call their inputs, and what they want in
//! them.
//!
//! The encoders and decoders are small, but have the interfaces of the real exporters.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::onnx::{Conv, Dim, GraphBuilder, Model, Value};
use medicosam_daemon::model::{
    Embedding, Family, ImageForm, InstallError, InstalledModel, PairRequest, PromptToken, Runtime,
    Sam, SessionOptions, TokenKind, View, install_pair,
};
use medicosam_shared::geometry::SliceShape;
use std::path::{Path, PathBuf};
use support::{max_difference, test_assets};

/// Width of the encoder's input.
const INPUT: usize = 64;
/// Channels of the embedding.
const CHANNELS: usize = 8;
/// Width of the embedding.
const GRID: usize = 4;
/// Width of the masks.
const MASK: usize = 4 * GRID;

fn fixed<const N: usize>(shape: [usize; N]) -> [Dim; N] {
    shape.map(Dim::Fixed)
}

/// An encoder that sees patches of 16 × 16.
fn patches(g: &mut GraphBuilder, image: Value) {
    let count = CHANNELS * 3 * 16 * 16;
    let weights = (0..count).map(|i| ((i * 37 % 101) as f32 - 50.0) / 5000.0);
    let weights = g.constant(&[CHANNELS, 3, 16, 16], weights.collect());
    let conv = Conv {
        kernel: 16,
        stride: 16,
        pad: 0,
        groups: 1,
    };
    let embedding = g.conv(image, weights, None, conv);
    g.output(
        embedding,
        "image_embeddings",
        &fixed([1, CHANNELS, GRID, GRID]),
    );
}

fn prepared_encoder() -> Model {
    let mut g = GraphBuilder::new("encoder");
    let image = g.input("input_image", &fixed([1, 3, INPUT, INPUT]));
    patches(&mut g, image);
    g.finish()
}

/// As `samexporter --use-preprocess` makes it: colours of any size.
fn colour_encoder() -> Model {
    let mut g = GraphBuilder::new("encoder");
    let axes = [
        Dim::Named("image_height"),
        Dim::Named("image_width"),
        Dim::Fixed(3),
    ];
    let image = g.input("input_image", &axes);
    let mean = g.constant(&[3], vec![123.675, 116.28, 103.53]);
    let deviation = g.constant(&[3], vec![58.395, 57.12, 57.375]);
    let x = g.sub(image, mean);
    let x = g.div(x, deviation);
    let x = g.transpose(x, &[2, 0, 1]);
    let x = g.reshape(x, &[1, 3, INPUT as i64, INPUT as i64]);
    patches(&mut g, x);
    g.finish()
}

/// A decoder whose masks depend on everything it is given.
fn decoder(masks: usize, with_original_size: bool) -> Model {
    let mut g = GraphBuilder::new("decoder");
    let embedding = g.input("image_embeddings", &fixed([1, CHANNELS, GRID, GRID]));
    let points = Dim::Named("num_points");
    let coords = g.input("point_coords", &[Dim::Fixed(1), points, Dim::Fixed(2)]);
    let labels = g.input("point_labels", &[Dim::Fixed(1), points]);
    let mask = g.input("mask_input", &fixed([1, 1, MASK, MASK]));
    let has_mask = g.input("has_mask_input", &fixed([1]));

    let coords = g.reshape(coords, &[-1, 2]);
    let sum = g.matmul(labels, coords); // Σ label · (x, y)
    let sum = g.slice(sum, &[1], &[0], &[1]);
    let offset = g.reshape(sum, &[1, 1, 1, 1]);
    // Half of the embedding's 8 · 4 · 4 numbers, as the quarters of each mask.
    let x = g.reshape(embedding, &[1, 2, 8, 8]);
    let x = g.concat(&[x, x], 3);
    let x = g.concat(&[x, x], 2);
    let x = g.concat(&[x, x], 1);
    let x = g.slice(x, &[1], &[0], &[masks as i64]);
    let x = g.add(x, offset);
    let given = g.mul(mask, has_mask);
    let low_res = g.add(x, given);
    let iou = g.slice(low_res, &[2, 3], &[0, 0], &[1, 1]);
    let iou = g.reshape(iou, &[1, masks as i64]);
    let axes = [
        Dim::Fixed(1),
        Dim::Named("masks"),
        Dim::Fixed(MASK),
        Dim::Fixed(MASK),
    ];
    if with_original_size {
        let size = g.input("orig_im_size", &fixed([2]));
        let shape = g.reshape(size, &[1, 1, 1, 2]);
        let shape = g.slice(shape, &[3], &[0], &[1]);
        let large = g.mul(low_res, shape);
        g.output(large, "masks", &axes);
    }
    g.output(
        iou,
        "iou_predictions",
        &[Dim::Fixed(1), Dim::Named("masks")],
    );
    g.output(low_res, "low_res_masks", &axes);
    g.finish()
}

struct Place {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let (library, _) = test_assets();
        Place {
            folder: tempfile::tempdir().unwrap(),
            runtime: Runtime::load(&library).unwrap(),
        }
    }

    fn save(&self, name: &str, model: &Model) -> PathBuf {
        model.save(self.folder.path(), name).unwrap();
        self.folder.path().join(name)
    }

    fn install(&self, name: &str, pair: [&Path; 2]) -> Result<InstalledModel, InstallError> {
        let request = PairRequest {
            encoder: pair[0],
            decoder: pair[1],
            name,
            family: Family::Sam,
            input: Some(INPUT as u32),
            understands: None,
        };
        let models = self.folder.path().join("models");
        install_pair(&request, &self.runtime, &models, &mut |_| {})
    }

    fn refused(&self, pair: [&Path; 2]) -> InstallError {
        let error = self.install("refused", pair).unwrap_err();
        let models = self.folder.path().join("models/refused");
        assert!(!models.exists(), "nothing is installed");
        error
    }

    fn sam(&self, model: &InstalledModel) -> Sam {
        Sam::open(&self.runtime, model, &SessionOptions::default()).unwrap()
    }
}

fn slice() -> Vec<f32> {
    (0..3 * INPUT * INPUT)
        .map(|i| ((i * 31 % 97) as f32 - 40.0) / 20.0)
        .collect()
}

#[test]
fn both_customs_of_encoders_give_the_same_embedding() {
    let place = Place::new();
    let decoder = place.save("d.onnx", &decoder(4, true));
    let prepared = place.save("prepared.onnx", &prepared_encoder());
    let colours = place.save("colours.onnx", &colour_encoder());
    let prepared = place.install("prepared", [&prepared, &decoder]).unwrap();
    let colours = place.install("colours", [&colours, &decoder]).unwrap();
    assert_eq!(prepared.interface().encoder.form, ImageForm::Prepared);
    assert_eq!(colours.interface().encoder.form, ImageForm::Colours);
    assert_eq!(prepared.sizes().embedding(), [CHANNELS, GRID, GRID]);
    assert_eq!(colours.sizes(), prepared.sizes());
    assert_ne!(colours.hash(), prepared.hash());

    let expected = place.sam(&prepared).encode(&slice()).unwrap();
    let found = place.sam(&colours).encode(&slice()).unwrap();
    assert!(expected.iter().any(|v| v.abs() > 0.1));
    assert!(max_difference(&expected, &found) < 1e-4);
}

#[test]
fn a_decoder_is_fed_whether_or_not_it_wants_the_size_of_the_picture() {
    let place = Place::new();
    let encoder = place.save("e.onnx", &prepared_encoder());
    let answers = [false, true].map(|with_size| {
        let name = if with_size { "sized" } else { "plain" };
        let decoder = place.save(&format!("{name}.onnx"), &decoder(4, with_size));
        let model = place.install(name, [&encoder, &decoder]).unwrap();
        let mut sam = place.sam(&model);
        let embedding = Embedding {
            values: sam.encode(&slice()).unwrap(),
            shape: [CHANNELS, GRID, GRID],
            view: View::as_stored(SliceShape {
                width: 64,
                height: 64,
            }),
        };
        let point = PromptToken {
            at: [2.0, 5.0],
            kind: TokenKind::Positive,
        };
        let masks = sam.decode_tokens(&embedding, &[point], None).unwrap();
        assert_eq!((masks.iou.len(), masks.logits.len()), (4, 4 * MASK * MASK));
        // The first number of the embedding, and 1 · 2 of the point.
        assert!((masks.logits[0] - (embedding.values[0] + 2.0)).abs() < 1e-5);
        masks
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_decoder_of_one_mask_is_refused_with_the_reason() {
    let place = Place::new();
    let encoder = place.save("e.onnx", &prepared_encoder());
    let single = place.save("d.onnx", &decoder(1, true));
    let error = place.refused([&encoder, &single]);
    assert_eq!(error.code(), "graph-single-mask", "{error}");
    assert!(
        error.to_string().contains("--return-single-mask"),
        "{error}"
    );
}

#[test]
fn graphs_that_are_no_pair_are_refused_by_name() {
    let place = Place::new();
    let encoder = place.save("e.onnx", &prepared_encoder());
    let decoder = place.save("d.onnx", &decoder(4, false));
    let error = place.refused([&decoder, &encoder]);
    assert_eq!(error.code(), "graph-interface");
    let error = place.refused([&encoder, &encoder]);
    assert!(
        error.to_string().contains("no input image_embeddings"),
        "{error}"
    );

    let text = place.folder.path().join("text.onnx");
    std::fs::write(&text, "not a graph").unwrap();
    assert_eq!(place.refused([&text, &decoder]).code(), "graph-unreadable");
}

#[test]
fn a_graph_that_lies_about_its_shapes_fails_its_trial() {
    let place = Place::new();
    let mut g = GraphBuilder::new("encoder");
    let image = g.input("x", &fixed([1, 3, INPUT, INPUT]));
    let half = g.slice(image, &[2], &[0], &[8]);
    let any = ["a", "b", "c", "d"].map(Dim::Named);
    g.output(half, "y", &any);
    let encoder = place.save("e.onnx", &g.finish());
    let decoder = place.save("d.onnx", &decoder(4, false));
    assert_eq!(
        place.refused([&encoder, &decoder]).code(),
        "model-trial-failed"
    );
}

#[test]
fn weights_beside_a_graph_come_with_it() {
    let place = Place::new();
    let folder = place.folder.path().join("large");
    std::fs::create_dir(&folder).unwrap();
    prepared_encoder()
        .save_with_limit(&folder, "vit.onnx", 2048)
        .unwrap();
    let (encoder, weights) = (folder.join("vit.onnx"), folder.join("vit.onnx.data"));
    let decoder = place.save("d.onnx", &decoder(4, false));
    let model = place.install("large", [&encoder, &decoder]).unwrap();
    assert!(
        model
            .files()
            .iter()
            .any(|file| file.name == "vit.onnx.data")
    );
    let whole = place.save("whole.onnx", &prepared_encoder());
    let whole = place.install("whole", [&whole, &decoder]).unwrap();
    let expected = place.sam(&whole).encode(&slice()).unwrap();
    assert_eq!(place.sam(&model).encode(&slice()).unwrap(), expected);

    std::fs::remove_file(weights).unwrap();
    assert_eq!(place.refused([&encoder, &decoder]).code(), "graph-weights");
}
