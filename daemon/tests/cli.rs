//! `medicosamd` as it is typed.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn medicosamd(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medicosamd"))
        .args(arguments)
        .arg("--data")
        .arg(folder.join("data"))
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const CONFIG: &str = r#"
[[root]]
path = "incoming"
profile = "head"
output = "results"

[[profile]]
name = "head"
window = { percentile = [0.5, 99.5] }
"#;

#[test]
fn a_configuration_is_checked_without_running_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("medicosam.toml");
    std::fs::write(&path, CONFIG).unwrap();
    let check = ["check-config", "--config", "medicosam.toml", "--json"];

    // Well written, but nothing that it names is there.
    let output = medicosamd(folder.path(), &check);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let problems = report["problems"].to_string();
    for expected in ["incoming", "ONNX Runtime"] {
        assert!(problems.contains(expected), "{expected} in {problems}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was made");

    std::fs::write(&path, CONFIG.replace("output", "ouput")).unwrap();
    let output = medicosamd(folder.path(), &check);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["error"]["code"], "config-syntax");
    let stderr = text(&output.stderr);
    assert!(stderr.contains("did you mean `output`?"), "{stderr}");
}

#[test]
fn a_daemon_without_configuration_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = medicosamd(folder.path(), &["run", "--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("config-unreadable"), "{stderr}");
    assert!(stderr.contains("--config"), "{stderr}");
}

#[test]
fn models_are_listed_before_any_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    let output = medicosamd(folder.path(), &["model", "list", "--json"]);
    let models: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(models[0]["name"], "litemedsam-points");
    assert_eq!(models[0]["state"], "known");
}

#[test]
fn the_default_model_is_carried_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = medicosamd(folder.path(), &["model", "import"]);
    assert!(output.status.success(), "{output:?}");
    let output = medicosamd(folder.path(), &["model", "show", "litemedsam-points"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("carried     in this program"), "{shown}");
    assert!(shown.contains("https://github.com/"), "{shown}");
    let output = medicosamd(
        folder.path(),
        &["model", "show", "litemedsam-points", "--json"],
    );
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["known"]["carried"], true);
}

#[test]
fn the_help_teaches() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_medicosamd"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success());
        text(&output.stdout)
    };
    let all = help(&["--help"]);
    for verb in ["run", "demo", "setup", "model", "check-config"] {
        assert!(all.contains(verb), "{verb} in {all}");
    }
    assert!(!all.contains("worker"), "not for people");
    assert!(help(&["run", "--help"]).contains("[[profile.object]]"));
}
