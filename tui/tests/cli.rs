//! The binary: help, version, and how it fails.

#![allow(clippy::expect_used, reason = "a test may fail")]

use std::process::{Command, Output};

fn medicosam(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medicosam"))
        .args(args)
        .env_remove("MEDICOSAM_SOCKET")
        .env("MEDICOSAM_DATA", "/nonexistent/medicosam")
        .output()
        .expect("the binary starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn help_teaches_by_examples() {
    let output = medicosam(&["--help"]);
    assert!(output.status.success());
    let help = stdout(&output);
    for word in [
        "Examples:",
        "approve",
        "--socket",
        "MEDICOSAM_SOCKET",
        "Exit status",
    ] {
        assert!(help.contains(word), "{word} is missing:\n{help}");
    }
    let help = stdout(&medicosam(&["prompt", "--help"]));
    assert!(
        help.contains("half-open") && help.contains("Example"),
        "{help}"
    );
}

#[test]
fn version_is_that_of_the_package() {
    let output = medicosam(&["--version"]);
    assert!(output.status.success());
    assert_eq!(
        stdout(&output),
        format!("medicosam {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_missing_daemon_is_status_3_with_what_to_do() {
    let output = medicosam(&["list"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(stdout(&output), "");
    let error = stderr(&output);
    assert!(
        error.contains("/nonexistent/medicosam/state/api.sock"),
        "{error}"
    );
    assert!(error.contains("medicosamd run"), "{error}");
}

#[test]
fn errors_are_json_on_the_standard_output_where_json_was_asked_for() {
    let output = medicosam(&["--socket", "/nonexistent/s", "approve", "3f2a", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let body: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(body["error"]["code"], "daemon-unreachable");
    assert!(stderr(&output).contains("/nonexistent/s"));
}

#[test]
fn wrong_usage_is_status_2() {
    for args in [
        &["list", "--state", "done"][..],
        &["reject", "3f2a"],
        &["reject", "3f2a", "--reason", ""],
        &["prompt", "3f2a", "--slice", "3"],
        &["prompt", "3f2a", "--slice", "3", "--box", "5,5,5,9"],
        &[
            "prompt", "3f2a", "--slice", "3", "--point", "1,2", "--label", "0",
        ],
        &["aprove", "3f2a"],
    ] {
        let output = medicosam(args);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}
