//! A draft in the real client: visible everywhere, approved and left from anywhere; and keys that were not
//! meant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{approve, in_review, json, quit};
use medicosam_tests::keys::ESCAPE;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{SCAN, System};
use medicosam_tests::under_review::reviewable;
use std::thread;
use std::time::Duration;

const SIZE: Size = Size::new(120, 30);

/// A case with one slice, which was seen and segmented again.
fn drafted() -> (System, ScriptedTerminal) {
    let (system, _) = reviewable(10, 11);
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("its picture", |view| view.contains("seen 100%"));
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    terminal.type_keys("bLLJbs").unwrap();
    terminal.wait_for("the new mask", |view| view.contains("mask in"));
    terminal.wait_for("the mark", |view| view.row(0).contains("draft"));
    (system, terminal)
}

#[test]
fn a_draft_is_seen_in_all_layouts_and_in_lists_and_one_key_approves_it() {
    let (system, mut terminal) = drafted();
    for (key, what) in [("m", "mosaic"), ("v", "three planes"), ("v", "one slice")] {
        let shown = terminal.look(|view| view.pictures().len());
        terminal.type_keys(key).unwrap();
        terminal.wait_for(what, |view| view.pictures().len() > shown);
        assert!(terminal.look(|view| view.row(0).contains("EDIT")), "{what}");
    }
    terminal.type_keys("y").unwrap();
    terminal.wait_for("another plane", |view| view.contains("coronal"));
    terminal.type_keys("t").unwrap();
    terminal.wait_for("the way back", |view| view.contains("press the key again"));
    terminal.wait_for("the plane of the masks", |view| view.contains("axial"));
    let list = json(&system.medicosam(&["list", "--json"]));
    assert_eq!(list["cases"][0]["draft"], true, "{list}");
    let text = system.medicosam(&["list"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("draft"));

    thread::sleep(Duration::from_millis(800));
    terminal.type_keys("A").unwrap();
    terminal.wait_for("the queue", |view| view.contains("Nothing else waits"));
    let approved = system.until_state(SCAN, CaseState::Approved);
    assert_eq!(approved.summary.revision, Some(2));
    quit(&mut terminal);
}

#[test]
fn an_approval_with_a_draft_asks_what_becomes_of_it() {
    let (system, mut terminal) = drafted();
    terminal.type_keys("q").unwrap();
    terminal.wait_for("the keys for decisions", |view| view.contains("a approve"));
    assert!(terminal.look(|view| view.row(0).contains("draft")));
    approve(&mut terminal);
    terminal.wait_for("the question", |view| {
        view.contains("Your draft is not committed") && view.contains("discard and approve")
    });
    terminal.type_keys(ESCAPE).unwrap();
    terminal.wait_for("the case again", |view| view.contains("a approve"));
    approve(&mut terminal);
    terminal.wait_for("the question", |view| view.contains("commit and approve"));
    terminal.type_keys("c").unwrap();
    let approved = system.until_state(SCAN, CaseState::Approved);
    assert_eq!(approved.summary.revision, Some(2));
    quit(&mut terminal);
}

#[test]
fn text_where_none_is_asked_for_decides_nothing() {
    let (system, _) = reviewable(10, 11);
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("its picture", |view| view.contains("seen 100%"));
    thread::sleep(Duration::from_millis(800));
    terminal.type_keys("/ana\r").unwrap();
    terminal.wait_for("why", |view| view.contains("/ means nothing here"));
    thread::sleep(Duration::from_millis(800));
    terminal.type_keys("m").unwrap();
    terminal.wait_for("a key again", |view| !view.contains("/ means nothing here"));
    assert_eq!(system.cases()[0].state, CaseState::Review);
    quit(&mut terminal);
}
