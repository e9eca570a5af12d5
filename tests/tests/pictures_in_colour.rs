//! A picture is reviewed as a picture: in its colours, in pixels, and without a patient's planes.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::{CaseDetail, CaseState};
use medicosam_tests::Size;
use medicosam_tests::client::{json, on_case, quit};
use medicosam_tests::keys::CTRL_C;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::System;
use medicosam_tests::xterm::{self, Emulation, Xterm};
use std::fs::File;

const PROFILE: &str = r#"
[[profile]]
name = "test"

[[profile.object]]
label = 1
name = "lesion"
box = { space = "fraction", min = [0.2, 0.2, 0.0], max = [0.7, 0.7, 1.0] }
"#;

/// Pixels on each side.
const SIDE: u32 = 240;
const SKIN: [u8; 3] = [220, 180, 160];
const LESION: [u8; 3] = [150, 40, 30];

/// A picture of skin with a round lesion, under review.
fn under_review() -> (System, CaseDetail) {
    let mut system = System::new(PROFILE);
    system.configure("profile = \"test\"", "profile = \"test\"\npictures = true");
    let file = File::create(system.path("incoming/skin.png")).unwrap();
    let mut encoder = png::Encoder::new(file, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    let is_lesion =
        |x: u32, y: u32| x.abs_diff(108).pow(2) + y.abs_diff(108).pow(2) <= 48u32.pow(2);
    let pixels: Vec<u8> = (0..SIDE * SIDE)
        .flat_map(|at| match is_lesion(at % SIDE, at / SIDE) {
            true => LESION,
            false => SKIN,
        })
        .collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    system.start();
    let case = system.until_state("skin.png", CaseState::Review);
    (system, case)
}

/// Whether a colour is this one, as sixel rounds it.
fn is(colour: [u8; 3]) -> impl Fn([u8; 3]) -> bool {
    move |shown| shown.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 4)
}

#[test]
fn a_real_xterm_shows_a_picture_in_its_colours_under_the_contour() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = under_review();
    let command = on_case(&system, &case);
    let mut xterm = Xterm::spawn(command, Size::new(100, 32), Emulation::Vt340).unwrap();
    // The first object is outlined in orange.
    let is_contour = |[r, g, b]: [u8; 3]| r > 195 && (120..190).contains(&g) && b < 40;
    xterm.wait_for("skin, lesion and contour", |shot| {
        shot.count(is(SKIN)) > 20_000
            && shot.count(is(LESION)) > 5_000
            && shot.count(is_contour) > 60
    });
    // A window for greys changes nothing.
    xterm.type_keys("2 ").unwrap();
    xterm.wait_for("the same without the contour", |shot| {
        shot.count(is(SKIN)) > 20_000
            && shot.count(is(LESION)) > 5_000
            && shot.count(is_contour) < 60
    });
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

#[test]
fn a_picture_has_pixels_and_neither_planes_nor_millilitres() {
    let (system, case) = under_review();
    assert_eq!(case.summary.volume_ml, None);
    let object = &case.current().unwrap().provenance.objects[0];
    assert_eq!(object.volume_ml, None);
    let command = on_case(&system, &case);
    let mut terminal =
        ScriptedTerminal::spawn(command, Size::new(120, 40), Profile::PLAIN).unwrap();
    let pixels = format!("{} px", object.voxels);
    let part = 100.0 * object.voxels as f64 / f64::from(SIDE * SIDE);
    let part = format!("{part:.1} % of it");
    terminal.wait_for("the size in pixels, and as a part", |view| {
        view.contains(&pixels) && view.contains(&part)
    });
    terminal.wait_for("the slice", |view| view.contains("in its own colours"));
    terminal.look(|view| {
        let text = view.text();
        assert!(text.contains("picture  240×240"), "{text}");
        for word in [" mL", "cm²", " mm", "axial", "HU"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    });
    terminal.type_keys("2").unwrap();
    terminal.wait_for("why there is no window", |view| {
        view.contains("A picture with colours has no window")
    });
    terminal.type_keys("v").unwrap();
    terminal.wait_for("why there is no other plane", |view| {
        view.contains("A picture has one slice")
    });
    quit(&mut terminal);

    let list = json(&system.medicosam(&["list", "--json"]));
    assert!(list["cases"][0]["volume_ml"].is_null(), "{list}");
    let id = case.summary.id.0.as_str();
    let shown = json(&system.medicosam(&["show", id, "--json"]));
    let objects = &shown["revisions"][0]["provenance"]["objects"];
    assert!(objects[0]["volume_ml"].is_null(), "{objects}");
    assert!(shown["scan"]["picture"].as_bool().unwrap(), "{shown}");
    let shown = system.medicosam(&["show", id]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("picture of 240×240 pixels"), "{text}");
}
