//! `medicosamd eval` on the sample scans, with the real model: the rules for 3-D boxes, and the
//! protocols.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use flate2::read::MultiGzDecoder;
use medicosam_daemon::model::{InstallRequest, install, known_model};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::test_assets;

const MR: (&str, &str) = ("mr_brain", "{ percentile = [0.5, 99.5] }");
const CT: (&str, &str) = ("ct_lung", "{ level = -600, width = 1500 }");

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/data/{name}.nii.gz"))
}

struct Place {
    library: PathBuf,
    data: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let (library, checkpoint) = test_assets();
        let data = tempfile::tempdir().unwrap();
        let request = InstallRequest::from(known_model("litemedsam").unwrap());
        install(&checkpoint, &request, &data.path().join("models")).unwrap();
        Place { library, data }
    }

    /// By the model whose figures are known, unless `more` names another.
    fn run(&self, images: &Path, labels: &Path, more: &[&str]) -> Output {
        let model = match more.contains(&"--model") {
            true => &[][..],
            false => &["--model", "litemedsam"],
        };
        Command::new(env!("CARGO_BIN_EXE_medicosamd"))
            .arg("eval")
            .args([images, labels])
            .arg("--data")
            .arg(self.data.path())
            .arg("--library")
            .arg(&self.library)
            .arg("--cache")
            .arg(self.data.path().join("embeddings"))
            .args(model)
            .args(more)
            .output()
            .unwrap()
    }

    fn eval(&self, (scan, window): (&str, &str), more: &[&str]) -> Value {
        let labels = sample(&format!("{scan}_label"));
        let more = [&["--json", "--window", window][..], more].concat();
        let output = self.run(&sample(scan), &labels, &more);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Dice of a row of the 3-D protocol.
fn dice(report: &Value, start: &str, rule: &str) -> f64 {
    let rows = report["scans"][0]["volumes"].as_array().unwrap();
    let is_it = |row: &&Value| row["start"] == start && row["rule"] == rule;
    rows.iter().find(is_it).unwrap()["dice"].as_f64().unwrap()
}

#[test]
fn the_default_rule_beats_the_box_on_every_slice_and_the_one_from_the_middle() {
    let place = Place::new();
    // What it must reach leaves room for other processors.
    for (scan, least) in [(MR, 0.70), (CT, 0.88)] {
        let report = place.eval(scan, &["--protocol", "3d", "--enlarged", "3"]);
        for start in ["3-D box", "3-D box + 3"] {
            let of = |rule| dice(&report, start, rule);
            let (ours, every, middle) = (of("agreement"), of("every-slice"), of("middle-out"));
            println!(
                "{}, {start}: {ours:.3}, every slice {every:.3}, from the middle {middle:.3}",
                scan.0
            );
            assert!(ours >= least, "{}, {start}: {ours}", scan.0);
            assert!(
                ours >= every.max(middle) - 0.02,
                "{}, {start}: {ours}",
                scan.0
            );
        }
        let (times, rate) = (&report["times"], &report["decodes_per_second"]);
        assert!(times["slices_embedded"].as_u64() >= Some(7), "{times}");
        assert!(rate.as_f64().unwrap() > 0.0);
    }
}

#[test]
fn slices_are_corrected_in_rounds_and_the_same_seed_gives_the_same_figures() {
    let place = Place::new();
    let more = [
        "--protocol",
        "2d",
        "--rounds",
        "2",
        "--slices",
        "2",
        "--mask-feedback",
    ];
    let report = place.eval(MR, &more);
    let rows = report["scans"][0]["slices"].as_array().unwrap();
    assert_eq!(
        rows.len(),
        4,
        "from a point and from a box, with and without masks"
    );
    for row in rows {
        assert_eq!(row["slices"], 2);
        assert_eq!(row["dice"].as_array().unwrap().len(), 3, "{row}");
    }
    let first_box = rows.iter().find(|row| row["start"] == "box").unwrap();
    assert!(first_box["dice"][0].as_f64().unwrap() > 0.6, "{first_box}");
    let again = place.eval(MR, &more);
    assert_eq!(again["scans"], report["scans"]);
    assert_eq!(again["times"]["slices_embedded"], 0, "they were kept");

    let folder = sample("mr_brain");
    let folder = folder.parent().unwrap();
    let table = place.run(
        folder,
        folder,
        &["--protocol", "2d", "--rounds", "0", "--slices", "1"],
    );
    let table = String::from_utf8(table.stdout).unwrap();
    for expected in ["ct_lung.nii.gz", "mr_brain.nii.gz", "2-D box", "a second"] {
        assert!(table.contains(expected), "{expected} in {table}");
    }
}

/// The label map of the MR scan with its first world axis turned round: as many voxels, elsewhere.
fn mirrored_label_map() -> Vec<u8> {
    let file = File::open(sample("mr_brain_label")).unwrap();
    let mut bytes = Vec::new();
    MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    // `qform_code` off, so that `srow_x` counts; each of its numbers with the other sign.
    bytes[252..254].fill(0);
    for number in bytes[280..296].as_chunks_mut::<4>().0 {
        *number = (-f32::from_le_bytes(*number)).to_le_bytes();
    }
    bytes
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let place = Place::new();
    let said = |images: &str, labels: &str, more: &[&str]| {
        let output = place.run(&sample(images), &sample(labels), more);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let other = said("mr_brain", "ct_lung_label", &[]);
    assert!(other.contains("[labels-other-grid]"), "{other}");
    let mirrored = place.data.path().join("mirrored.nii");
    std::fs::write(&mirrored, mirrored_label_map()).unwrap();
    let output = place.run(&sample("mr_brain"), &mirrored, &[]);
    let other = String::from_utf8(output.stderr).unwrap();
    assert!(other.contains("[labels-other-grid]"), "{other}");
    let none = said("mr_brain", "mr_brain_label", &["--model", "nonesuch"]);
    assert!(none.contains("nonesuch"), "{none}");
    let window = said("mr_brain", "mr_brain_label", &["--window", "{ level = 1 }"]);
    assert!(window.contains("width"), "{window}");
    for count in ["101", "4294967295"] {
        let rounds = said("mr_brain", "mr_brain_label", &["--rounds", count]);
        assert!(rounds.contains("at most 100 rounds"), "{rounds}");
    }
    let rounds = said("mr_brain", "mr_brain_label", &["--rounds", "many"]);
    assert!(rounds.contains("not a count of rounds"), "{rounds}");
}
