//! What is embedded, when, how often, and what is kept of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::activity::Activity;
use medicosam_shared::api::{PromptRequest, PromptResponse, WorkerStatus};
use medicosam_shared::case::{Action, CaseDetail, CaseState};
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_shared::provenance::{ObjectResult, Timings};
use medicosam_tests::nifti::write_scan;
use medicosam_tests::system::{System, lung_profile};
use medicosam_tests::waiting::until;
use std::time::{Duration, Instant};

/// A profile with a box on the slices `first..end` of the phantoms below.
fn profile(first: u32, end: u32) -> String {
    format!(
        r#"
[[profile]]
name = "test"

[[profile.object]]
label = 1
name = "disc"
box = {{ min = [10, 10, {first}], max = [40, 40, {end}] }}
"#
    )
}

/// A scan of 48 × 48 pixels whose slices hold air (`None`) or a disc of a radius.
fn phantom(system: &System, name: &str, thickness: f32, slices: &[Option<i32>]) {
    let inside = |i: u16, j: u16, k: u16| {
        let (x, y) = (i32::from(i) - 24, i32::from(j) - 24);
        slices[usize::from(k)].is_some_and(|radius| x * x + y * y < radius * radius)
    };
    let path = system.path("incoming").join(name);
    let hidden = path.with_extension("part");
    let dims = [48, 48, slices.len() as u16];
    write_scan(&hidden, dims, thickness, |i, j, k| {
        i16::from(inside(i, j, k)) * 1000
    });
    std::fs::rename(hidden, path).unwrap();
}

fn timings(case: &CaseDetail) -> Timings {
    case.current().unwrap().provenance.timings
}

fn embeddings(system: &System) -> usize {
    let files = system.files_below("embeddings");
    files.iter().filter(|f| f.ends_with(".embedding")).count()
}

fn worker(system: &System) -> WorkerStatus {
    system.until_worker("a worker", |_| true)
}

fn prompt(system: &System, case: &CaseDetail, index: u32) -> CaseDetail {
    let request = PromptRequest {
        revision: case.summary.revision.unwrap(),
        prompts: vec![SlicePrompt {
            label: Label::new(1).unwrap(),
            index,
            bbox: Some(SliceBox {
                x0: 12,
                y0: 12,
                x1: 36,
                y1: 36,
            }),
            points: vec![],
        }],
        boxes: Vec::new(),
        propagation: None,
    };
    let id = &case.summary.id;
    let answer = system.wait(system.client().prompt(id, &request));
    assert!(
        matches!(answer, PromptResponse::Revised { .. }),
        "{answer:?}"
    );
    system.wait(system.client().case(&id.0))
}

#[test]
fn what_looks_the_same_is_embedded_once_and_the_rest_follows_when_nothing_else_is_due() {
    let mut system = System::with_cache(&profile(3, 5), "");
    system.start();
    let slices = [
        None,
        None,
        None,
        Some(10),
        Some(12),
        Some(14),
        Some(10),
        None,
    ];
    phantom(&system, "first.nii", 3.0, &slices);
    let first = system.until_state("first.nii", CaseState::Review);
    let Timings {
        slices_embedded,
        slices_cached,
        ..
    } = timings(&first);
    assert_eq!(
        (slices_embedded, slices_cached),
        (2, 0),
        "only what is prompted"
    );

    // Air and three discs.
    until("work ahead", || worker(&system).activity == Activity::Ahead);
    let shown = worker(&system);
    if shown.activity == Activity::Ahead {
        assert_eq!(shown.case.as_ref(), Some(&first.summary.id));
        assert_eq!(shown.progress.unwrap().total, 8);
    }
    until("the rest", || worker(&system).activity == Activity::Idle);
    assert_eq!(embeddings(&system), 4);
    let later = system.wait(system.client().case(&first.summary.id.0));
    assert_eq!(
        later.history.len(),
        first.history.len(),
        "nothing happened to the case"
    );
    assert_eq!(later.summary.state, CaseState::Review);
    for index in [0, 5, 7] {
        let before = system.wait(system.client().case(&first.summary.id.0));
        let prompted = timings(&prompt(&system, &before, index));
        assert_eq!(
            (
                prompted.slices_embedded,
                prompted.slices_cached,
                prompted.load_s
            ),
            (0, 1, 0.0),
            "slice {index}"
        );
    }

    // The same slices in another scan.
    phantom(&system, "second.nii", 4.0, &slices);
    let second = timings(&system.until_state("second.nii", CaseState::Review));
    assert_eq!((second.slices_embedded, second.slices_cached), (0, 2));
    assert_eq!(embeddings(&system), 4);
    system.stop();
}

#[test]
fn slices_that_are_embedded_together_are_those_that_are_embedded_one_by_one() {
    // The second and the last look the same; the batches are of two and one.
    let slices = [Some(8), Some(10), Some(12), Some(10)];
    let segment = |settings: &str| {
        let mut system = System::new(&(profile(0, 4) + settings));
        system.start();
        phantom(&system, "scan.nii", 3.0, &slices);
        let case = system.until_state("scan.nii", CaseState::Review);
        system.stop();
        case.current().unwrap().provenance.clone()
    };
    let (single, batched) = (segment(""), segment("[device.cpu]\nbatch = 2"));
    assert_eq!(batched.timings.slices_embedded, 3);
    assert_eq!(batched.timings.slices_cached, 1);
    let areas = |objects: &[ObjectResult]| -> Vec<u64> {
        objects[0].slices.iter().map(|slice| slice.area).collect()
    };
    assert!(areas(&single.objects).iter().all(|&area| area > 50));
    assert_eq!(areas(&batched.objects), areas(&single.objects));
}

#[test]
fn slices_are_embedded_together_ahead_of_need_too() {
    let settings = profile(0, 1) + "[device.cpu]\nbatch = 2";
    let mut system = System::with_cache(&settings, "");
    system.start();
    // The batches are (10, 12) and (10, air); the 10 is there already by then.
    let slices = [Some(8), Some(10), Some(12), Some(10), None];
    phantom(&system, "scan.nii", 3.0, &slices);
    let case = system.until_state("scan.nii", CaseState::Review);
    until("the rest", || {
        embeddings(&system) == 4 && worker(&system).activity == Activity::Idle
    });
    let areas = |index: u32| -> u64 {
        let before = system.wait(system.client().case(&case.summary.id.0));
        let prompted = prompt(&system, &before, index);
        assert_eq!(timings(&prompted).slices_cached, 1, "slice {index}");
        let objects = &prompted.current().unwrap().provenance.objects;
        let slice = objects[0].slices.iter().find(|s| s.index == index);
        slice.unwrap().area
    };
    let (small, large, same) = (areas(1), areas(2), areas(3));
    assert!(50 < small && small < large, "{small} {large}");
    assert_eq!(small, same);
    system.stop();
}

#[test]
fn masks_do_not_depend_on_who_embedded_the_slice_first() {
    let half = "[device.cpu]\nprecision = \"f16\"";
    let mut system = System::new(&(profile(0, 1) + half));
    system.start();
    phantom(&system, "scan.nii", 3.0, &[Some(10)]);
    let case = system.until_state("scan.nii", CaseState::Review);
    let precision = |case: &CaseDetail| {
        let provenance = &case.current().unwrap().provenance;
        provenance.runtime.precision.clone()
    };
    assert_eq!(precision(&case), "f16");
    let again = prompt(&system, &case, 0);
    assert_eq!(timings(&again).slices_cached, 1);
    system.stop();

    system.configure("f16", "f32");
    system.start();
    let exact = prompt(&system, &again, 0);
    assert_eq!(precision(&exact), "f32");
    assert_eq!(timings(&exact).slices_embedded, 1);
    assert_eq!(embeddings(&system), 2);
    let again = prompt(&system, &exact, 0);
    assert_eq!(timings(&again).slices_cached, 1);
    system.stop();
}

#[test]
fn the_cache_keeps_to_its_limit_and_cases_do_without_it() {
    // Room for two embeddings of 2.1 MB; less a twentieth, still.
    let mut system = System::with_cache(&profile(0, 4), "max = \"5 MB\"");
    system.start();
    let slices = [Some(8), Some(10), Some(12), Some(14)];
    phantom(&system, "small.nii", 3.0, &slices);
    let case = system.until_state("small.nii", CaseState::Review);
    assert_eq!(timings(&case).slices_embedded, 4);
    assert_eq!(embeddings(&system), 2);
    let prompted = timings(&prompt(&system, &case, 0));
    assert_eq!(
        prompted.slices_embedded, 1,
        "it had to go, and was embedded again"
    );
    assert_eq!(embeddings(&system), 2);
    system.stop();

    // A cache that cannot be written to.
    let mut system = System::new(&profile(0, 1));
    std::fs::write(system.path("embeddings"), "not a folder").unwrap();
    system.start();
    phantom(&system, "small.nii", 3.0, &slices);
    let case = system.until_state("small.nii", CaseState::Review);
    let fault = worker(&system).fault.unwrap();
    assert_eq!(fault.code, "cache-not-written", "{fault:?}");
    assert_eq!(timings(&prompt(&system, &case, 3)).slices_embedded, 1);
}

#[test]
fn people_wait_for_one_slice_at_most_while_a_long_scan_is_embedded() {
    let mut system = System::new(&profile(0, 1));
    system.start();
    phantom(&system, "person.nii", 3.0, &[Some(8), Some(10)]);
    let case = system.until_state("person.nii", CaseState::Review);

    // The long scan has a profile of its own, as everything here has the same.
    system.stop();
    system.configure("40, 1] }", "40, 10] }");
    system.start();
    let radii: Vec<Option<i32>> = (5..15).map(Some).collect();
    phantom(&system, "long.nii", 3.0, &radii);
    let done = || {
        let worker = worker(&system);
        worker.progress.filter(|p| p.total == 10).map(|p| p.done)
    };
    until("the long scan", || done().is_some_and(|done| done >= 1));

    // Slice 0 is embedded, slice 1 is not.
    for (index, embedded) in [(0, 0), (1, 1)] {
        let before = done().unwrap();
        let case = system.wait(system.client().case(&case.summary.id.0));
        let prompted = prompt(&system, &case, index);
        assert_eq!(timings(&prompted).slices_embedded, embedded);
        let long = system.cases().into_iter().find(|c| c.name == "long.nii");
        assert_eq!(long.unwrap().state, CaseState::Embedding, "it goes on");
        until("the long scan to go on", || done().is_some());
        let after = done().unwrap();
        assert!(after <= before + 2, "{} slices went ahead", after - before);
    }
    system.until_state("long.nii", CaseState::Review);
    system.stop();
}

/// Release figures: `cargo test --release --workspace --test embeddings -- --ignored --nocapture`
#[test]
#[ignore = "measures; wants a machine with nothing else to do, and a release build"]
fn masks_are_there_at_once() {
    let mut system = System::with_cache(&lung_profile(10, 12), "ahead = false");
    system.start();
    system.drop_scan("ct_lung.nii.gz", "person.nii.gz");
    let case = system.until_state("person.nii.gz", CaseState::Review);
    let idle = latencies(&system, &case, 60);
    println!("re-prompt, idle:           {}", quantiles(&idle));

    system.stop();
    system.configure("333, 10]", "333, 0]");
    system.configure("399, 12]", "399, 21]");
    system.start();
    for n in 0..3 {
        noisy_copy(&system, &format!("bulk{n}.nii"), 21, n);
    }
    until("bulk work", || {
        worker(&system).progress.is_some_and(|p| p.done > 0)
    });
    let loaded = latencies(&system, &case, 60);
    let still_busy = system
        .cases()
        .iter()
        .any(|c| c.state == CaseState::Embedding);
    println!("re-prompt, bulk work:      {}", quantiles(&loaded));
    assert!(still_busy, "the load ended before the measurement");
    assert!(
        p95(&idle) <= Duration::from_millis(120),
        "{}",
        quantiles(&idle)
    );
    assert!(
        p95(&loaded) <= Duration::from_millis(400),
        "{}",
        quantiles(&loaded)
    );
}

/// Release figures: `cargo test --release --workspace --test embeddings -- --ignored --nocapture`
#[test]
#[ignore = "measures; wants a machine with nothing else to do, and a release build"]
fn the_next_scan_is_read_while_this_one_is_embedded() {
    let queue = |scan_memory: &str| {
        let system = System::with_cache(&lung_profile(10, 12), "ahead = false");
        let limited = format!("[daemon]\nscan_memory = \"{scan_memory}\"");
        system.configure("[daemon]", &limited);
        for n in 0..5 {
            noisy_copy(&system, &format!("{n}.nii"), 160, n);
        }
        let status = system.medicosamd(&["run", "--oneshot"]).output().unwrap();
        assert!(status.status.success(), "{status:?}");
        // From the first claim on: finding and hashing five new files is not what is measured.
        let mut system = system;
        system.start();
        let cases = system.cases();
        let cases = cases
            .iter()
            .map(|c| system.wait(system.client().case(&c.id.0)));
        let cases: Vec<CaseDetail> = cases.collect();
        system.stop();
        let loading: f64 = cases.iter().map(|case| timings(case).load_s).sum();
        let events = cases.iter().flat_map(|case| &case.history);
        let times: Vec<_> = events
            .filter(|e| matches!(e.action, Action::Claimed | Action::Revised))
            .map(|e| e.at)
            .collect();
        let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
        (last.duration_since(*first).as_secs_f64(), loading)
    };
    let mut ratios = Vec::new();
    for _ in 0..3 {
        let (without, waited_without) = queue("0 B");
        let (with, waited_with) = queue("2 GiB");
        println!(
            "five scans of 84 MB: {without:.2} s ({waited_without:.2} s reading) one after the \
             other, {with:.2} s ({waited_with:.2} s) reading ahead"
        );
        assert!(waited_with < waited_without);
        ratios.push(with / without);
    }
    println!("ratios: {ratios:.3?}");
}

/// A scan of so many slices of the sample's size that look like nothing else.
fn noisy_copy(system: &System, name: &str, slices: u16, seed: u16) {
    let hidden = system.path("incoming").join(name).with_extension("part");
    write_scan(&hidden, [512, 512, slices], 5.0, |i, j, k| {
        let noise = i.wrapping_mul(31) ^ j.wrapping_mul(17) ^ (k * 7 + seed * 331);
        (noise % 1500) as i16 - 1000
    });
    std::fs::rename(&hidden, system.path("incoming").join(name)).unwrap();
}

/// From the request to the masks at the client's side of the socket, again and again.
fn latencies(system: &System, case: &CaseDetail, count: usize) -> Vec<Duration> {
    let id = &case.summary.id;
    let mut revision = system
        .wait(system.client().case(&id.0))
        .summary
        .revision
        .unwrap();
    let mut times: Vec<Duration> = (0..count)
        .map(|n| {
            let request = PromptRequest {
                revision,
                prompts: vec![SlicePrompt {
                    label: Label::new(1).unwrap(),
                    index: 10,
                    bbox: Some(SliceBox {
                        x0: 320,
                        y0: 335,
                        x1: 400 + (n % 4) as u32,
                        y1: 396,
                    }),
                    points: vec![],
                }],
                boxes: Vec::new(),
                propagation: None,
            };
            let started = Instant::now();
            let answer = system.wait(system.client().prompt(id, &request));
            let PromptResponse::Revised {
                revision: newer, ..
            } = answer
            else {
                panic!("{answer:?}");
            };
            revision = newer;
            system.wait(system.client().masks(id, revision));
            started.elapsed()
        })
        .collect();
    let made = system.wait(system.client().case(&id.0)).revisions;
    let made = &made[made.len() - count..];
    let parts: Vec<(Timings, f64)> = made
        .iter()
        .zip(&times)
        .map(|(made, time)| (made.provenance.timings, time.as_secs_f64()))
        .collect();
    for (what, seconds) in [
        ("in the decoder", part(&parts, |t, _| t.decode_s)),
        ("writing files", part(&parts, |t, _| t.write_s)),
        (
            "elsewhere in the worker",
            part(&parts, |t, _| t.total_s - t.decode_s - t.write_s),
        ),
        ("outside of it", part(&parts, |t, all| all - t.total_s)),
    ] {
        println!("  {what:24} {}", quantiles(&seconds));
    }
    times.sort();
    // The first one loads the decoder.
    times.pop();
    times
}

/// A part of each of the times.
fn part(of: &[(Timings, f64)], part: impl Fn(&Timings, f64) -> f64) -> Vec<Duration> {
    let mut parts: Vec<Duration> = of
        .iter()
        .map(|(timings, all)| Duration::from_secs_f64(part(timings, *all).max(0.0)))
        .collect();
    parts.sort();
    parts
}

fn p95(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 95 / 100]
}

fn quantiles(sorted: &[Duration]) -> String {
    format!(
        "p50 {:.0?}, p95 {:.0?}, longest {:.0?} of {}",
        sorted[sorted.len() / 2],
        p95(sorted),
        sorted[sorted.len() - 1],
        sorted.len()
    )
}
