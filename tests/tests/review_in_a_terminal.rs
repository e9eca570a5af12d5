//! A person reviews a case in a terminal: one scripted by the test, and a real xterm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{approve, in_review, on_case, quit};
use medicosam_tests::keys::{CTRL_C, ENTER};
use medicosam_tests::profile::Profile;
use medicosam_tests::system::SCAN;
use medicosam_tests::under_review::reviewable;
use medicosam_tests::xterm::{self, Emulation, Xterm};
use std::collections::BTreeSet;

const SIZE: Size = Size::new(100, 30);

#[test]
fn a_mask_is_prompted_again_and_approved_with_keys() {
    let (system, case) = reviewable(9, 12);
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());

    // From the cursor a box of 21 by 11 pixels: ten to the right twice, ten down.
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    let before = terminal.look(|view| view.pictures().len());
    terminal.type_keys("bLLJb").unwrap();
    terminal.wait_for("a picture with the box", |view| {
        view.pictures().len() > before
    });
    terminal.type_keys("s").unwrap();
    terminal.wait_for("the new mask", |view| view.contains("mask in"));
    terminal.type_keys("c").unwrap();
    terminal.wait_for("the new revision", |view| view.contains("revision 2 of 2"));
    let prompted = system.wait(system.client().case(&case.summary.id.0));
    assert_eq!(prompted.summary.revision, Some(2));
    let prompts = &prompted.current().unwrap().provenance.prompts;
    let bbox = prompts[0].bbox.unwrap();
    assert_eq!(
        (prompts.len(), bbox.x1 - bbox.x0, bbox.y1 - bbox.y0),
        (1, 21, 11)
    );

    terminal.wait_for("the keys for decisions", |view| view.contains("a approve"));
    // Nothing is decided before a mask of this revision was on the screen.
    terminal.wait_for("the new mask's picture", |view| view.contains("  seen "));
    // Other slices have a mask that was never on the screen: it is asked once more.
    approve(&mut terminal);
    terminal.wait_for("the warning", |view| view.contains("not seen"));
    terminal.type_keys(ENTER).unwrap();
    let approved = system.until_state(SCAN, CaseState::Approved);
    assert_eq!(approved.history.last().unwrap().revision, Some(2));
    quit(&mut terminal);
}

#[test]
fn a_terminal_without_pictures_gets_blocks_and_one_without_answers_too() {
    let (system, _) = reviewable(9, 12);
    for profile in [Profile::PLAIN, Profile::SILENT] {
        let mut terminal = in_review(&system, SIZE, profile);
        terminal.wait_for("blocks", |view| view.text().matches('▀').count() > 200);
        assert!(terminal.look(|view| view.pictures().is_empty()));
        quit(&mut terminal);
    }
}

#[test]
fn what_a_terminal_answers_late_and_what_is_pasted_decides_nothing() {
    let (system, case) = reviewable(9, 12);
    let mut terminal = in_review(&system, SIZE, Profile::SILENT);
    terminal.wait_for("blocks", |view| view.text().matches('▀').count() > 200);
    for reply in [
        "\x1bP>|XTerm(379)\x1b\\",
        "\x1bP>|tmux 3.3a\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1b[?2026;2$y",
        "\x1b[?64;1;2;6;9;15;18;21;22c",
        "\x1b]11;rgb:0000/aaaa/ffff\x1b\\",
        "\x1b[200~a\ra\x1b[201~",
    ] {
        terminal.type_keys(reply).unwrap();
    }
    quit(&mut terminal);
    let after = system.wait(system.client().case(&case.summary.id.0));
    assert_eq!(after.summary.state, CaseState::Review);
    assert_eq!(after.history.len(), case.history.len());
}

/// Whether a colour is that of the first object's contour: orange, no grey, as sixel rounds it.
fn is_contour([r, g, b]: [u8; 3]) -> bool {
    r > 195 && (120..190).contains(&g) && b < 40
}

#[test]
fn a_real_xterm_is_asked_for_its_background_and_gets_colours_for_it() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let mut command = on_case(&system, &case);
    command.env("TERM", "xterm-256color");
    for name in ["COLORTERM", "NO_COLOR", "MEDICOSAM_THEME"] {
        command.env_remove(name);
    }
    // Its own background is white; keys are in bold dark blue there.
    let size = Size::new(100, 32);
    let mut xterm = Xterm::spawn(command, size, Emulation::Vt340).unwrap();
    let hints = xterm.cells(0, 31, 100, 1).unwrap();
    let is_white = |rgb: [u8; 3]| rgb == [255; 3];
    let is_key = |[r, g, b]: [u8; 3]| r < 60 && (80..140).contains(&g) && (110..170).contains(&b);
    xterm.wait_for("keys that can be read on white", |shot| {
        let hints = shot.crop(hints);
        hints.count(is_white) > 1000 && hints.count(is_key) > 20
    });
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

#[test]
fn a_real_xterm_shows_the_slice_in_exact_greys_with_its_contour() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let command = on_case(&system, &case);
    let mut xterm = Xterm::spawn(command, Size::new(100, 32), Emulation::Vt340).unwrap();
    let middle = xterm.cells(20, 8, 30, 15).unwrap();
    // The first picture is a draft, with fewer of them.
    let shown = xterm.wait_for("a slice with a contour, in all greys", |shot| {
        shot.count(is_contour) > 60 && shot.crop(middle).greys().len() >= 20
    });

    // In the middle of the picture are the palette's greys and no others: no dithering, no
    // quantiser. Sixel gives colours in percent.
    let palette: BTreeSet<u8> = (0..32)
        .map(|n: u32| ((n * 100 + 15) / 31 * 255 / 100) as u8)
        .collect();
    let greys = shown.crop(middle).greys();
    let stray: Vec<u8> = greys
        .iter()
        .copied()
        .filter(|grey| palette.iter().all(|p| p.abs_diff(*grey) > 1))
        .collect();
    assert!(
        stray.is_empty(),
        "greys that are not of the palette: {stray:?}"
    );

    xterm.type_keys(" ").unwrap();
    xterm.wait_for("the slice without the contour", |shot| {
        shot.count(is_contour) < 60
    });
    xterm.type_keys(" ").unwrap();
    xterm.wait_for("the contour again", |shot| shot.count(is_contour) > 60);
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

/// Whether a colour is that of frames and cross-hairs: yellow.
fn is_tool([r, g, b]: [u8; 3]) -> bool {
    r > 225 && g > 210 && (40..100).contains(&b)
}

#[test]
fn a_real_xterm_shows_three_linked_planes_and_a_mosaic_with_the_mask_in_each() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let command = on_case(&system, &case);
    let mut xterm = Xterm::spawn(command, Size::new(100, 32), Emulation::Vt340).unwrap();
    xterm.wait_for("a slice with a contour", |shot| shot.count(is_contour) > 60);

    // The axial slice is above, in a frame; the two others, which are flat, lie below and have none.
    xterm.type_keys("v").unwrap();
    let axial = xterm.cells(16, 2, 44, 21).unwrap();
    let sagittal = xterm.cells(2, 24, 34, 6).unwrap();
    let coronal = xterm.cells(40, 24, 32, 6).unwrap();
    let three = xterm.wait_for("the mask in three planes", |shot| {
        [axial, sagittal, coronal].map(|area| shot.crop(area).count(is_contour) > 10) == [true; 3]
    });
    assert!(three.crop(axial).count(is_tool) > 400, "the frame");
    assert!(three.crop(coronal).count(is_tool) < 100, "no frame");

    // Four tiles or more, of which one is framed.
    xterm.type_keys("m").unwrap();
    let first = xterm.cells(2, 2, 16, 8).unwrap();
    xterm.wait_for("the mosaic", |shot| {
        shot.crop(first).count(is_contour) == 0
            && shot.count(is_contour) > 60
            && (100..2000).contains(&shot.count(is_tool))
    });

    // One coronal slice, then one filled.
    xterm.type_keys("my").unwrap();
    xterm.wait_for("one coronal slice", |shot| {
        shot.count(is_tool) == 0 && shot.count(is_contour) > 40
    });
    xterm.type_keys("o").unwrap();
    let is_tint = |[r, g, b]: [u8; 3]| r > b.saturating_add(20) && r > g;
    xterm.wait_for("its mask filled", |shot| shot.count(is_tint) > 1000);
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}
