//! Masks from elsewhere: drawn beside those of a case, and put up for review as they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{CaseDetail, CaseState};
use medicosam_tests::Size;
use medicosam_tests::client::{approve, json, on_case, quit};
use medicosam_tests::keys::CTRL_C;
use medicosam_tests::nifti::{mirror, read_label_map};
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{System, sample};
use medicosam_tests::under_review::reviewable;
use medicosam_tests::xterm::{self, Emulation, Xterm};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

/// A case whose first result an expert approves of, so to speak, and that was corrected for the worse since.
fn spoilt() -> (System, CaseDetail, PathBuf) {
    let (system, case) = reviewable(10, 12);
    let expert = system.path("expert.nii.gz");
    fs::copy(&case.current().unwrap().output.label_map, &expert).unwrap();
    let id = &*case.summary.id.0;
    let corrected = ["prompt", id, "--slice", "10", "--box", "330,345,390,390"];
    assert_eq!(system.medicosam(&corrected).status.code(), Some(0));
    (system, case, expert)
}

/// Asks for `medicosam reference` with JSON.
fn reference(system: &System, case: &CaseDetail, arguments: &[&str]) -> Output {
    let id = &*case.summary.id.0;
    system.medicosam(&[&["reference", id], arguments, &["--json"]].concat())
}

#[test]
fn masks_from_elsewhere_are_compared_put_up_as_they_are_and_approved() {
    let (system, case, expert) = spoilt();
    // Another tool wrote it: the same places, the columns from the other side.
    let foreign = system.path("foreign.nii");
    mirror(&expert, &foreign);
    let foreign = foreign.to_str().unwrap();

    let added = json(&reference(&system, &case, &[foreign, "--name", "expert"]));
    let found = &added["references"][0];
    assert_eq!(
        (&found["name"], &found["labels"]),
        (&"expert".into(), &[1].into())
    );
    let dice = found["objects"][0]["dice"].as_f64().unwrap();
    assert!(dice > 0.1 && dice < 1.0, "{dice}");
    let size = Size::new(120, 40);
    let mut terminal =
        ScriptedTerminal::spawn(on_case(&system, &case), size, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the case", |view| view.contains("revision 2 of 2"));
    terminal.type_keys("O").unwrap();
    let beside = format!("Dice {dice:.3} to expert");
    terminal.wait_for("how like they are", |view| view.contains(&beside));

    // Put up from a script while the client looks: the screen follows, and what it shows is approved.
    let up = json(&reference(
        &system,
        &case,
        &[foreign, "--name", "expert", "--for-review"],
    ));
    assert_eq!(up["revised"], 3, "{up}");
    assert_eq!(up["references"][0]["objects"][0]["dice"], 1.0);
    terminal.wait_for("the new revision", |view| {
        view.contains("revision 3 of 3") && view.contains("Dice 1.000 to expert")
    });
    terminal.wait_for("all of it", |view| view.contains("seen 50%"));
    terminal.type_keys("]").unwrap();
    terminal.wait_for("all of it", |view| view.contains("seen 100%"));
    approve(&mut terminal);
    terminal.wait_for("the question or the answer", |view| {
        view.contains("Y approve") || view.contains("pproved")
    });
    if terminal.look(|view| view.contains("Y approve")) {
        terminal.type_keys("Y").unwrap();
    }
    let approved = system.until_state(&case.summary.name, CaseState::Approved);
    quit(&mut terminal);

    let current = approved.current().unwrap();
    assert_eq!(
        read_label_map(current.output.label_map.as_ref()),
        read_label_map(&expert),
        "not a voxel more or less, in the scan's order"
    );
    let made = &current.provenance;
    assert_eq!(made.sources[0].sha256, found["sha256"].as_str().unwrap());
    assert!(made.sources[0].used.contains(&made.author));
    assert_eq!(made.painted.0.len(), 2, "both slices are made by hand");
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let (system, case, expert) = spoilt();
    let expert = expert.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let output = reference(&system, &case, arguments);
        let error = json(&output)["error"].clone();
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        (output.status.code().unwrap(), text("code"), text("message"))
    };
    let other = sample("mr_brain.nii.gz");
    let (status, _, _) = refused(&[other.to_str().unwrap()]);
    assert_eq!(status, 1);
    let small = system.path("small.nii");
    medicosam_tests::nifti::write_scan(&small, [4, 5, 6], 1.0, |_, _, _| 1);
    let (status, code, message) = refused(&[small.to_str().unwrap()]);
    assert_eq!((status, &*code), (1, "labels-other-grid"));
    let scan = &case.current().unwrap().provenance.scan.info.dims;
    assert!(
        message.contains("4×5×6") && message.contains(&scan.to_string()),
        "{message}"
    );
    assert_eq!(refused(&["/dev/null"]).0, 1);
    assert_eq!(refused(&["/nonexistent.nii.gz"]).0, 1);
    let (status, code, _) = refused(&["--remove", "atlas"]);
    assert_eq!((status, &*code), (1, "no-such-reference"));

    assert_eq!(
        json(&reference(&system, &case, &[expert]))["revised"],
        Value::Null
    );
    let id = &*case.summary.id.0;
    assert_eq!(system.medicosam(&["approve", id]).status.code(), Some(0));
    let (status, code, _) = refused(&[expert, "--for-review"]);
    assert_eq!((status, &*code), (4, "wrong-state"));
    let removed = json(&reference(&system, &case, &["--remove", "expert"]));
    assert_eq!(removed["references"], serde_json::json!([]));
}

/// The screenshot stays in the target folder, for a person to judge.
#[test]
fn a_reference_is_dashed_in_a_real_terminal() {
    if !xterm::can_run() {
        return;
    }
    let (system, case, expert) = spoilt();
    let added = reference(&system, &case, &[expert.to_str().unwrap()]);
    assert!(added.status.success());
    let command = on_case(&system, &case);
    let mut xterm = Xterm::spawn(command, Size::new(120, 40), Emulation::Vt340).unwrap();
    // The first object is outlined in orange, and so is its reference.
    let is_contour = |[r, g, b]: [u8; 3]| r > 195 && (120..190).contains(&g) && b < 40;
    let without = xterm.wait_for("the masks", |shot| shot.count(is_contour) > 60);
    let before = without.count(is_contour);
    xterm.type_keys("O").unwrap();
    let with = xterm.wait_for("the reference beside them", |shot| {
        shot.count(is_contour) > before + 30
    });
    let kept = concat!(env!("CARGO_TARGET_TMPDIR"), "/reference.ppm");
    fs::write(kept, with.to_ppm()).unwrap();
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}
