//! What keeps a key from approving what nobody has looked at, in the real client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{approve, on, on_case, open_case, quit};
use medicosam_tests::keys::{ENTER, ESCAPE};
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{SCAN, System, lung_profile};
use medicosam_tests::under_review::reviewable;
use std::thread;
use std::time::Duration;

const SIZE: Size = Size::new(100, 30);

/// A box that is different for each scan, so that no profile can give it.
const WITHOUT_PROMPTS: &str = r#"
[[profile]]
name = "test"
window = { level = -600, width = 1500 }

[[profile.object]]
label = 1
name = "tumour"
"#;

/// Holds a key down, as a keyboard repeats it.
fn hold(terminal: &mut ScriptedTerminal, key: &str, presses: u32) {
    terminal.type_keys(key).unwrap();
    thread::sleep(Duration::from_millis(500));
    for _ in 1..presses {
        terminal.type_keys(key).unwrap();
        thread::sleep(Duration::from_millis(33));
    }
}

#[test]
fn a_key_that_is_held_down_approves_one_case_of_several() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    // The same scan three times is three cases.
    let names = ["one.nii.gz", "two.nii.gz", "three.nii.gz"];
    for name in names {
        system.drop_scan(SCAN, name);
    }
    for name in names {
        system.until_state(name, CaseState::Review);
    }
    let mut terminal =
        ScriptedTerminal::spawn(on(system.socket()), SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the queue", |view| view.contains("three.nii.gz"));
    open_case(&mut terminal);
    terminal.wait_for("all of it", |view| view.contains("seen 100%"));
    thread::sleep(Duration::from_millis(800));
    hold(&mut terminal, "a", 50);
    terminal.wait_for("the reason", |view| view.contains("let it go"));
    let cases = system.cases();
    let approved = cases.iter().filter(|c| c.state == CaseState::Approved);
    assert_eq!(approved.count(), 1, "{cases:#?}");
    approve(&mut terminal);
    system.until("the second one", |cases| {
        let approved = cases.iter().filter(|c| c.state == CaseState::Approved);
        (approved.count() == 2).then_some(())
    });
    quit(&mut terminal);
}

#[test]
fn a_case_without_prompts_says_so_and_is_not_approved_by_one_key() {
    let mut system = System::new(WITHOUT_PROMPTS);
    system.start();
    system.drop_scan(SCAN, SCAN);
    system.until_state(SCAN, CaseState::Review);
    let mut terminal =
        ScriptedTerminal::spawn(on(system.socket()), SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the mark in the queue", |view| {
        view.contains("needs a prompt")
    });
    open_case(&mut terminal);
    terminal.wait_for("the mark in the header", |view| {
        view.row(0).contains("needs a prompt")
    });
    terminal.wait_for("the picture", |view| !view.pictures().is_empty());
    approve(&mut terminal);
    terminal.wait_for("the question", |view| view.contains("No prompt: tumour"));
    terminal.type_keys("aaaa").unwrap();
    terminal.type_keys(ESCAPE).unwrap();
    terminal.wait_for("the hints again", |view| view.contains("a approve"));
    quit(&mut terminal);
    assert_eq!(system.cases()[0].state, CaseState::Review);
}

#[test]
fn without_pictures_nothing_counts_as_seen() {
    let (system, case) = reviewable(9, 12);
    let mut command = on_case(&system, &case);
    command.args(["--picture", "none"]);
    let mut terminal = ScriptedTerminal::spawn(command, SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("why there is none", |view| view.contains("--picture none"));
    terminal.type_keys("gjjjjjjjjjjjjjjjjjjjj").unwrap();
    terminal.wait_for("the last slice", |view| view.contains("axial 20 of 0–20"));
    terminal.wait_for("nothing seen", |view| view.row(0).contains("seen 0%"));
    approve(&mut terminal);
    terminal.wait_for("the question", |view| {
        view.contains("there are no pictures") && view.contains("Y approve")
    });
    terminal.type_keys(ENTER).unwrap();
    terminal.type_keys("Y").unwrap();
    system.until_state(SCAN, CaseState::Approved);
    quit(&mut terminal);
}

#[test]
fn a_tile_too_small_to_judge_does_not_count_as_seen() {
    let (system, case) = reviewable(5, 16);
    let small = Size::new(40, 12);
    let command = on_case(&system, &case);
    let mut terminal = ScriptedTerminal::spawn(command, small, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("one slice", |view| view.contains("seen 9%"));
    // Thirteen tiles of fifty pixels each, of whole slices.
    let shown = terminal.look(|view| view.pictures().len());
    terminal.type_keys("m=").unwrap();
    terminal.wait_for("the mosaic", |view| view.pictures().len() > shown);
    terminal.type_keys("j").unwrap();
    terminal.wait_for("another tile", |view| view.pictures().len() > shown + 1);
    assert!(terminal.look(|view| view.contains("seen 9%")));
    // One slice of them, as large as the window allows.
    terminal.type_keys("mg]").unwrap();
    terminal.wait_for("another one", |view| view.contains("seen 18%"));
    quit(&mut terminal);
}
