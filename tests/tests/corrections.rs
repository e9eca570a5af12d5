//! A point corrects the mask that is there, and what hands make stays and can be taken back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseId;
use medicosam_shared::mask::{MaskSet, Rle, SliceMask};
use medicosam_shared::place::{Label, Place};
use medicosam_shared::provenance::Provenance;
use medicosam_tests::system::{System, data_folder, program, sample};
use medicosam_tests::under_review::reviewable;
use serde_json::{Value, json};
use std::process::Command;

/// Rounds of one point each.
const ROUNDS: usize = 3;

/// The Dice of each object before the first point and after each.
fn corrected(scan: &str, window: &str) -> Vec<Vec<f64>> {
    let output = Command::new(program("medicosamd"))
        .arg("eval")
        .arg(sample(&format!("{scan}.nii.gz")))
        .arg(sample(&format!("{scan}_label.nii.gz")))
        .args(["--protocol", "corrections", "--rounds", "3"])
        .args(["--window", window, "--json", "--data"])
        .arg(data_folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["scans"][0]["corrections"].as_array().unwrap();
    let rounds = |row: &Value| -> Vec<f64> {
        let values = row["dice"].as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    };
    rows.iter().map(rounds).collect()
}

#[test]
fn each_point_in_the_largest_error_makes_results_better() {
    let mut objects = corrected("mr_brain", "{ percentile = [0.5, 99.5] }");
    objects.extend(corrected("ct_lung", "{ level = -600, width = 1500 }"));
    println!("{objects:.3?}");
    let mean = |round: usize| {
        let sum: f64 = objects.iter().map(|rounds| rounds[round]).sum();
        sum / objects.len() as f64
    };
    for round in 1..=ROUNDS {
        assert!(
            mean(round) > mean(round - 1),
            "round {round}: {objects:.3?}"
        );
        for rounds in &objects {
            assert!(
                rounds[round] > rounds[round - 1] - 0.03,
                "round {round}: {objects:.3?}"
            );
        }
    }
}

fn masks(system: &System, id: &CaseId, revision: u32) -> MaskSet {
    system.wait(system.client().masks(id, revision))
}

fn runs(masks: &MaskSet, index: u32) -> Rle {
    let slices = &masks.object(Label::MIN).unwrap().slices;
    slices.get(&index).cloned().unwrap_or_default()
}

fn provenance(system: &System, id: &CaseId) -> Provenance {
    let case = system.wait(system.client().case(&id.0));
    case.current().unwrap().provenance.clone()
}

/// Runs a verb on a case: its exit status and what it printed.
fn verb(system: &System, verb: &str, id: &CaseId, arguments: &[&str]) -> (i32, Value) {
    let output = system.medicosam(&[&[verb, &id.0, "--json"], arguments].concat());
    let status = output.status.code().unwrap();
    (status, serde_json::from_slice(&output.stdout).unwrap())
}

/// A pixel of a mask in its first row.
fn first_pixel(masks: &MaskSet, index: u32) -> (u32, u32) {
    let shape = masks.dims.slice_shape(masks.axis);
    let mask: SliceMask = runs(masks, index).to_mask(shape).unwrap();
    let bounds = mask.bounds().unwrap();
    let x = (bounds.x0..bounds.x1).find(|&x| mask.get(x, bounds.y0));
    (x.unwrap(), bounds.y0)
}

#[test]
fn a_point_takes_away_what_it_points_at_and_nothing_else() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    let before = masks(&system, id, 1);
    let (x, y) = first_pixel(&before, 10);
    let point = format!("{x},{y},-");
    let (status, answer) = verb(&system, "prompt", id, &["--slice", "10", "--point", &point]);
    assert_eq!((status, &answer["revision"]), (0, &json!(2)));
    let change = &answer["changes"][0];
    assert_eq!(change["before"], json!(runs(&before, 10).area()));
    let after = masks(&system, id, 2);
    assert_eq!(change["after"], json!(runs(&after, 10).area()));
    let (was, is) = (runs(&before, 10), runs(&after, 10));
    assert_eq!(is.overlap(&was), is.area(), "nothing is added");
    assert!(
        is.area() * 2 > was.area(),
        "{} of {}",
        is.area(),
        was.area()
    );
    for index in [9, 11] {
        assert_eq!(runs(&after, index), runs(&before, index));
    }
    let made = provenance(&system, id);
    let asked = &made.prompts[0];
    assert!(asked.bbox.is_some() && made.drawn[0].bbox.is_none());
    assert!(asked.points.contains(&made.drawn[0].points[0]));

    let nothing = ["--slice", "2", "--point", "5,5,-"];
    for refused in [
        verb(&system, "prompt", id, &nothing),
        verb(&system, "draft", id, &[&["segment"], &nothing[..]].concat()),
    ] {
        let code = &refused.1["error"]["code"];
        assert_eq!((refused.0, code), (1, &json!("nothing-to-correct")));
    }
}

#[test]
fn what_hands_make_stays_and_everything_can_be_put_back() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    let first = masks(&system, id, 1);
    let draft = |arguments: &[&str]| {
        let (status, answer) = verb(&system, "draft", id, arguments);
        assert_eq!(status, 0, "{arguments:?}: {answer}");
        answer
    };
    draft(&["paint", "--slice", "10", "--disc", "20,20,2"]);
    draft(&["clear", "--object", "1", "--slice", "11"]);
    let held = system.wait(system.client().draft(id)).draft.unwrap();
    let seen = held.masks(&first);
    assert_eq!(draft(&["commit"])["revision"], json!(2));
    let second = masks(&system, id, 2);
    assert_eq!(second, seen, "what was seen is what is kept");
    let disc = runs(&second, 10).minus(&runs(&first, 10));
    assert!(disc.area() > 20 && runs(&second, 11).is_empty());
    let made = provenance(&system, id);
    let place = |index| Place::new(Label::MIN, index);
    assert_eq!(made.painted.at(place(10)).unwrap().set, disc);
    assert!(made.edited.contains(&place(11)));

    let (status, _) = verb(
        &system,
        "prompt",
        id,
        &["--slice", "10", "--box", "318,333,405,399"],
    );
    assert_eq!(status, 0);
    let third = masks(&system, id, 3);
    assert_eq!(
        runs(&third, 10).overlap(&disc),
        disc.area(),
        "prompts answer around it"
    );

    draft(&["copy", "--slice", "10", "--to", "12"]);
    draft(&["restore", "--revision", "1"]);
    assert_eq!(draft(&["commit"])["revision"], json!(4));
    assert_eq!(masks(&system, id, 4), first);
    let made = provenance(&system, id);
    assert!(
        made.painted.is_empty() && made.edited.is_empty(),
        "as it was then"
    );
}
