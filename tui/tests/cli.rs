//! The binary: help, version, and how it fails.

#![allow(clippy::expect_used, reason = "a test may fail")]

use clap::CommandFactory;
use medicosam_tui::cli::Cli;
use medicosam_tui::verbs::generate::ASKED_BY;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

/// The verbs, and the long options that only they have.
fn verbs() -> Vec<(String, Vec<String>)> {
    let mut command = Cli::command();
    command.build();
    let verbs = command.get_subcommands().filter(|v| v.get_name() != "help");
    let own = |verb: &clap::Command| {
        let options = verb.get_arguments().filter(|a| !a.is_global_set());
        let long = options.filter_map(|a| a.get_long());
        long.filter(|l| *l != "help").map(str::to_owned).collect()
    };
    verbs.map(|v| (v.get_name().to_owned(), own(v))).collect()
}

/// The long options of the program itself.
fn options() -> Vec<String> {
    let command = Cli::command();
    let long = command.get_arguments().filter_map(|a| a.get_long());
    long.map(str::to_owned).collect()
}

#[test]
fn the_manual_page_has_every_verb_and_every_option() {
    let output = medicosam(&["man"]);
    assert!(output.status.success());
    let page = stdout(&output).replace("\\-", "-");
    let (program, verbs_part) = page.split_once("\n.SH VERBS\n").expect("verbs");
    assert!(options().len() >= 6);
    for option in options() {
        assert!(program.contains(&format!("--{option}")), "{option}");
    }
    assert!(verbs().len() >= 14);
    for (verb, options) in verbs() {
        let heading = format!(".SS {verb}\n");
        let (_, part) = verbs_part.split_once(&heading).expect(&verb);
        let part = part.split("\n.S").next().unwrap_or_default();
        for option in options {
            assert!(
                part.contains(&format!("--{option}")),
                "{verb} --{option}\n{part}"
            );
        }
        assert!(!part.contains("--socket"), "what all have is said once");
    }
    assert_eq!(page.matches(".TH ").count(), 1);
    assert!(
        !page.contains("(1)"),
        "no pages that there are not:\n{page}"
    );
    assert!(page.contains(".SH \"EXIT STATUS\""), "{page}");
}

#[test]
fn completions_know_every_verb_and_option_and_their_shells_accept_them() {
    for shell in ["bash", "zsh", "fish"] {
        let output = medicosam(&["completions", shell]);
        assert!(output.status.success());
        accept(shell, &stdout(&output));
    }
    assert_eq!(medicosam(&["completions", "cmd"]).status.code(), Some(2));
    // The scripts ask the program.
    let offered = candidates(&[""]);
    for (verb, options) in verbs() {
        assert!(offered.contains(&verb), "{verb}: {offered:?}");
        let offered = candidates(&[&verb, "--"]);
        for option in options {
            assert!(
                offered.contains(&format!("--{option}")),
                "{verb} --{option}"
            );
        }
    }
    let offered = candidates(&["--"]);
    for option in options() {
        assert!(offered.contains(&format!("--{option}")), "--{option}");
    }
}

/// The candidates for the last of some words, as the program tells a shell.
fn candidates(words: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_medicosam"))
        .args(["--", "medicosam"])
        .args(words)
        .env(ASKED_BY, "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n")
        .env("MEDICOSAM_DATA", "/nonexistent/medicosam")
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

/// Lets the shell read the script without running it; says so where there is no such shell.
fn accept(shell: &str, script: &str) {
    let path = std::env::temp_dir().join(format!(
        "medicosam-completions-{}.{shell}",
        std::process::id()
    ));
    std::fs::write(&path, script).expect("a temporary file");
    let checked = Command::new(shell)
        .arg("-n")
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    std::fs::remove_file(&path).expect("the temporary file");
    match checked {
        Ok(output) => {
            assert!(output.status.success(), "{shell}: {}", stderr(&output));
            assert_eq!(stderr(&output), "", "{shell}");
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("{shell} is missing: its completions were not read by it");
        }
        Err(error) => panic!("{shell}: {error}"),
    }
}

#[test]
fn bash_completes_a_verb() {
    let script = stdout(&medicosam(&["completions", "bash"]));
    let asked = "COMP_WORDS=(medicosam appr); COMP_CWORD=1; COMP_TYPE=9; _clap_complete_medicosam medicosam appr; echo \"${COMPREPLY[@]}\"";
    let programs = Path::new(env!("CARGO_BIN_EXE_medicosam")).parent();
    let programs = programs.expect("a folder").display();
    let path = std::env::var("PATH").expect("a path");
    match Command::new("bash")
        .args(["--norc", "-c"])
        .arg(format!("{script}\n{asked}"))
        .env("PATH", format!("{programs}:{path}"))
        .output()
    {
        Ok(output) => assert_eq!(stdout(&output).trim(), "approve", "{}", stderr(&output)),
        Err(error) => eprintln!("bash cannot be started: {error}"),
    }
}
