//! Models on devices: batches, and other devices than the processor against the processor.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::{
    Device, Embedding, Family, InstallRequest, Precision, Runtime, Sam, SessionOptions, SliceImage,
    install, known_model,
};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{SliceMask, dice};
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use std::path::PathBuf;
use std::time::Instant;
use support::{fixtures, max_difference, test_assets};

/// A slice with structure, another one for every `seed`.
fn slice(seed: u32) -> SliceImage {
    let shape = SliceShape {
        width: 200,
        height: 150,
    };
    let pixel = |n: u32| {
        let (x, y) = (n % shape.width, n / shape.width);
        ((x * (seed + 1)) ^ (y * 3 + seed * 40)) as u8
    };
    let pixels = (0..shape.width * shape.height).map(pixel).collect();
    SliceImage::new(shape, pixels).unwrap()
}

#[test]
fn slices_embedded_at_once_are_the_slices_embedded_one_by_one() {
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest {
        name: "tiny",
        family: Family::Sam,
        checksum: None,
        understands: None,
    };
    let checkpoint = fixtures().join("sam_vit_tiny_random_11.pth");
    let installed = install(&checkpoint, &request, models.path()).unwrap();
    let runtime = Runtime::load(&test_assets().0).unwrap();
    let options = SessionOptions {
        batch: 2,
        ..SessionOptions::default()
    };
    let mut sam = Sam::open(&runtime, &installed, &options).unwrap();
    let slices = [slice(1), slice(2), slice(3)];
    let together = sam.embed_batch(&slices).unwrap();
    assert_eq!((together.len(), sam.batch()), (3, 2));
    for (slice, embedding) in slices.iter().zip(&together) {
        let alone = sam.embed(slice).unwrap();
        assert_eq!(alone.shape, embedding.shape);
        let difference = max_difference(&alone.values, &embedding.values);
        assert!(difference < 1e-5, "{difference}");
    }
    let other = max_difference(&together[0].values, &together[1].values);
    assert!(other > 1e-2, "the slices differ by {other}");
}

/// `MEDICOSAM_TEST_DEVICE=cuda:0 MEDICOSAM_TEST_RUNTIME=/path/libonnxruntime.so.1.31.1
/// cargo test --release --workspace --test devices -- --ignored --nocapture`
#[test]
#[ignore = "needs a device: MEDICOSAM_TEST_DEVICE names it, MEDICOSAM_TEST_RUNTIME its runtime"]
fn the_device_gives_the_processors_numbers() {
    let device: Device = std::env::var("MEDICOSAM_TEST_DEVICE")
        .unwrap()
        .parse()
        .unwrap();
    let library = PathBuf::from(std::env::var_os("MEDICOSAM_TEST_RUNTIME").unwrap());
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    let installed = install(&test_assets().1, &request, models.path()).unwrap();
    let runtime = Runtime::load(&library).unwrap();
    let open = |device, precision| {
        let options = SessionOptions {
            device,
            precision,
            batch: if device == Device::Cpu { 1 } else { 2 },
            ..SessionOptions::default()
        };
        Sam::open(&runtime, &installed, &options).unwrap()
    };
    let (mut cpu, mut other) = (
        open(Device::Cpu, Precision::F32),
        open(device, Precision::F32),
    );
    let slices = [slice(1), slice(2)];
    let expected: Vec<Embedding> = slices.iter().map(|s| cpu.embed(s).unwrap()).collect();
    let found: Vec<Embedding> = slices.iter().map(|s| other.embed(s).unwrap()).collect();
    let together = other.embed_batch(&slices).unwrap();
    assert_eq!(other.device(), Some(device));
    println!("{device}: the processor runs parts: {}", other.is_mixed());
    for ((expected, found), together) in expected.iter().zip(&found).zip(&together) {
        let alone = max_difference(&expected.values, &found.values);
        let batch = max_difference(&expected.values, &together.values);
        println!("embedding differs by {alone:.1e}, in a batch by {batch:.1e}");
        assert!(alone < 1e-3 && batch < 1e-3, "{alone} {batch}");
    }
    let prompt = SlicePrompt {
        label: Label::new(1).unwrap(),
        index: 0,
        bbox: Some(SliceBox {
            x0: 40,
            y0: 30,
            x1: 150,
            y1: 120,
        }),
        points: vec![],
    };
    let on_cpu = cpu.decode(&expected[0], &prompt, None).unwrap();
    let on_device = other.decode(&found[0], &prompt, None).unwrap();
    let pixels = |mask: &SliceMask| mask.pixels().to_vec();
    let same = dice(pixels(&on_cpu.mask), pixels(&on_device.mask));
    println!("masks: Dice {same:.5}");
    assert!(same > 0.999, "{same}");

    // Alternating, so that whatever else the machine does hits both alike.
    let time = |sam: &mut Sam, embed: bool| {
        let started = Instant::now();
        match embed {
            true => drop(sam.embed(&slices[0]).unwrap()),
            false => drop(sam.decode(&expected[0], &prompt, None).unwrap()),
        }
        started.elapsed().as_secs_f64() * 1e3
    };
    for (embed, what) in [(true, "embed"), (false, "decode")] {
        let mut best = (f64::INFINITY, f64::INFINITY);
        for _ in 0..8 {
            best.0 = best.0.min(time(&mut cpu, embed));
            best.1 = best.1.min(time(&mut other, embed));
        }
        let (on_cpu, on_device) = best;
        println!(
            "{what}: cpu {on_cpu:.0} ms, {device} {on_device:.0} ms, ratio {:.2} (best of 8, alternating)",
            on_device / on_cpu
        );
    }
}

/// The device that `MEDICOSAM_TEST_DEVICE` names, with the runtime in `MEDICOSAM_TEST_RUNTIME`.
fn device_under_test() -> (Device, Runtime) {
    let device = std::env::var("MEDICOSAM_TEST_DEVICE").unwrap();
    let library = PathBuf::from(std::env::var_os("MEDICOSAM_TEST_RUNTIME").unwrap());
    (device.parse().unwrap(), Runtime::load(&library).unwrap())
}

#[test]
#[ignore = "needs a device: MEDICOSAM_TEST_DEVICE names it, MEDICOSAM_TEST_RUNTIME its runtime"]
fn half_precision_changes_no_mask() {
    let (device, runtime) = device_under_test();
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    let installed = install(&test_assets().1, &request, models.path()).unwrap();
    let open = |precision| {
        let options = SessionOptions {
            device,
            precision,
            kernels: false,
            ..SessionOptions::default()
        };
        Sam::open(&runtime, &installed, &options).unwrap()
    };
    let (mut full, mut half) = (open(Precision::F32), open(Precision::F16));
    assert_eq!(half.precision(), Precision::F16);
    let slice = slice(1);
    let (exact, rough) = (full.embed(&slice).unwrap(), half.embed(&slice).unwrap());
    let difference = max_difference(&exact.values, &rough.values);
    let prompt = SlicePrompt {
        label: Label::new(1).unwrap(),
        index: 0,
        bbox: Some(SliceBox {
            x0: 40,
            y0: 30,
            x1: 150,
            y1: 120,
        }),
        points: vec![],
    };
    let mut mask = |embedding: &Embedding| full.decode(embedding, &prompt, None).unwrap().mask;
    let same = dice(
        mask(&exact).pixels().to_vec(),
        mask(&rough).pixels().to_vec(),
    );
    println!("{device}, f16: the embedding differs by {difference:.1e}, masks: Dice {same:.5}");
    assert!(difference < 0.1 && same > 0.995, "{difference} {same}");
}

/// A batch that does not fit is halved until it does, and gives what single slices give.
#[test]
#[ignore = "needs a device: MEDICOSAM_TEST_DEVICE names it, MEDICOSAM_TEST_RUNTIME its runtime"]
fn batches_shrink_until_they_fit() {
    let (device, runtime) = device_under_test();
    let models = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    let installed = install(&test_assets().1, &request, models.path()).unwrap();
    let open = |batch, memory_limit| {
        let options = SessionOptions {
            device,
            batch,
            memory_limit,
            ..SessionOptions::default()
        };
        Sam::open(&runtime, &installed, &options).unwrap()
    };
    // A processor would take minutes for as many as a GPU needs to be measured.
    let count = if device.gpu().is_some() { 64 } else { 4 };
    let slices: Vec<SliceImage> = (0..count).map(slice).collect();
    for batch in [1, 2, 4, 8, 16].into_iter().filter(|n| *n <= slices.len()) {
        let mut sam = open(batch, None);
        drop(sam.embed_batch(&slices[..batch]).unwrap());
        let started = Instant::now();
        drop(sam.embed_batch(&slices).unwrap());
        let rate = slices.len() as f64 / started.elapsed().as_secs_f64();
        println!("{device}, batches of {batch}: {rate:.1} slices a second");
    }
    let mut narrow = open(64, Some(600 << 20));
    let together = narrow.embed_batch(&slices).unwrap();
    println!("{device}, 600 MiB: batches of {} fit", narrow.batch());
    assert_eq!(together.len(), slices.len());
    if device.gpu().is_some() {
        assert!(narrow.batch() < 64, "nothing had to be halved");
    }
    let alone = open(1, None).embed(&slices[3]).unwrap();
    let difference = max_difference(&alone.values, &together[3].values);
    assert!(difference < 1e-3, "{difference}");
}
