//! From a few slices to many in the real client: boxes on several slices, a range, going through a stop.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{CaseDetail, CaseState};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::place::Label;
use medicosam_shared::prompt::SlicePrompt;
use medicosam_tests::Size;
use medicosam_tests::client::{in_review, json, on_case, quit};
use medicosam_tests::keys::{CTRL_C, ENTER};
use medicosam_tests::profile::Profile;
use medicosam_tests::system::System;
use medicosam_tests::under_review::reviewable;
use medicosam_tests::waiting::until;
use medicosam_tests::xterm::{self, Emulation, Xterm};

const SIZE: Size = Size::new(120, 30);

/// A brain with a tumour, in thick slices.
const BRAIN: &str = "mr_brain.nii.gz";

fn masks(system: &System, case: &CaseDetail, revision: u32) -> MaskSet {
    system.wait(system.client().masks(&case.summary.id, revision))
}

/// Dice of the object's masks in two revisions, over all slices.
fn dice(a: &MaskSet, b: &MaskSet) -> f64 {
    let (a, b) = (a.object(Label::MIN).unwrap(), b.object(Label::MIN).unwrap());
    let both: u64 = a
        .slices
        .iter()
        .filter_map(|(index, mask)| Some(mask.overlap(b.slices.get(index)?)))
        .sum();
    2.0 * both as f64 / (a.voxels() + b.voxels()) as f64
}

/// The prompts of the current revision, by slice.
fn prompts(system: &System, case: &CaseDetail) -> Vec<SlicePrompt> {
    let read = system.wait(system.client().case(&case.summary.id.0));
    let mut prompts = read.current().unwrap().provenance.prompts.clone();
    prompts.sort_by_key(|prompt| prompt.index);
    prompts
}

#[test]
fn boxes_on_two_slices_give_what_the_same_3d_box_gives() {
    let (system, case) = reviewable(10, 11);
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("its picture", |view| view.contains("seen 100%"));
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    // A box of 81 by 61 voxels around the cursor, and the same on the next slice.
    terminal.type_keys("HHHHKKKbLLLLLLLLJJJJJJb").unwrap();
    terminal.wait_for("the box", |view| view.contains("□"));
    terminal.type_keys("V").unwrap();
    terminal.wait_for("what is missing", |view| view.contains("on another slice"));
    terminal.type_keys("N").unwrap();
    terminal.wait_for("the next slice", |view| view.contains("axial 11 of"));
    terminal.type_keys("V").unwrap();
    terminal.wait_for("what will happen", |view| {
        view.contains("All 2 masks on 10 to 11 again") && view.contains("one 3-D box")
    });
    terminal.type_keys("v").unwrap();
    terminal.wait_for("the masks", |view| {
        view.contains("2 masks, slices 10 to 11")
    });
    terminal.type_keys("c").unwrap();
    terminal.wait_for("the revision", |view| view.contains("revision 2 of 2"));
    quit(&mut terminal);
    let drawn = masks(&system, &case, 2);
    let asked = prompts(&system, &case);
    let slices: Vec<u32> = asked.iter().map(|prompt| prompt.index).collect();
    assert_eq!(slices, [10, 11]);
    let bbox = asked[0].bbox.unwrap();
    let volume = bbox.in_volume(medicosam_shared::geometry::Axis::K, (10, 11));
    let corners: Vec<String> = volume.concat().iter().map(u32::to_string).collect();
    let id = &case.summary.id.0;
    let prompted = system.medicosam(&["prompt", id, "--box3d", &corners.join(","), "--json"]);
    assert_eq!(json(&prompted)["revision"], 3, "{prompted:?}");
    let by_verb = masks(&system, &case, 3);
    let alike = dice(&drawn, &by_verb);
    println!("Dice of screen and verb: {alike:.4}");
    assert_eq!(alike, 1.0);
}

#[test]
fn a_range_is_followed_and_a_stop_gone_through() {
    let (system, case) = reviewable(10, 11);
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("its picture", |view| view.contains("seen 100%"));
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    terminal.type_keys("HHHHKKKbLLLLLLLLJJJJJJbs").unwrap();
    terminal.wait_for("the mask", |view| view.contains("mask in"));
    terminal.type_keys("R").unwrap();
    terminal.wait_for("the question", |view| view.contains("from slice 10 to"));
    terminal.type_keys(&format!("11!{ENTER}")).unwrap();
    terminal.wait_for("how far", |view| {
        view.contains("10 → 11, to the end of the range")
    });
    terminal.type_keys("M").unwrap();
    terminal.wait_for("that it did not stop", |view| {
        view.contains("did not stop anywhere")
    });
    // Over all slices it stops at both ends, and one key goes on through the nearer one.
    terminal.type_keys("S").unwrap();
    terminal.wait_for("where it stopped", |view| {
        view.contains("goes on through the stop")
    });
    let reach = || {
        let draft = system.wait(system.client().draft(&case.summary.id)).draft;
        draft.and_then(|draft| {
            let mut steps = draft.done().iter().rev();
            steps.find_map(|step| match step {
                medicosam_shared::draft::Step::Answered(answered) => {
                    let report = answered.report.clone()?;
                    Some((report.reach()?, report.past_stop(10)?, report.through))
                }
                _ => None,
            })
        })
    };
    let ((first, last), (stop, _), _) = reach().unwrap();
    terminal.type_keys("M").unwrap();
    terminal.wait_for("that it goes on", |view| {
        view.contains(&format!("Going on through slice {stop}")) || view.contains("of ")
    });
    until("the draft to go farther", || {
        reach().is_some_and(|(reach, _, through)| {
            through.is_some() && (reach.0 <= stop && stop <= reach.1)
        })
    });
    assert!(stop < first || last < stop, "it did not reach it before");
    quit(&mut terminal);
}

#[test]
fn boxes_are_drawn_between_in_a_real_xterm() {
    if !xterm::can_run() {
        return;
    }
    let profile = r#"
[[profile]]
name = "test"
propagation = "every-slice"

[[profile.object]]
label = 1
name = "tumour"
box = { min = [90, 90, 12], max = [150, 150, 13] }
"#;
    let mut system = System::new(profile);
    system.start();
    system.drop_scan(BRAIN, BRAIN);
    let case = system.until_state(BRAIN, CaseState::Review);
    let mut command = on_case(&system, &case);
    command.env("TERM", "xterm-256color");
    let mut xterm = Xterm::spawn(command, Size::new(120, 32), Emulation::Vt340).unwrap();
    let coloured = |shot: &medicosam_tests::screenshot::Screenshot| {
        shot.count(|[r, g, b]| r > 195 && (120..190).contains(&g) && b < 40)
    };
    xterm.wait_for("the mask", |shot| coloured(shot) > 50);
    xterm.type_keys("e").unwrap();
    xterm.type_keys("HHHKKKbLLLLLLJJJJJJb").unwrap();
    let drawn = |wanted: usize| {
        let draft = system.wait(system.client().draft(&case.summary.id)).draft;
        draft.is_some_and(|draft| draft.boxes(Label::MIN).len() == wanted)
    };
    until("the box", || drawn(1));
    // The same box four slices on, moved by five voxels.
    xterm.type_keys("\x1b[6~\x1b[6~\x1b[6~\x1b[6~").unwrap();
    xterm.type_keys("HHHHHHlllllKKKKKKbLLLLLLJJJJJJb").unwrap();
    until("the other box", || drawn(2));
    xterm.type_keys("V").unwrap();
    xterm.type_keys("i").unwrap();
    let made = || {
        let draft = system.wait(system.client().draft(&case.summary.id)).draft;
        draft.is_some_and(|draft| draft.rule().is_some())
    };
    until("the masks", made);
    xterm.type_keys("c").unwrap();
    let id = &case.summary.id.0;
    let revised = system.until_case(id, "its revision", |case| case.summary.revision == Some(2));
    let rule = revised.current().unwrap().provenance.propagation;
    assert_eq!(
        rule,
        Some(medicosam_shared::propagation::Propagation::Interpolate)
    );
    let asked = prompts(&system, &case);
    assert_eq!(asked.len(), 5, "one prompt a slice");
    let left: Vec<u32> = asked.iter().map(|prompt| prompt.bbox.unwrap().x0).collect();
    assert!(
        left.is_sorted() || left.iter().rev().is_sorted(),
        "{left:?}"
    );
    assert_ne!(left.first(), left.last());
    xterm.type_keys(CTRL_C).unwrap();
    xterm.wait_exit().unwrap();
}
