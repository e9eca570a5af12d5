//! Prompts that come with a scan: in a sidecar, before or after it, or in a label map.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseDetail, CaseState};
use medicosam_shared::mask::dice;
use medicosam_tests::nifti::read_label_map;
use medicosam_tests::system::{SCAN, System, sample};
use serde_json::{Value, json};
use std::fs;

/// A profile that knows the tumour and leaves its place to others, before one for MR.
const PROFILE: &str = r#"
[[profile]]
name = "mr"
[profile.match]
bids = { suffix = "T1w" }

[[profile]]
name = "test"
window = "lung"

[profile.masks]
largest = true
fill_holes = true

[[profile.object]]
label = 4
name = "tumour"
"#;

fn system(profile: &str) -> System {
    let system = System::new(profile);
    system.configure("profile = \"test\"", "profile = [\"mr\", \"test\"]");
    system
}

fn write_sidecar(system: &System, first: u32, end: u32) {
    let sidecar = json!({ "object": [{
        "name": "tumour",
        "box": { "min": [318, 333, first], "max": [405, 399, end] },
    }] });
    let path = system.path("incoming/ct_lung.prompts.json");
    fs::write(path, sidecar.to_string()).unwrap();
}

/// Waits for a revision of the case.
fn until_revision(system: &System, revision: u32) -> CaseDetail {
    let id = system.until(&format!("revision {revision}"), |cases| {
        let case = cases.iter().find(|c| c.name == SCAN)?;
        let is_it = case.state == CaseState::Review && case.revision == Some(revision);
        is_it.then(|| case.id.clone())
    });
    system.wait(system.client().case(&id.0))
}

/// The slices on which the current revision has a mask.
fn masked(case: &CaseDetail) -> Vec<u32> {
    let objects = &case.current().unwrap().provenance.objects;
    let slices = objects.iter().flat_map(|object| &object.slices);
    slices.filter(|s| s.area > 0).map(|s| s.index).collect()
}

fn explain(system: &System, path: &str) -> Value {
    let path = system.path(path);
    let output = system
        .medicosamd(&["explain", &path.to_string_lossy(), "--json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn a_sidecar_counts_whether_it_comes_before_the_scan_after_it_or_changes() {
    let mut system = system(PROFILE);
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    assert!(masked(&case).is_empty(), "nobody has said where it is");
    let known = &case.current().unwrap().provenance.objects;
    assert_eq!(
        (known[0].label.get(), known[0].name.as_str()),
        (4, "tumour")
    );

    // It comes later.
    write_sidecar(&system, 9, 11);
    let case = until_revision(&system, 2);
    assert_eq!(masked(&case), [9, 10]);
    let provenance = &case.current().unwrap().provenance;
    let source = &provenance.sources[0];
    assert!(source.path.ends_with("ct_lung.prompts.json"), "{source:?}");
    assert!(provenance.masks.largest && provenance.masks.fill_holes);

    // A person changes a slice of it, then it changes.
    let id = case.summary.id.0.as_str();
    let prompted = system.medicosam(&[
        "prompt",
        id,
        "--slice",
        "10",
        "--box",
        "330,345,395,390",
        "--json",
    ]);
    assert!(prompted.status.success(), "{prompted:?}");
    let theirs = system.wait(system.client().masks(&case.summary.id, 3));
    write_sidecar(&system, 8, 12);
    let case = until_revision(&system, 4);
    assert_eq!(masked(&case), [8, 9, 10, 11]);
    let ours = system.wait(system.client().masks(&case.summary.id, 4));
    let slice = |masks: &medicosam_shared::mask::MaskSet| masks.objects[0].slices[&10].clone();
    assert_eq!(slice(&ours), slice(&theirs), "the person's slice stays");
    let asked = &case.current().unwrap().provenance.prompts;
    assert!(
        asked.iter().all(|p| p.index != 10),
        "and is not asked about"
    );

    // A restart reads it again, and finds nothing new; a decision stands whatever comes.
    system.stop();
    system.start();
    let approved = system.medicosam(&["approve", id, "--revision", "4", "--json"]);
    assert!(approved.status.success(), "{approved:?}");
    write_sidecar(&system, 5, 16);
    let noted = |case: &CaseDetail| {
        let beside = case.history.iter().filter(|e| e.action == Action::Beside);
        beside
            .map(|e| e.detail.contains("has decided"))
            .collect::<Vec<_>>()
    };
    let case = system.until_case(id, "the sidecar to be noted", |case| {
        noted(case).contains(&true)
    });
    assert_eq!(noted(&case), [false, false, true]);
    assert_eq!(case.summary.state, CaseState::Approved);
    assert_eq!(case.summary.revision, Some(4));
    system.stop();
}

#[test]
fn a_sidecar_that_is_wrong_fails_the_case_until_it_is_right() {
    let mut system = system(PROFILE);
    let path = system.path("incoming/ct_lung.prompts.json");
    fs::write(&path, r#"{"object": [{"name": "tumor"}]}"#).unwrap();
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Failed);
    let fault = case.summary.fault.unwrap();
    assert_eq!(fault.code, "prompts-unknown-object");
    for expected in ["ct_lung.prompts.json", "\"tumor\"", "\"tumour\" (4)"] {
        assert!(fault.message.contains(expected), "{}", fault.message);
    }
    write_sidecar(&system, 10, 11);
    let case = until_revision(&system, 1);
    assert_eq!(masked(&case), [10]);
    system.stop();
}

#[test]
fn boxes_come_from_a_label_map_beside_the_scan() {
    let profile = PROFILE.replace(
        "window = \"lung\"",
        "window = \"lung\"\nfrom_labels = { path = \"{stem}_seg.nii.gz\", as = \"masks\", margin = 2 }",
    );
    // The label map has label 1.
    let mut system = system(&profile.replace("label = 4", "label = 1"));
    system.drop_scan("ct_lung_label.nii.gz", "ct_lung_seg.nii.gz");
    system.drop_scan(SCAN, SCAN);

    let told = explain(&system, "incoming/ct_lung.nii.gz");
    assert_eq!(told["profile"], "test", "{told}");
    assert_eq!(told["passed_over"][0]["profile"], "mr");
    assert_eq!(told["range"]["fixed"]["low"], -1350.0);
    let used = told["sources"][0]["used"].as_str().unwrap();
    assert_eq!(used, "masks and boxes");
    let (_, expert) = read_label_map(&sample("ct_lung_label.nii.gz"));
    let plane = 512 * 512;
    let slices: Vec<usize> = expert
        .chunks_exact(plane)
        .enumerate()
        .filter_map(|(k, slice)| slice.contains(&1).then_some(k))
        .collect();
    assert_eq!(told["slices"], json!(slices));
    let first = &told["prompts"][0];
    let pixels = expert[slices[0] * plane..][..plane].iter().enumerate();
    let columns = pixels.filter(|(_, v)| **v == 1).map(|(at, _)| at % 512);
    assert_eq!(
        first["box"]["x0"],
        json!(columns.min().unwrap() - 2),
        "{first}"
    );

    system.start();
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(system.cases().len(), 1, "the label map is no scan");
    let asked: Vec<u32> = case
        .current()
        .unwrap()
        .provenance
        .prompts
        .iter()
        .map(|p| p.index)
        .collect();
    assert_eq!(json!(asked), told["slices"], "as it was explained");
    assert_eq!(case.current().unwrap().provenance.sources[0].used, used);
    system.stop();
}

/// The label map comes first, and a file of that name would be a scan.
#[test]
fn a_label_map_that_a_sidecar_names_is_no_scan() {
    let mut system = system(&PROFILE.replace("label = 4", "label = 1"));
    let sidecar = system.path("incoming/ct_lung.prompts.json");
    fs::write(sidecar, r#"{"from_labels": "{stem}_lab.nii.gz"}"#).unwrap();
    system.drop_scan("ct_lung_label.nii.gz", "ct_lung_lab.nii.gz");
    let told = explain(&system, "incoming/ct_lung_lab.nii.gz");
    assert_eq!(told["error"]["code"], "not-a-scan", "{told}");

    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(system.cases().len(), 1, "the label map is no scan");
    let sources = &case.current().unwrap().provenance.sources;
    assert!(
        sources[1].path.ends_with("ct_lung_lab.nii.gz"),
        "{sources:?}"
    );
    system.stop();
}

/// Also that the built-in model is made ready by the first program that needs it.
#[test]
fn a_model_that_understands_masks_starts_from_those_of_the_label_map() {
    let profile = PROFILE.replace(
        "window = \"lung\"",
        "window = \"lung\"\nmodel = \"litemedsam-points\"\n\
         from_labels = { path = \"{stem}_seg.nii.gz\", as = \"masks\" }",
    );
    let mut system = system(&profile.replace("label = 4", "label = 1"));
    system.drop_scan("ct_lung_label.nii.gz", "ct_lung_seg.nii.gz");
    system.drop_scan(SCAN, SCAN);
    let told = explain(&system, "incoming/ct_lung.nii.gz");
    assert_eq!(told["sources"][0]["used"], "masks and boxes", "{told}");
    assert_eq!(told["understands"]["points"], true, "{told}");

    system.start();
    let case = system.until_state(SCAN, CaseState::Review);
    let provenance = &case.current().unwrap().provenance;
    assert_eq!(provenance.model.name, "litemedsam-points");
    let masks = system.wait(system.client().masks(&case.summary.id, 1));
    let (_, expert) = read_label_map(&sample("ct_lung_label.nii.gz"));
    let found = masks.label_map().unwrap();
    let found = dice(
        found.iter().map(|&v| v == 1),
        expert.iter().map(|&v| v == 1),
    );
    assert!(found >= 0.9, "Dice {found}");
    system.stop();
}

#[test]
fn explain_says_why_nothing_would_happen() {
    let text = PROFILE.replace(
        "[profile.masks]",
        "[profile.match]\nshape = { max = [64, 64, 64] }\n[profile.masks]",
    );
    let mut system = system(&text);
    system.drop_scan(SCAN, SCAN);
    let told = explain(&system, "incoming/ct_lung.nii.gz");
    assert_eq!(
        (&told["ok"], &told["error"]["code"]),
        (&json!(false), &json!("no-profile"))
    );
    let message = told["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("not mr: there is no suffix") || message.contains("suffix is lung"),
        "{message}"
    );
    assert!(message.contains("not test: shape is [512.0"), "{message}");
    let outside = explain(&system, "medicosam.toml");
    assert_eq!(outside["error"]["code"], "not-in-a-root");

    // The daemon says the same, and looks again when it has another profile.
    system.start();
    let case = system.until_state(SCAN, CaseState::Failed);
    assert_eq!(case.summary.fault.unwrap().code, "no-profile");
    system.stop();
    system.configure("64, 64, 64", "640, 640, 64");
    system.start();
    system.until_state(SCAN, CaseState::Review);
    assert_eq!(system.cases().len(), 1);
    system.stop();
}

#[test]
fn a_sidecar_that_is_removed_leaves_what_the_profile_says() {
    // The profile knows a place of its own, which the sidecar overrules.
    let profile = format!("{PROFILE}box = {{ min = [318, 333, 12], max = [405, 399, 13] }}\n");
    let mut system = system(&profile);
    write_sidecar(&system, 9, 11);
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(masked(&case), [9, 10]);
    let id = case.summary.id.0.as_str();
    let prompted = ["prompt", id, "--slice", "10", "--box", "330,345,395,390"];
    assert!(system.medicosam(&prompted).status.success());
    let theirs = system.wait(system.client().masks(&case.summary.id, 2));

    fs::remove_file(system.path("incoming/ct_lung.prompts.json")).unwrap();
    let case = until_revision(&system, 3);
    assert_eq!(
        masked(&case),
        [10, 12],
        "the person's slice, and the profile's"
    );
    let ours = system.wait(system.client().masks(&case.summary.id, 3));
    assert_eq!(ours.objects[0].slices[&10], theirs.objects[0].slices[&10]);
    assert!(case.current().unwrap().provenance.sources.is_empty());
    system.stop();
}

#[test]
fn without_its_sidecar_a_case_that_has_nothing_else_stays_as_it_is() {
    let mut system = system(PROFILE);
    write_sidecar(&system, 9, 11);
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    let id = case.summary.id.0;
    fs::remove_file(system.path("incoming/ct_lung.prompts.json")).unwrap();
    let case = system.until_case(&id, "the reason", |case| {
        let said = case.history.last();
        said.is_some_and(|event| event.detail.contains("nothing else says where"))
    });
    let expected = (CaseState::Review, Some(1));
    assert_eq!((case.summary.state, case.summary.revision), expected);
    assert_eq!(masked(&case), [9, 10]);
    // It comes back, as it was or not.
    write_sidecar(&system, 10, 12);
    assert_eq!(masked(&until_revision(&system, 2)), [10, 11]);
    system.stop();
}

#[test]
fn boxes_on_a_few_slices_and_a_persons_3d_box_become_masks_on_all_between() {
    let mut system = system(PROFILE);
    let on = |slice: u32| json!({ "slice": slice, "min": [318, 333], "max": [405, 399] });
    let sidecar = json!({
        "propagation": "interpolate",
        "object": [{ "name": "tumour", "boxes": [on(8), on(11)] }],
    });
    let path = system.path("incoming/ct_lung.prompts.json");
    fs::write(path, sidecar.to_string()).unwrap();
    system.drop_scan(SCAN, SCAN);
    let told = explain(&system, "incoming/ct_lung.nii.gz");
    assert_eq!(told["propagation"], "interpolate", "{told}");
    let between = json!([{ "label": 4, "slices": [9, 10] }]);
    assert_eq!(told["interpolated"], between, "{told}");
    assert_eq!(told["slices"], json!([8, 9, 10, 11]));

    system.start();
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(masked(&case), [8, 9, 10, 11]);
    let id = case.summary.id.0.as_str();
    let corrected = ["prompt", id, "--box3d", "318,333,12,405,399,14"];
    let corrected = system.medicosam(&corrected);
    assert!(corrected.status.success(), "{corrected:?}");
    let case = until_revision(&system, 2);
    assert_eq!(masked(&case), [8, 9, 10, 11, 12, 13]);
    let provenance = &case.current().unwrap().provenance;
    assert_eq!(provenance.propagation.unwrap().name(), "agreement");
    let asked: Vec<u32> = provenance.prompts.iter().map(|p| p.index).collect();
    assert_eq!(asked, [12, 13]);
    let twice = ["--box3d", "1,1,3,9,9,5", "--box3d", "1,1,4,9,9,6"];
    let refused = system.medicosam(&[&["prompt", id][..], &twice].concat());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("on slice 4"), "{said}");
    system.stop();
}
