//! Going through the list without opening a case: the picture beside it, and decisions on several.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{on, quit};
use medicosam_tests::keys::ENTER;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{SCAN, System, lung_profile};
use std::thread;
use std::time::Duration;

/// How long somebody looks at a picture at least.
const LOOK: Duration = Duration::from_millis(800);

#[test]
fn cases_are_seen_beside_the_list_and_decided_on_together() {
    let mut system = System::new(&lung_profile(9, 12));
    let names = ["one.nii.gz", "two.nii.gz", "three.nii.gz"];
    for name in names {
        system.drop_scan(SCAN, name);
    }
    system.start();
    for name in names {
        system.until_state(name, CaseState::Review);
    }
    let size = Size::new(120, 40);
    let mut terminal =
        ScriptedTerminal::spawn(on(system.socket()), size, Profile::SIXEL_WITH_SIZES).unwrap();
    let shown = |view: &medicosam_tests::pty::View| view.pictures().len();
    terminal.wait_for("the first picture", |view| {
        shown(view) > 0 && view.contains(" of 0–20 ")
    });
    thread::sleep(LOOK);

    // What was never on the screen is not approved, but can be flagged.
    terminal.type_keys("Gvka").unwrap();
    terminal.wait_for("the refusal", |view| view.contains("None of the 2"));
    terminal.type_keys("\x1b").unwrap();

    terminal.type_keys("g").unwrap();
    let before = terminal.look(shown);
    terminal.type_keys("j").unwrap();
    terminal.wait_for("the second picture", |view| {
        shown(view) > before && view.contains(" of 0–20 ")
    });
    thread::sleep(LOOK);
    terminal.type_keys("gvja").unwrap();
    terminal.wait_for("one question for both", |view| {
        view.contains("not on the screen") || view.contains("not seen")
    });
    terminal.type_keys(ENTER).unwrap();
    let approved = |count: usize| {
        system.until("the decisions", |cases| {
            let approved = cases.iter().filter(|c| c.state == CaseState::Approved);
            (approved.count() == count).then_some(())
        });
    };
    approved(2);
    terminal.wait_for("their number", |view| view.contains("2 approved"));
    terminal.type_keys("u").unwrap();
    approved(0);
    terminal.wait_for("both back", |view| view.contains("2 taken back"));

    terminal.type_keys("Gfwrong patient\r").unwrap();
    system.until("the flag", |cases| {
        let flagged = cases.iter().filter(|c| c.state == CaseState::Flagged);
        (flagged.count() == 1).then_some(())
    });
    quit(&mut terminal);
}
