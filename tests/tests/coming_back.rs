//! A person leaves and comes back: the client calls, scripts wait, and the next run begins where the
//! last one ended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{in_queue, json, on, quit};
use medicosam_tests::keys::ENTER;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{SCAN, System, lung_profile};
use medicosam_tests::under_review::reviewable;
use serde_json::{Value, json as object};
use std::process::Stdio;

const SIZE: Size = Size::new(120, 30);

const PROFILE: Profile = Profile::SIXEL_WITH_SIZES;

#[test]
fn the_terminal_rings_when_a_case_comes_up_and_scripts_wait_for_it() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let late = system.medicosam(&["wait", "--for", "review", "--timeout", "1s", "--json"]);
    assert_eq!(late.status.code(), Some(6));
    assert_eq!(json(&late)["error"]["code"], "timed-out");
    assert!(
        system
            .medicosam(&["wait", "--for", "idle"])
            .status
            .success()
    );

    let waiting = on(system.socket())
        .args(["wait", "--for", "review", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = ScriptedTerminal::spawn(on(system.socket()), SIZE, PROFILE).unwrap();
    terminal.wait_for("the empty queue", |view| view.contains("No cases yet."));
    assert!(!terminal.look(|view| view.has_written("\x07")));
    system.drop_scan(SCAN, SCAN);
    terminal.wait_for("the bell", |view| view.has_written("\x07"));
    terminal.wait_for("the case", |view| view.contains("? review"));
    let waited = waiting.wait_with_output().unwrap();
    assert!(waited.status.success(), "{waited:?}");
    assert_eq!(json(&waited)["cases"][0]["name"], SCAN);
    quit(&mut terminal);

    let failed = on(system.socket())
        .args(["wait", "--for", "failed", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::fs::write(system.path("incoming/broken.nii.gz"), b"no scan").unwrap();
    let failed = failed.wait_with_output().unwrap();
    assert_eq!(json(&failed)["cases"][0]["name"], "broken.nii.gz");
}

#[test]
fn the_next_run_begins_on_the_slice_where_the_last_one_ended() {
    let (system, case) = reviewable(8, 13);
    let state = system.path("client-state");
    let client = || {
        let mut command = on(system.socket());
        command.env("XDG_STATE_HOME", &state);
        ScriptedTerminal::spawn(command, SIZE, PROFILE).unwrap()
    };
    let mut first = client();
    first.wait_for("the queue", |view| view.contains("? review"));
    first.type_keys("/state:review\r").unwrap();
    first.wait_for("the filter", |view| view.contains("/state:review"));
    first.type_keys(ENTER).unwrap();
    first.wait_for("the review", |view| view.contains("revision 1 of 1"));
    first.type_keys("]").unwrap();
    first.type_keys("gg:15\r").unwrap();
    first.wait_for("slice 15", |view| view.contains("axial 15 of "));
    quit(&mut first);

    let mut second = client();
    second.wait_for("the same slice", |view| view.contains("axial 15 of "));
    second.type_keys("q").unwrap();
    second.wait_for("the same filter", |view| view.contains("/state:review"));
    second.type_keys(ENTER).unwrap();
    second.wait_for("the review", |view| view.contains("revision 1 of 1"));
    quit(&mut second);

    // Approved meanwhile by somebody else: there is nothing to come back to.
    let id = &case.summary.id.0;
    assert!(system.medicosam(&["approve", id]).status.success());
    system.until_state(SCAN, CaseState::Approved);
    let mut third = client();
    third.wait_for("the filter", |view| {
        view.contains("No case fits the filter.")
    });
    quit(&mut third);

    // Another run elsewhere knows nothing of it.
    let mut other = in_queue(&system, SIZE, PROFILE);
    other.wait_for("no filter", |view| view.contains("✓ approved"));
    quit(&mut other);
}

#[test]
fn a_link_opens_the_slice_and_a_recording_holds_the_text_without_the_pictures() {
    let (system, case) = reviewable(8, 13);
    let recording = system.path("session.cast");
    let mut command = on(system.socket());
    command.arg("--record").arg(&recording);
    command.args(["open", &case.summary.id.0, "--slice", "12"]);
    let mut terminal = ScriptedTerminal::spawn(command, SIZE, PROFILE).unwrap();
    terminal.wait_for("slice 12", |view| view.contains("axial 12 of "));
    terminal.wait_for("the picture", |view| view.has_written("\x1bP"));
    terminal.type_keys("Y").unwrap();
    let link = format!("medicosam open {} --slice 12", case.summary.id);
    terminal.wait_for("the link", |view| view.contains(&link));
    terminal.wait_for("the clipboard", |view| view.has_written("\x1b]52;c;"));
    quit(&mut terminal);

    let recorded = std::fs::read_to_string(&recording).unwrap();
    let mut lines = recorded.lines();
    let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(
        (&header["version"], &header["width"]),
        (&object!(2), &object!(120))
    );
    let events: Vec<Value> = lines.map(|l| serde_json::from_str(l).unwrap()).collect();
    let text: String = events.iter().filter_map(|e| e[2].as_str()).collect();
    assert!(text.contains("axial 12 of "), "the text is there");
    assert!(!text.contains("\x1bP"), "no picture is");

    let mut again = on(system.socket());
    again.arg("--record").arg(&recording);
    let mut refused = ScriptedTerminal::spawn(again, SIZE, PROFILE).unwrap();
    assert_eq!(refused.wait_exit().unwrap().code(), Some(1));
}
