//! Two people at the same cases: each sees the other, decisions are taken back, notes are left.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseState};
use medicosam_tests::Size;
use medicosam_tests::client::{approve, in_queue, json, open_case, quit};
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::System;
use medicosam_tests::under_review::reviewable;
use serde_json::Value;

/// The client on the list of cases.
fn client(system: &System) -> ScriptedTerminal {
    in_queue(system, Size::new(140, 30), Profile::SIXEL_WITH_SIZES)
}

/// Opens the case, which has a mask on two slices.
fn open(terminal: &mut ScriptedTerminal) {
    open_case(terminal);
    terminal.wait_for("a slice with its mask", |view| view.contains("seen 50%"));
}

#[test]
fn who_else_has_a_case_open_is_shown_as_long_as_they_have() {
    let (system, case) = reviewable(10, 12);
    let mut first = client(&system);
    let mut second = client(&system);
    open(&mut first);
    second.wait_for("somebody at the case", |view| view.contains("◦ open by"));
    let status = system.wait(system.client().status());
    assert_eq!(status.viewers.len(), 1);
    assert_eq!(status.viewers[0].case, case.summary.id);

    open(&mut second);
    for terminal in [&first, &second] {
        terminal.wait_for("the other one", |view| view.row(0).contains(" too"));
    }
    // Gone with its connection, however it went.
    drop(first);
    second.wait_for("nobody else", |view| !view.row(0).contains(" too"));
    quit(&mut second);
}

#[test]
fn a_decision_is_asked_for_once_more_taken_back_and_noted_and_the_other_sees_it() {
    let (system, case) = reviewable(10, 12);
    let id = &case.summary.id.0;
    let mut first = client(&system);
    // High enough for all details of a case beside the list.
    let high = Size::new(140, 70);
    let mut second = in_queue(&system, high, Profile::SIXEL_WITH_SIZES);
    open(&mut first);
    approve(&mut first);
    first.wait_for("the warning", |view| {
        view.contains("1 of 2 slices with a mask not seen")
    });
    first.type_keys("]").unwrap();
    first.wait_for("the other slice", |view| view.contains("seen 100%"));
    approve(&mut first);
    first.wait_for("the empty queue", |view| {
        view.contains("Nothing else waits for review")
    });
    second.wait_for("the decision", |view| view.contains("✓ approved"));

    first.type_keys("u").unwrap();
    first.wait_for("the case again", |view| view.contains("is review again"));
    second.wait_for("the case up again", |view| view.contains("? review"));
    first.type_keys(".ask the surgeon\r").unwrap();
    first.wait_for("the note", |view| view.contains("Noted on"));
    second.wait_for("the note", |view| view.contains("ask the surgeon"));

    let now = system.wait(system.client().case(id));
    let since: Vec<Action> = now.history[case.history.len()..]
        .iter()
        .map(|e| e.action)
        .collect();
    assert_eq!(since, [Action::Approved, Action::Undone, Action::Noted]);
    assert_eq!(now.summary.state, CaseState::Review);
    quit(&mut first);
    quit(&mut second);
}

#[test]
fn scripts_can_do_the_same() {
    let (system, case) = reviewable(10, 12);
    let id = &*case.summary.id.0;
    let listed = |filter: &str| {
        let output = system.medicosam(&["list", "--filter", filter, "--ids"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(listed("state:review lung"), format!("{id}\n"));
    assert_eq!(listed("score<0 !by:x"), "");
    let wrong = system.medicosam(&["list", "--filter", "sate:review"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");

    let nothing = system.medicosam(&["undo", id, "--json"]);
    assert_eq!(nothing.status.code(), Some(5));
    assert_eq!(json(&nothing)["error"]["code"], "nothing-decided");
    let reason = "leaks into the vessel";
    let rejected = json(&system.medicosam(&["reject", id, "--reason", reason, "--json"]));
    assert_eq!(rejected["reason"], reason);
    assert_eq!(listed("reason:vessel"), format!("{id}\n"));
    let undone = json(&system.medicosam(&["undo", id, "--revision", "1", "--json"]));
    assert_eq!(undone["state"], "review");
    assert_eq!(undone["reason"], Value::Null);
    let noted = system.medicosam(&["note", id, "seen twice"]);
    assert!(noted.status.success(), "{noted:?}");

    // Of several, each is tried; the exit status is the worst.
    let both = system.medicosam(&["approve", "ffffffffffff", id, "--json"]);
    assert_eq!(both.status.code(), Some(1));
    let outcome = json(&both);
    assert_eq!(outcome["cases"][0]["state"], "approved");
    assert_eq!(outcome["errors"][0]["error"]["code"], "no-such-case");
    let history = system.wait(system.client().case(id)).history;
    let last: Vec<Action> = history.iter().rev().take(4).map(|e| e.action).collect();
    assert_eq!(
        last,
        [
            Action::Approved,
            Action::Noted,
            Action::Undone,
            Action::Rejected
        ]
    );
}
