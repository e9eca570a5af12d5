//! Our LiteMedSAM against the authors', tensor by tensor and from slice to mask.
//!
//! The fixtures and where they come from: `tests/data/fixtures/README.md`. Runtime and weights are
//! those that `medicosamd setup` and `medicosamd model pull litemedsam` install; where they are
//! missing, the test fetches them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::embed::{ContentKey, EmbeddingCache, Purpose};
use medicosam_daemon::model::{
    Checksum, Device, Embedding, InstallRequest, InstalledModel, LowResLogits, Runtime, Sam,
    SessionOptions, SliceImage, View, Xxh128, install, known_model,
};
use medicosam_daemon::setup::pinned::LITEMEDSAM_CHECKPOINT;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::dice;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use safetensors::{Dtype, SafeTensors};
use std::fs::File;
use std::time::Instant;
use support::{Fixture, max_difference, test_assets};

const FIXTURES: [&str; 2] = ["litemedsam_ct_lung_10", "litemedsam_mr_brain_14"];
const CASES: [&str; 5] = ["box", "point", "points", "box_points", "box_points_mask"];

/// The published model, converted, and a session for it.
struct Model {
    sam: Sam,
    _models: tempfile::TempDir,
}

fn model() -> Model {
    model_with(SessionOptions::default())
}

fn model_with(options: SessionOptions) -> Model {
    let (library, checkpoint) = test_assets();
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    let installed = install(&checkpoint, &request, models.path()).unwrap();
    let runtime = Runtime::load(&library).unwrap();
    let sam = Sam::open(&runtime, &installed, &options).unwrap();
    Model {
        sam,
        _models: models,
    }
}

/// A slice of the sample scans with what upstream makes of it.
struct Slice(Fixture);

impl std::ops::Deref for Slice {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Slice {
    fn read(name: &str) -> Self {
        Slice(Fixture::read(name))
    }

    /// A picture of bytes, with its size.
    fn picture(&self, name: &str) -> (SliceShape, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.0.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::U8, "{name}");
        let &[height, width] = tensor.shape() else {
            panic!("{name}")
        };
        let (width, height) = (width as u32, height as u32);
        (SliceShape { width, height }, tensor.data().to_vec())
    }

    fn slice(&self) -> SliceImage {
        let (shape, pixels) = self.picture("slice_u8");
        SliceImage::new(shape, pixels).unwrap()
    }

    /// As it is stored and whole: what upstream embeds.
    fn view(&self) -> View {
        View::as_stored(self.slice().shape())
    }

    fn embedding(&self) -> Embedding {
        Embedding {
            values: self.floats("embedding"),
            shape: [256, 64, 64],
            view: self.view(),
        }
    }

    /// The tumour's box; the fixture's last row and column are inside it.
    fn box_prompt(&self) -> SlicePrompt {
        let corners = self.integers("box");
        let &[x0, y0, x1, y1] = corners.as_slice() else {
            panic!("{corners:?}")
        };
        let [x0, y0, x1, y1] = [x0, y0, x1 + 1, y1 + 1].map(|v| u32::try_from(v).unwrap());
        SlicePrompt {
            label: Label::new(1).unwrap(),
            index: 0,
            bbox: Some(SliceBox { x0, y0, x1, y1 }),
            points: vec![],
        }
    }
}

fn overlap(a: &[bool], b: &[u8]) -> f64 {
    dice(a.iter().copied(), b.iter().map(|&v| v != 0))
}

#[test]
fn the_prepared_slice_is_that_of_upstream_to_the_bit() {
    let Model { sam, _models } = model();
    for name in FIXTURES {
        let fixture = Slice::read(name);
        let input = sam
            .model()
            .family()
            .preprocess(&fixture.slice(), sam.model().sizes());
        assert_eq!(
            max_difference(&input, &fixture.floats("input")),
            0.0,
            "{name}"
        );
        let tokens = sam.model().family().tokens(
            &fixture.box_prompt(),
            fixture.slice().shape(),
            sam.model().sizes(),
        );
        assert_eq!(tokens, fixture.tokens("box"), "{name}");
    }
}

#[test]
fn every_tensor_is_that_of_upstream() {
    let Model { mut sam, _models } = model();
    for name in FIXTURES {
        let fixture = Slice::read(name);
        let embedding = sam.encode(&fixture.floats("input")).unwrap();
        let difference = max_difference(&embedding, &fixture.floats("embedding"));
        println!("{name} embedding: {difference:e}");
        assert!(
            difference <= 1e-4,
            "{name}: embedding differs by {difference}"
        );
        for case in CASES {
            let mask = fixture.try_floats(&format!("{case}.mask_input"));
            let mask = mask.map(|values| LowResLogits {
                values,
                side: 256,
                view: fixture.view(),
            });
            let prompt = fixture.tokens(case);
            let masks = sam
                .decode_tokens(&fixture.embedding(), &prompt, mask.as_ref())
                .unwrap();
            let low_res = fixture.floats(&format!("{case}.low_res"));
            let logits = max_difference(&masks.logits, &low_res);
            let iou = max_difference(&masks.iou, &fixture.floats(&format!("{case}.iou")));
            println!("{name} {case}: logits {logits:e}, IoU {iou:e}");
            assert!(logits <= 1e-3, "{name}, {case}: logits differ by {logits}");
            assert!(
                iou <= 1e-4,
                "{name}, {case}: predicted IoU differs by {iou}"
            );
        }
    }
}

#[test]
fn the_portable_graph_gives_the_same_embedding() {
    let Model { mut sam, _models } = model_with(SessionOptions {
        kernels: false,
        ..SessionOptions::default()
    });
    let fixture = Slice::read(FIXTURES[0]);
    let embedding = sam.encode(&fixture.floats("input")).unwrap();
    let difference = max_difference(&embedding, &fixture.floats("embedding"));
    println!("{difference:e}");
    assert!(difference <= 1e-4, "embedding differs by {difference}");
}

#[test]
fn the_mask_of_a_box_is_that_of_upstream() {
    let Model { mut sam, _models } = model();
    for name in FIXTURES {
        let fixture = Slice::read(name);
        let (_, expected) = fixture.picture("mask");
        let prompt = fixture.box_prompt();
        let theirs = sam.decode(&fixture.embedding(), &prompt, None).unwrap();
        let from_their_embedding = overlap(theirs.mask.pixels(), &expected);
        let embedding = sam.embed(&fixture.slice()).unwrap();
        let ours = sam.decode(&embedding, &prompt, None).unwrap();
        let from_slice = overlap(ours.mask.pixels(), &expected);
        println!(
            "{name}: Dice {from_their_embedding} from their embedding, {from_slice} from the slice"
        );
        assert!(
            from_their_embedding >= 0.999,
            "{name}: Dice {from_their_embedding}"
        );
        assert!(from_slice >= 0.99, "{name}: Dice {from_slice}");

        let (_, label) = fixture.picture("label");
        let truth = overlap(ours.mask.pixels(), &label);
        println!(
            "{name}: Dice {truth:.3} with the expert, predicted IoU {:.3}, stability {:.3}",
            ours.predicted_iou, ours.stability
        );
        assert!(truth >= 0.8, "{name}: Dice {truth} with the expert's label");
        assert!(
            (0.5..=1.0).contains(&ours.stability),
            "{name}: stability {}",
            ours.stability
        );
        assert_eq!(sam.device(), Some(Device::Cpu));
    }
}

#[test]
fn the_mask_of_a_kept_embedding_is_that_of_the_embedding() {
    let Model { mut sam, _models } = model();
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 1 << 30, 1);
    for name in FIXTURES {
        let fixture = Slice::read(name);
        let prompt = fixture.box_prompt();
        let exact = fixture.embedding();
        let key = ContentKey::of(sam.model().hash(), &fixture.slice());
        cache.put(&key, &mut exact.clone(), Purpose::Now).unwrap();
        let started = Instant::now();
        let kept = cache.get_content(&key, fixture.view()).unwrap();
        let read = started.elapsed();
        let rounding = max_difference(&kept.values, &exact.values);
        let of_exact = sam.decode(&exact, &prompt, None).unwrap();
        let of_kept = sam.decode(&kept, &prompt, None).unwrap();
        let logits = max_difference(&of_kept.low_res.values, &of_exact.low_res.values);
        let masks = [&of_kept, &of_exact].map(|answer| answer.mask.pixels().iter().copied());
        let [of_kept, of_exact] = masks;
        let same = dice(of_kept, of_exact);
        println!(
            "{name}: embedding differs by {rounding:e}, logits by {logits:e}, Dice {same}; read in {read:?}"
        );
        assert!(rounding > 0.0 && rounding < 1e-3, "{name}: {rounding}");
        assert!(same >= 0.999, "{name}: Dice {same}");
    }
    let files = walkdir::WalkDir::new(folder.path()).into_iter().flatten();
    let bytes = files
        .filter(|f| f.file_type().is_file())
        .map(|f| f.metadata().unwrap().len());
    // 256 × 64 × 64 halves, 32 bytes of header, 4 of checksum.
    assert_eq!(bytes.collect::<Vec<_>>(), [2_097_188; 2]);
}

#[test]
fn a_mask_prompt_and_an_unloaded_encoder_change_nothing_but_what_they_should() {
    let Model { mut sam, _models } = model();
    let fixture = Slice::read(FIXTURES[0]);
    let prompt = fixture.box_prompt();
    let embedding = sam.embed(&fixture.slice()).unwrap();
    sam.unload_encoder();
    let first = sam.decode(&embedding, &prompt, None).unwrap();
    let corrected = sam
        .decode(&embedding, &prompt, Some(&first.low_res))
        .unwrap();
    assert_ne!(first.low_res, corrected.low_res);
    assert_eq!(sam.decode(&embedding, &prompt, None).unwrap(), first);
    assert_eq!(sam.embed(&fixture.slice()).unwrap(), embedding);
}

#[test]
fn what_is_not_the_models_is_refused_before_it_runs() {
    let Model { mut sam, _models } = model();
    let fixture = Slice::read(FIXTURES[1]);
    let prompt = fixture.box_prompt();
    let mut embedding = fixture.embedding();
    let mask = LowResLogits {
        values: vec![0.0; 64 * 64],
        side: 64,
        view: fixture.view(),
    };
    let error = sam.decode(&embedding, &prompt, Some(&mask)).unwrap_err();
    assert_eq!(error.code(), "model-other-embedding");
    embedding.values.pop();
    let error = sam.decode(&embedding, &prompt, None).unwrap_err();
    assert_eq!(error.code(), "model-other-embedding");
    let nothing = SlicePrompt {
        bbox: None,
        ..prompt
    };
    let error = sam
        .decode(&fixture.embedding(), &nothing, None)
        .unwrap_err();
    assert_eq!(error.code(), "prompt-unusable");
}

#[test]
fn an_installed_model_is_found_kept_and_repaired() {
    let (_, checkpoint) = test_assets();
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    let installed = install(&checkpoint, &request, models.path()).unwrap();
    let digest = LITEMEDSAM_CHECKPOINT.to_string();
    assert!(installed.hash().contains(&digest), "{}", installed.hash());
    assert_eq!(
        InstalledModel::open(models.path(), "litemedsam").unwrap(),
        installed
    );

    let written = |model: &InstalledModel| std::fs::metadata(model.encoder()).unwrap().modified();
    let before = written(&installed).unwrap();
    let kept = install(&checkpoint, &request, models.path()).unwrap();
    assert_eq!((written(&kept).unwrap(), &kept), (before, &installed));

    File::options()
        .write(true)
        .open(installed.decoder())
        .unwrap()
        .set_len(1000)
        .unwrap();
    let damaged = InstalledModel::open(models.path(), "litemedsam").unwrap_err();
    assert_eq!(damaged.code(), "model-damaged");
    install(&checkpoint, &request, models.path()).unwrap();
    assert_eq!(
        InstalledModel::open(models.path(), "litemedsam").unwrap(),
        installed
    );
    let left = std::fs::read_dir(models.path())
        .unwrap()
        .map(|e| e.unwrap().file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, [".lock", "litemedsam"]);

    let other = InstallRequest {
        checksum: Some(Checksum::Xxh128(Xxh128::new(0))),
        ..request
    };
    let error = install(&checkpoint, &other, models.path()).unwrap_err();
    assert_eq!(error.code(), "model-other-checkpoint");
}
