//! Devices, as a daemon meets them: proven, missing, refused, and real.
//!
//! The model is a toy of three convolutions, so that a GPU in software is fast enough.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_daemon::model::onnx::{Conv, Dim, GraphBuilder, Model};
use medicosam_daemon::model::{Family, PairRequest, Runtime, install_pair};
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{PromptRequest, PromptResponse, WorkerStatus};
use medicosam_shared::case::{Action, CaseDetail, CaseState};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_tests::nifti::write_scan;
use medicosam_tests::system::{SCAN, System, data_folder, lung_profile};
use medicosam_tests::waiting::{DEADLINE, until_some};
use medicosam_tests::webgpu::{DRIVER_VARIABLE, WebGpu};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Numbers that are always the same, from −0.5 to 0.5.
fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|n| ((n * 7919) % 1000) as f32 / 1000.0 - 0.5)
        .collect()
}

/// Slices of 256 × 256 to 2 channels of 64 × 64, for any number of slices; with `rounds` of
/// convolutions of 1.2 GFLOP each between, for a model that takes its time.
fn encoder(rounds: usize) -> Model {
    const WIDTH: usize = 64;
    let mut g = GraphBuilder::new("toy encoder");
    let shape = |channels, side| {
        [
            Dim::Named("batch"),
            Dim::Fixed(channels),
            Dim::Fixed(side),
            Dim::Fixed(side),
        ]
    };
    let conv = |kernel, stride, pad| Conv {
        kernel,
        stride,
        pad,
        groups: 1,
    };
    let image = g.input("image", &shape(3, 256));
    let (mut x, mut channels) = (image, 3);
    if rounds > 0 {
        let weight = g.constant(&[WIDTH, 3, 3, 3], numbers(WIDTH * 27));
        x = g.conv(x, weight, None, conv(3, 2, 1));
        for _ in 0..rounds {
            let weight = g.constant(&[WIDTH, WIDTH, 3, 3], numbers(WIDTH * WIDTH * 9));
            x = g.conv(x, weight, None, conv(3, 1, 1));
        }
        channels = WIDTH;
    }
    let patch = if rounds > 0 { 2 } else { 4 };
    let weight = g.constant(
        &[2, channels, patch, patch],
        numbers(2 * channels * patch * patch),
    );
    let x = g.conv(x, weight, None, conv(patch, patch, 0));
    g.output(x, "image_embeddings", &shape(2, 64));
    g.finish()
}

/// Four masks of 256 × 256 and their scores. Prompts are taken and ignored.
fn decoder() -> Model {
    let mut g = GraphBuilder::new("toy decoder");
    let fixed = |lengths: &[usize]| lengths.iter().map(|&n| Dim::Fixed(n)).collect::<Vec<_>>();
    let x = g.input("image_embeddings", &fixed(&[1, 2, 64, 64]));
    g.input(
        "point_coords",
        &[Dim::Fixed(1), Dim::Named("points"), Dim::Fixed(2)],
    );
    g.input("point_labels", &[Dim::Fixed(1), Dim::Named("points")]);
    g.input("mask_input", &fixed(&[1, 1, 256, 256]));
    g.input("has_mask_input", &fixed(&[1]));
    let weight = g.constant(&[64, 2, 1, 1], numbers(128));
    let masks = g.conv(x, weight, None, Conv::POINTWISE);
    let masks = g.reshape(masks, &[1, 4, 4, 4, 64, 64]);
    let masks = g.transpose(masks, &[0, 1, 4, 2, 5, 3]);
    let masks = g.reshape(masks, &[1, 4, 256, 256]);
    g.output(masks, "low_res_masks", &fixed(&[1, 4, 256, 256]));
    let iou = g.slice(x, &[1, 2, 3], &[0, 30, 30], &[1, 31, 34]);
    let iou = g.reshape(iou, &[1, 4]);
    g.output(iou, "iou_predictions", &fixed(&[1, 4]));
    g.finish()
}

/// Imports the toy model into a data folder.
fn install_toy(data: &Path, name: &str, rounds: usize) {
    let made = tempfile::tempdir().unwrap();
    let write = |model: Model, name: &str| {
        model.save(made.path(), name).unwrap();
        made.path().join(name)
    };
    let request = PairRequest {
        encoder: &write(encoder(rounds), "encoder.onnx"),
        decoder: &write(decoder(), "decoder.onnx"),
        name,
        family: Family::LiteMedSam,
        input: None,
        understands: None,
    };
    let runtime = Runtime::load(&cpu_runtime()).unwrap();
    install_pair(&request, &runtime, &data.join("models"), &mut |_| {}).unwrap();
}

/// The runtime that `medicosamd setup` fetched.
fn cpu_runtime() -> PathBuf {
    medicosam_daemon::setup::runtime_library(data_folder()).unwrap()
}

/// A system with the quick toy model on some slices of the sample, and these lines under
/// `[runtime]`.
fn system(library: &Path, runtime: &str) -> System {
    system_with(library, runtime, 0, &lung_profile(9, 12))
}

fn system_with(library: &Path, runtime: &str, rounds: usize, profile: &str) -> System {
    let profile = profile.replace("[[profile]]", "[[profile]]\nmodel = \"toy\"");
    let library = library.display();
    let mut system = System::new(&format!(
        "[runtime]\nlibrary = \"{library}\"\n{runtime}\n{profile}"
    ));
    let data = system.path("data");
    install_toy(&data, "toy", rounds);
    system.use_data(data);
    system
}

fn get(system: &System, path: &str) -> String {
    let mut stream = std::os::unix::net::UnixStream::connect(system.socket()).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Waits until the metrics have a line: they follow what they count.
fn until_metric(system: &System, line: &str) {
    until_some(|| {
        let page = get(system, "/metrics");
        let found = page.lines().any(|found| found == line);
        found.then_some(()).ok_or_else(|| format!("{line}\n{page}"))
    });
}

fn ran_on(case: &CaseDetail) -> &str {
    &case.current().unwrap().provenance.runtime.device
}

fn masks(system: &System, case: &CaseDetail) -> MaskSet {
    system.wait(system.client().masks(&case.summary.id, 1))
}

#[test]
fn without_its_device_work_waits_and_says_what_to_do() {
    let mut system = system(&cpu_runtime(), "devices = [\"cuda:0\"]");
    system.start();
    system.drop_scan(SCAN, SCAN);
    let worker = system.until_worker("the pause", |w| w.activity == Activity::Paused);
    let fault = worker.fault.unwrap();
    assert_eq!(fault.code, "no-device");
    let reason = "cuda:0 cannot be used, because this ONNX Runtime was built without it";
    assert!(fault.message.contains(reason), "{fault:?}");
    assert!(fault.hint.contains("medicosamd setup --gpu"), "{fault:?}");
    assert_eq!((worker.device, worker.pid), (None, None));
    let case = system.until_state(SCAN, CaseState::Waiting);
    let counted = case.history.iter().find(|e| e.action != Action::Identified);
    assert_eq!(counted, None, "nothing is counted against the scan");
    let said = system.medicosam(&["status"]).stdout;
    assert!(String::from_utf8_lossy(&said).contains(reason));
    system.stop();

    let once = system.medicosamd(&["run", "--oneshot"]).output().unwrap();
    assert_eq!(once.status.code(), Some(1), "a batch run ends and says no");
    assert_eq!(String::from_utf8_lossy(&once.stdout), "1 waiting\n");
}

#[test]
fn the_processor_takes_over_where_that_is_allowed_and_everybody_can_see_it() {
    let mut system = system(
        &cpu_runtime(),
        "devices = [\"cuda:1\", \"webgpu\"]\nfallback = \"cpu\"",
    );
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(ran_on(&case), "cpu");
    let worker = system.until_worker("a worker", |w| w.device.as_deref() == Some("cpu"));
    let fallback = worker.fallback.unwrap();
    assert_eq!(fallback.code, "device-fallback");
    for device in ["cuda:1", "webgpu"] {
        assert!(fallback.message.contains(device), "{fallback:?}");
    }
    until_metric(
        &system,
        r#"medicosam_worker_device_info{worker="1",device="cpu",fallback="true"} 1"#,
    );
    until_metric(
        &system,
        r#"medicosam_slice_embedding_seconds_count{device="cpu"} 3"#,
    );
}

#[test]
fn the_daemon_ends_without_its_device_where_that_is_wanted() {
    let system = system(&cpu_runtime(), "devices = [\"cuda\"]\nfallback = \"fail\"");
    let run = system.medicosamd(&["run"]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("[no-device]"), "{said}");
    assert!(
        said.contains("CUDA execution provider is not enabled"),
        "{said}"
    );
    assert!(said.contains("medicosamd setup --gpu"), "{said}");
}

#[test]
fn two_gpus_have_two_workers() {
    let mut system = system(
        &cpu_runtime(),
        "devices = [\"cuda:0\", \"cuda:3\", \"cpu\"]",
    );
    system.start();
    for (number, gpu) in [(1, "cuda:0"), (2, "cuda:3")] {
        let fell_back = |w: &WorkerStatus| w.number == number && w.fallback.is_some();
        let worker = system.until_worker("the processor", fell_back);
        assert_eq!(worker.device.as_deref(), Some("cpu"));
        assert!(worker.fallback.unwrap().message.contains(gpu));
    }
}

#[test]
fn a_worker_without_work_gives_back_its_memory_and_comes_again() {
    let mut system = system(&cpu_runtime(), "keep_alive = \"200ms\"");
    system.start();
    system.drop_scan(SCAN, SCAN);
    system.until_state(SCAN, CaseState::Review);
    let resting = |w: &WorkerStatus| w.activity == Activity::Resting && w.pid.is_none();
    assert_eq!(system.until_worker("the rest", resting).fault, None);
    system.drop_scan("mr_brain.nii.gz", "late/mr_brain.nii.gz");
    let id = system.until_state(SCAN, CaseState::Review).summary.id;
    let prompt = [
        "prompt",
        &id.0,
        "--slice",
        "10",
        "--box",
        "330,345,395,380",
        "--json",
    ];
    let prompted = system.medicosam(&prompt);
    assert!(prompted.status.success(), "{prompted:?}");
    assert_eq!(system.until_worker("the rest", resting).restarts, 0);
}

/// Slow, because a hang is only told from slow work by its length: 5 s here, so that a machine
/// under load is not taken for one that hangs.
#[test]
fn a_hung_worker_is_killed_and_the_scan_gets_one_strike() {
    let quick_to_judge = "[worker]\nhang_after = \"5s\"";
    let all_slices = lung_profile(0, 21);
    let mut system = system_with(&cpu_runtime(), quick_to_judge, 2, &all_slices);
    system.start();
    system.drop_scan(SCAN, SCAN);
    let embedding = |w: &WorkerStatus| w.progress.is_some_and(|p| p.done >= 2);
    let hung = system.until_worker("the embedding", embedding).pid.unwrap();
    kill_process(Pid::from_raw(hung.cast_signed()).unwrap(), Signal::STOP).unwrap();
    assert_eq!(system.cases()[0].state, CaseState::Embedding);

    let case = system.until_state(SCAN, CaseState::Review);
    let mut strikes = case.history.iter().filter(|e| e.action == Action::Released);
    let strike = strikes.next().unwrap();
    assert_eq!(strike.detail, "worker 1 hung: it said nothing for 5 s");
    assert_eq!(strikes.next(), None, "{:#?}", case.history);
    assert!(system.log().contains(&strike.detail));
    let worker = system.until_worker("the next one", |w| w.pid.is_some_and(|p| p != hung));
    assert_eq!((worker.restarts, worker.fault), (1, None));
    assert_eq!(case.revisions.len(), 1);
}

/// A model whose encoder never comes, as from a network share that is gone: loading it hangs.
fn install_stuck(data: &Path) {
    install_toy(data, "stuck", 0);
    let folder = data.join("models/stuck");
    let encoder = folder.join("encoder.onnx");
    std::fs::remove_file(&encoder).unwrap();
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, &encoder, FileType::Fifo, mode, 0).unwrap();
    let manifest = folder.join("model.json");
    let mut record: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    let mut files = record["files"].as_array_mut().unwrap().iter_mut();
    files.find(|file| file["name"] == "encoder.onnx").unwrap()["bytes"] = 0.into();
    std::fs::write(&manifest, record.to_string()).unwrap();
}

/// The limit is ten times as long while a model is loaded, which is when it hangs here.
#[test]
fn a_worker_whose_bulk_work_hangs_is_killed_although_it_answers_prompts() {
    let mut system = system(&cpu_runtime(), "[worker]\nhang_after = \"1s\"");
    install_stuck(&system.path("data"));
    let other_root = lung_profile(9, 12).replace("\"test\"", "\"stuck\"\nmodel = \"stuck\"")
        + "[[root]]\npath = \"stuck\"\nprofile = \"stuck\"\noutput = \"results\"\nstable_for = \"300ms\"";
    let config = system.path("medicosam.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + &other_root).unwrap();
    std::fs::create_dir(system.path("stuck")).unwrap();
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review).summary;
    system.drop_scan(SCAN, "../stuck/stuck.nii.gz");
    let stuck = system
        .until_state("stuck.nii.gz", CaseState::Embedding)
        .summary;

    let deadline = Instant::now() + DEADLINE;
    let (mut revision, mut answered) = (case.revision.unwrap(), 0);
    let strike = loop {
        let history = system.wait(system.client().case(&stuck.id.0)).history;
        if let Some(strike) = history.into_iter().find(|e| e.action == Action::Released) {
            break strike;
        }
        assert!(Instant::now() < deadline, "{}", system.log());
        let request = PromptRequest {
            revision,
            prompts: vec![SlicePrompt {
                label: Label::new(1).unwrap(),
                index: 10,
                bbox: Some(SliceBox {
                    x0: 320,
                    y0: 335,
                    x1: 400,
                    y1: 396,
                }),
                points: vec![],
            }],
            boxes: Vec::new(),
            propagation: None,
        };
        match system.wait(system.client().prompt(&case.id, &request)) {
            PromptResponse::Revised {
                revision: newer, ..
            } => revision = newer,
            other => panic!("{other:?}\n{}", system.log()),
        }
        answered += 1;
    };
    assert_eq!(strike.detail, "worker 1 hung: it said nothing for 10 s");
    assert!(answered > 1, "prompts were answered meanwhile: {answered}");
}

#[test]
fn a_better_device_takes_over_when_it_works_again() {
    let Some(webgpu) = WebGpu::get() else { return };
    let mut system = system(
        &webgpu.library(),
        "devices = [\"webgpu\"]\nfallback = \"cpu\"\nretry_after = \"500ms\"",
    );
    // The driver is not there yet.
    let driver = system.path("driver");
    let mut installed = None;
    for (name, value) in webgpu.variables() {
        if name == DRIVER_VARIABLE {
            system.set_variable(name, driver.join(value.file_name().unwrap()));
            installed = value.parent().map(Path::to_owned);
        } else {
            system.set_variable(name, value);
        }
    }
    system.start();
    system.drop_scan(SCAN, SCAN);
    assert_eq!(ran_on(&system.until_state(SCAN, CaseState::Review)), "cpu");
    let fell_back = |w: &WorkerStatus| w.device.as_deref() == Some("cpu") && w.fallback.is_some();
    let worker = system.until_worker("the processor", fell_back);
    assert!(worker.fallback.unwrap().message.contains("webgpu"));

    std::os::unix::fs::symlink(installed.unwrap(), &driver).unwrap();
    // Nothing is in hand, so the worker makes way at once.
    system.until_worker("its end", |w| w.activity == Activity::Resting);
    let later = system.path("incoming/later.part");
    write_scan(&later, [420, 420, 13], 5.0, |i, j, k| (i + j + k) as i16);
    std::fs::rename(&later, later.with_extension("nii")).unwrap();
    let case = system.until_state("later.nii", CaseState::Review);
    assert_eq!(ran_on(&case), "webgpu", "{}", system.log());
    let worker = system.until_worker("a worker", |w| w.device.as_deref() == Some("webgpu"));
    let WorkerStatus {
        fallback,
        fault,
        restarts,
        ..
    } = worker;
    assert_eq!((fallback, fault, restarts), (None, None, 0));
}

#[test]
fn a_gpu_is_proven_runs_the_model_and_is_recorded() {
    let Some(webgpu) = WebGpu::get() else { return };
    let on = |devices: &str| {
        let mut system = system(&webgpu.library(), &format!("devices = [\"{devices}\"]"));
        for (name, value) in webgpu.variables() {
            system.set_variable(name, value);
        }
        system
    };
    let mut on_gpu = on("webgpu");
    let probe = on_gpu.medicosamd(&["probe", "--json"]).output().unwrap();
    let answer: Value = serde_json::from_slice(&probe.stdout).unwrap();
    let report = &answer["devices"][0]["report"];
    assert_eq!(report["device"], "webgpu", "{answer}");
    assert!(report["difference"].as_f64().unwrap() < 1e-4, "{answer}");

    on_gpu.start();
    on_gpu.drop_scan(SCAN, SCAN);
    let case = on_gpu.until_state(SCAN, CaseState::Review);
    assert_eq!(ran_on(&case), "webgpu", "{}", on_gpu.log());
    let worker = on_gpu.until_worker("a worker", |w| w.device.as_deref() == Some("webgpu"));
    assert_eq!((worker.fallback, worker.fault), (None, None));
    until_metric(&on_gpu, r#"medicosam_revisions_total{device="webgpu"} 1"#);

    let mut on_cpu = on("cpu");
    on_cpu.start();
    on_cpu.drop_scan(SCAN, SCAN);
    let same = on_cpu.until_state(SCAN, CaseState::Review);
    assert_eq!(ran_on(&same), "cpu");
    let scores = |case: &CaseDetail| {
        let objects = &case.current().unwrap().provenance.objects;
        let slices = objects.iter().flat_map(|object| object.slices.clone());
        slices
            .map(|slice| slice.predicted_iou)
            .collect::<Vec<f32>>()
    };
    assert_eq!(scores(&case).len(), 3);
    for (gpu, cpu) in scores(&case).iter().zip(scores(&same)) {
        assert!((gpu - cpu).abs() < 1e-4, "{gpu} instead of {cpu}");
    }
    let voxels = |system: &System, case| masks(system, case).label_map().unwrap();
    let (gpu, cpu) = (voxels(&on_gpu, &case), voxels(&on_cpu, &same));
    let other = gpu.iter().zip(&cpu).filter(|(a, b)| a != b).count();
    let inside = cpu.iter().filter(|&&label| label > 0).count();
    assert!(
        inside > 1000 && other * 1000 < inside,
        "{other} of {inside}"
    );
}

/// The failure of the real CUDA build on a machine without a GPU.
#[test]
#[ignore = "needs onnxruntime-gpu (256 MB): MEDICOSAM_GPU_RUNTIME names its library"]
fn the_gpu_runtime_on_a_machine_without_one_says_what_is_missing() {
    let library = std::env::var_os("MEDICOSAM_GPU_RUNTIME").expect("MEDICOSAM_GPU_RUNTIME");
    let mut system = system(Path::new(&library), "devices = [\"tensorrt\", \"cuda\"]");
    system.start();
    let fault = system
        .until_worker("the pause", |w| w.activity == Activity::Paused)
        .fault
        .unwrap();
    assert!(
        fault.message.contains("tensorrt:0 cannot be used"),
        "{fault:?}"
    );
    assert!(fault.message.contains("cuda:0 cannot be used"), "{fault:?}");
    assert!(fault.hint.contains("CUDA 13"), "{fault:?}");
}

/// For machines with an NVIDIA GPU, after `medicosamd setup --gpu`.
#[test]
#[ignore = "needs an NVIDIA GPU: MEDICOSAM_GPU_RUNTIME names the library of onnxruntime-gpu"]
fn cuda_runs_the_model_and_is_recorded() {
    let library = std::env::var_os("MEDICOSAM_GPU_RUNTIME").expect("MEDICOSAM_GPU_RUNTIME");
    let mut system = system(
        Path::new(&library),
        "devices = [\"cuda:0\"]\n[device.cuda]\nbatch = 4\nmemory_limit = \"1 GiB\"",
    );
    system.start();
    system.drop_scan(SCAN, SCAN);
    assert_eq!(
        ran_on(&system.until_state(SCAN, CaseState::Review)),
        "cuda:0"
    );
}
