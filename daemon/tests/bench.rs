//! `medicosamd bench` on the real model.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::{InstallRequest, install, known_model};
use std::process::Command;
use support::test_assets;

#[test]
fn it_measures_the_machine_and_the_models_and_says_so_in_both_forms() {
    let (library, checkpoint) = test_assets();
    let data = tempfile::tempdir().unwrap();
    let request = InstallRequest::from(known_model("litemedsam").unwrap());
    install(&checkpoint, &request, &data.path().join("models")).unwrap();
    let bench = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medicosamd"));
        command.args(["bench", "--runs", "1", "--data"]);
        command.arg(data.path()).arg("--library").arg(&library);
        command.args(more).output().unwrap()
    };
    let output = bench(&["--json"]);
    assert!(output.status.success(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |at: &str| report.pointer(at).and_then(|v| v.as_f64()).unwrap_or(-1.0);
    let (rate, gflop) = (number("/gemm/gflops"), number("/models/0/gflop"));
    assert!(rate > 0.0 && (74.0..76.0).contains(&gflop), "{report}");
    let (seconds, fraction) = (
        number("/models/0/embed/median"),
        number("/models/0/fraction"),
    );
    // The rate beside it may be a lower one than the fastest.
    assert!(
        fraction >= 0.99 * gflop / seconds / rate && fraction < 3.0,
        "{report}"
    );
    for part in ["portable", "decode"] {
        assert!(
            number(&format!("/models/0/{part}/median")) > 0.0,
            "{report}"
        );
    }
    let difference = number("/models/0/difference");
    assert!((0.0..1e-4).contains(&difference), "{report}");
    let text = bench(&["litemedsam"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("litemedsam") && text.contains("GFLOP/s"),
        "{text}"
    );

    let none = bench(&["nonesuch"]);
    let said = String::from_utf8(none.stderr).unwrap();
    assert!(
        !none.status.success() && said.contains("[model-not-installed]"),
        "{said}"
    );
}
