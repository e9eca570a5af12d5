//! A scan is dropped into a watched folder, and a person decides on its mask.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_daemon::model::embedded;
use medicosam_shared::case::{Action, CaseState};
use medicosam_shared::geometry::Plane;
use medicosam_shared::mask::dice;
use medicosam_tests::system::{System, lung_profile, sample};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};
use std::time::Instant;

/// Millilitres of a voxel of the lung scan.
const VOXEL_ML: f64 = 0.626_953_125 * 0.626_953_125 * 5.0 / 1000.0;

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Voxels of a gzipped NIfTI file with one byte or two a voxel, as numbers.
fn voxels(path: &std::path::Path) -> Vec<u16> {
    let (_, voxels) = medicosam_tests::nifti::read_label_map(path);
    voxels
}

#[test]
fn a_scan_becomes_a_label_map_a_decision_and_a_trail() {
    // By the rule that a profile has if it names none.
    let profile = lung_profile(5, 16).replace("propagation = \"every-slice\"\n", "");
    let mut system = System::new(&profile);
    system.start();
    system.drop_scan("ct_lung.nii.gz", "study 1/ct_lung.nii.gz");
    let case = system.until_state("ct_lung.nii.gz", CaseState::Review);

    // The result is right, and lies where the scan lay.
    let output = &case.current().unwrap().output;
    let folder = system.path("results/study 1");
    assert_eq!(
        output.label_map,
        folder.join("ct_lung_dseg.nii.gz").to_string_lossy()
    );
    assert_eq!(
        system.files_below("results"),
        [
            "ct_lung_dseg.json",
            "ct_lung_dseg.nii.gz",
            "ct_lung_dseg.tsv"
        ]
        .map(|f| format!("study 1/{f}"))
    );
    let ours = voxels(&folder.join("ct_lung_dseg.nii.gz"));
    let expert = voxels(&sample("ct_lung_label.nii.gz"));
    let found = dice(ours.iter().map(|&v| v == 1), expert.iter().map(|&v| v == 1));
    assert!(found >= 0.88, "Dice {found}");

    // The provenance says how it came about; the table names the object.
    let record: Value =
        serde_json::from_slice(&fs::read(folder.join("ct_lung_dseg.json")).unwrap()).unwrap();
    let text = record.to_string();
    for expected in [
        case.sha256.as_str(),
        &format!("litemedsam-{}", embedded::SHA256),
        "cpu",
        "tumour",
        "predicted_iou",
        r#""propagation":"agreement""#,
        "agreement",
        "quality",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let table = fs::read_to_string(folder.join("ct_lung_dseg.tsv")).unwrap();
    assert!(table.starts_with("index\tname"), "{table}");
    assert!(table.contains("\n1\ttumour"), "{table}");
    let volume = case.summary.volume_ml.unwrap();
    let found = ours.iter().filter(|&&v| v == 1).count() as f64;
    let expected = expert.iter().filter(|&&v| v == 1).count() as f64 * VOXEL_ML;
    assert!((volume - found * VOXEL_ML).abs() < 1e-3, "{volume} mL");
    assert!(
        (volume / expected - 1.0).abs() < 0.1,
        "{volume} of {expected} mL"
    );
    let prompts = &case.current().unwrap().provenance.prompts;
    assert_eq!(prompts.len(), 11, "one box on each slice");
    let made = &case.current().unwrap().provenance;
    let quality = made.quality.as_ref().unwrap();
    assert_eq!(case.summary.score, Some(quality.score));
    assert!((0.5..1.0).contains(&quality.score), "{quality:?}");
    assert_eq!(
        made.timings.slices_embedded + made.timings.slices_cached,
        11
    );
    // Some boxes on each slice, and a second look of four.
    assert!(
        (11 * 10..=11 * 16).contains(&made.timings.decodes),
        "{:?}",
        made.timings
    );
    let shown = made.shown.unwrap();
    assert_eq!((shown.left, shown.top), ('R', 'A'));

    // A person looks at it, changes a slice, and approves what came of it.
    let id = case.summary.id.0.as_str();
    let slice = system.wait(system.client().slice(&case.summary.id, Plane::Axial, 10));
    assert_eq!((slice.shape.width, slice.shape.height), (512, 512));
    let before = system.wait(system.client().masks(&case.summary.id, 1));
    let started = Instant::now();
    let prompted = json(&system.medicosam(&[
        "prompt",
        id,
        "--slice",
        "10",
        "--box",
        "330,345,395,390",
        "--json",
    ]));
    println!("re-prompt by the command line: {:?}", started.elapsed());
    assert_eq!(prompted["revision"], 2, "{prompted}");
    let after = system.wait(system.client().masks(&case.summary.id, 2));
    assert_eq!(
        system.wait(system.client().masks(&case.summary.id, 1)),
        before,
        "never overwritten"
    );
    let label = after.objects[0].label;
    for index in 5..16 {
        let at = |masks: &medicosam_shared::mask::MaskSet| {
            masks.object(label).unwrap().slices.get(&index).cloned()
        };
        assert_eq!(at(&before) == at(&after), index != 10, "slice {index}");
    }
    let written = voxels(&folder.join("ct_lung_dseg.nii.gz"));
    assert_eq!(
        written,
        after.label_map().unwrap(),
        "the file holds the newest revision"
    );

    let refused = system.medicosam(&["approve", id, "--revision", "1", "--json"]);
    assert_eq!(
        refused.status.code(),
        Some(4),
        "that revision is not the current one"
    );
    let approved = json(&system.medicosam(&["approve", id, "--revision", "2", "--json"]));
    assert_eq!(approved["state"], "approved", "{approved}");

    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let shown = system.wait(system.client().case(id));
    let trail: Vec<(Action, &str)> = shown
        .history
        .iter()
        .map(|e| (e.action, e.who.as_str()))
        .collect();
    assert_eq!(
        trail,
        [
            (Action::Identified, "daemon"),
            (Action::Claimed, "worker 1"),
            (Action::Stage, "worker 1"),
            (Action::Revised, "profile test"),
            (Action::Prompted, user.trim()),
            (Action::Claimed, "worker 1"),
            (Action::Revised, user.trim()),
            (Action::Approved, user.trim()),
        ]
    );
    let timings = &shown.current().unwrap().provenance.timings;
    assert_eq!(timings.slices_embedded, 0, "the embedding was kept");
    assert_eq!(timings.slices_cached, 1);
    system.stop();
}

#[test]
fn a_file_is_not_touched_before_it_is_finished() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    // Pauses shorter than the time after which a file counts as finished, many of them.
    let pauses = [std::time::Duration::from_millis(100); 15];
    system.export_slowly("ct_lung.nii.gz", "slow.nii.gz", &pauses);
    let case = system.until_state("slow.nii.gz", CaseState::Review);
    assert_eq!(system.cases().len(), 1, "nothing was read half");
    let claims = case.history.iter().filter(|e| e.action == Action::Claimed);
    assert_eq!(claims.count(), 1);
}

#[test]
fn an_exporter_that_stalls_leaves_no_trace_once_it_has_finished() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let bytes = fs::read(sample("ct_lung.nii.gz")).unwrap();
    let path = system.path("incoming/stalled.nii.gz");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let half = system.until_state("stalled.nii.gz", CaseState::Failed);
    let fault = half.summary.fault.unwrap();
    assert!(
        !fault.message.is_empty() && !fault.hint.is_empty(),
        "{fault:?}"
    );
    assert_eq!(
        fs::read(&path).unwrap().len(),
        bytes.len() / 2,
        "left as it is"
    );
    fs::write(&path, &bytes).unwrap();
    let whole = system.until_state("stalled.nii.gz", CaseState::Review);
    assert_ne!(whole.summary.id, half.summary.id);
    assert_eq!(system.cases().len(), 1, "the half one is off the list");
}

#[test]
fn one_shot_deals_with_what_is_there_and_ends() {
    let system = System::with_output(&lung_profile(10, 11), "incoming/results");
    system.drop_scan("ct_lung.nii.gz", "a.nii.gz");
    system.drop_scan("ct_lung.nii.gz", "same content.nii.gz");
    let run = |expected_ok: bool| {
        let output = system.medicosamd(&["run", "--oneshot"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), expected_ok, "{text}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(true), "2 review\n");
    let results = system.files_below("incoming/results");
    assert_eq!(results.len(), 6, "each name has its results: {results:?}");

    // What was written into the watched folder is not taken for a scan, and nothing is done twice.
    let written = fs::metadata(system.path("incoming/results").join(&results[1])).unwrap();
    assert_eq!(run(true), "2 review\n");
    let again = fs::metadata(system.path("incoming/results").join(&results[1])).unwrap();
    assert_eq!(written.modified().unwrap(), again.modified().unwrap());

    fs::write(system.path("incoming/broken.nii"), "not a scan").unwrap();
    assert_eq!(run(false), "2 review, 1 failed\n");
    fs::remove_file(system.path("incoming/broken.nii")).unwrap();
    assert_eq!(run(true), "2 review\n", "a file that is gone fails nobody");
}

#[test]
fn bad_files_become_failed_cases_with_a_reason_and_stay_where_they_are() {
    let mut system = System::new(&lung_profile(10, 11));
    let whole = fs::read(sample("mr_brain.nii.gz")).unwrap();
    let bad: [(&str, &[u8]); 4] = [
        ("empty.nii.gz", b""),
        (
            "page.nii.gz",
            b"<!DOCTYPE html><html><body>Log in</body></html>",
        ),
        ("cut.nii.gz", &whole[..whole.len() - 1000]),
        ("evil\u{1b}[2J.nii", b"\x5c\x01\x00\x00"),
    ];
    for (name, bytes) in bad {
        fs::write(system.path("incoming").join(name), bytes).unwrap();
    }
    // The prompts of this profile lie outside this scan.
    system.drop_scan("mr_brain.nii.gz", "small.nii.gz");
    system.start();
    system.until("five failures", |cases| {
        (cases
            .iter()
            .filter(|c| c.state == CaseState::Failed)
            .count()
            == 5)
            .then_some(())
    });
    for case in system.cases() {
        let fault = case.fault.unwrap();
        assert!(
            !fault.code.is_empty() && !fault.hint.is_empty(),
            "{fault:?}"
        );
        println!(
            "{:<20} {:<20} {}",
            case.name.escape_debug(),
            fault.code,
            fault.message
        );
    }
    let small = system
        .until_state("small.nii.gz", CaseState::Failed)
        .summary
        .fault
        .unwrap();
    assert_eq!(small.code, "prompt-outside");
    for expected in ["\"test\"", "\"tumour\"", "405", "256×256×25"] {
        assert!(
            small.message.contains(expected),
            "{expected} in {}",
            small.message
        );
    }
    for (name, bytes) in bad {
        assert_eq!(fs::read(system.path("incoming").join(name)).unwrap(), bytes);
    }
    // The queue on a terminal is not at the mercy of file names.
    let list = system.medicosam(&["list"]);
    assert!(list.status.success());
    assert!(
        !list.stdout.contains(&0x1b),
        "{}",
        String::from_utf8_lossy(&list.stdout)
    );
}
