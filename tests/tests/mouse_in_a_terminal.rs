//! A person reviews a case with the mouse, in scripted terminals that report it by pixels or by
//! cells.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::CaseState;
use medicosam_shared::geometry::Axis;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::prompt::SliceBox;
use medicosam_tests::Size;
use medicosam_tests::client::{self, NO_SOCKET};
use medicosam_tests::keys::ENTER;
use medicosam_tests::mouse::{Button, drag, press};
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{ScriptedTerminal, View};
use medicosam_tests::system::{SCAN, System};
use medicosam_tests::under_review::reviewable;

const SIZE: Size = Size::new(100, 30);

/// The client in a terminal, in the queue.
fn open(system: &System, profile: Profile) -> ScriptedTerminal {
    let terminal = client::in_queue(system, SIZE, profile);
    terminal.wait_for("the mouse to be asked for", |view| {
        view.has_written("\x1b[?1006h")
    });
    terminal
}

/// Opens the case by a double click on its row, and waits until the terminal has shown its picture.
fn click_open(terminal: &mut ScriptedTerminal, cell: (u32, u32)) {
    let row = terminal.look(|view| (0..30).find(|row| view.row(*row).contains(SCAN)));
    let (width, height) = cell;
    let at = (20 * width, u32::from(row.unwrap()) * height);
    let click = drag(Button::Left, &[at, at]);
    terminal.type_keys(&click.repeat(2)).unwrap();
    terminal.wait_for("the review", |view| view.contains("revision 1 of 1"));
    terminal.wait_for("its picture", |view| view.contains("  seen "));
}

fn quit(mut terminal: ScriptedTerminal) {
    client::quit(&mut terminal);
    terminal.look(|view| assert!(view.has_written("\x1b[?1006l\x1b[?1002l")));
}

#[test]
fn a_box_dragged_with_the_mouse_has_the_voxels_under_it_and_becomes_a_mask() {
    let (system, case) = reviewable(9, 12);
    let mut terminal = open(&system, Profile::SIXEL_WITH_SIZES);
    assert!(
        terminal.look(|view| view.has_written("\x1b[?1016h")),
        "by pixels"
    );
    let (width, height) = Profile::SIXEL_WITH_SIZES.cell.unwrap();
    let cell = (u32::from(width), u32::from(height));
    click_open(&mut terminal, cell);
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));

    // Where the picture is on the screen, and how large.
    let (left, top, size) = terminal.look(|view| {
        let picture = &view.pictures()[0];
        (
            u32::from(picture.column) * cell.0,
            u32::from(picture.row) * cell.1,
            picture.sixel_size().unwrap(),
        )
    });
    let scan = case.scan.as_ref().unwrap();
    let shape = scan.dims.slice_shape(Axis::K);
    assert!(
        size.0 >= shape.width && size.1 >= shape.height,
        "a pixel for each voxel at least: {size:?}"
    );
    let turned = Orientation::of_slice(&scan.affine, Axis::K);
    let pixel = |voxel| {
        let (x, y) = turned.to_screen(shape, voxel);
        let whole = turned.screen_shape(shape);
        let middle = |at: u32, pixels: u32, voxels: u32| (2 * at + 1) * pixels / (2 * voxels);
        (
            left + middle(x, size.0, whole.width),
            top + middle(y, size.1, whole.height),
        )
    };
    let way = [(318, 398), (350, 380), (404, 333)].map(pixel);
    terminal.type_keys(&drag(Button::Left, &way)).unwrap();
    terminal.type_keys("s").unwrap();
    terminal.wait_for("the new mask", |view| view.contains("mask in"));
    terminal.type_keys("c").unwrap();
    terminal.wait_for("the new revision", |view| view.contains("revision 2 of 2"));
    let prompted = system.wait(system.client().case(&case.summary.id.0));
    let prompts = &prompted.current().unwrap().provenance.prompts;
    let bbox = SliceBox {
        x0: 318,
        y0: 333,
        x1: 405,
        y1: 399,
    };
    assert_eq!((prompts.len(), prompts[0].bbox), (1, Some(bbox)));
    assert_eq!(prompted.summary.state, CaseState::Review);
    quit(terminal);
}

#[test]
fn where_only_cells_are_known_the_mouse_draws_by_cells() {
    let (system, _) = reviewable(9, 12);
    let mut terminal = open(&system, Profile::PLAIN);
    assert!(!terminal.look(|view| view.has_written("\x1b[?1016h")));
    click_open(&mut terminal, (1, 1));
    terminal.wait_for("blocks", |view| view.text().matches('▀').count() > 200);

    // On the slice that has been shown: on one whose picture is still on its way nothing is drawn.
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    terminal.type_keys("s").unwrap();
    terminal.wait_for("that nothing is drawn", |view| {
        view.contains("Draw something first")
    });
    let way = [(25, 10), (30, 12), (35, 14)];
    terminal.type_keys(&drag(Button::Left, &way)).unwrap();
    terminal.type_keys("s").unwrap();
    terminal.wait_for("the new mask", |view| view.contains("mask in"));

    let slice = terminal.look(slice_shown);
    assert!(slice.is_some());
    let turned = press(Button::WheelDown, (30, 12));
    terminal.type_keys(&turned).unwrap();
    terminal.wait_for("another slice", |view| slice_shown(view) != slice);
    quit(terminal);
}

/// What the panel says of the slice: its plane and its number.
fn slice_shown(view: &View) -> Option<String> {
    let rows = (0..30).map(|row| view.row(row));
    let mut named = rows.filter_map(|row| Some(row.split_once("axial ")?.1.to_owned()));
    named.next()
}

#[test]
fn without_the_mouse_the_terminal_is_not_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("client.toml");
    std::fs::write(&settings, "[screen]\nmouse = false\n").unwrap();
    for arguments in [
        vec!["--no-mouse".into()],
        vec!["--config".into(), settings.into_os_string()],
    ] {
        let mut command = client::on(NO_SOCKET);
        command.args(&arguments);
        let profile = Profile::SIXEL_WITH_SIZES;
        let mut terminal = ScriptedTerminal::spawn(command, SIZE, profile).unwrap();
        terminal.wait_for("the question", |view| view.has_written("\x1b[5n"));
        // When something drawn later is there, the answer has been sent.
        terminal.type_keys("?").unwrap();
        terminal.wait_for("the help", |view| view.contains("Keys in the queue"));
        assert!(!terminal.look(|view| view.contains("wheel")));
        // Reports that come all the same mean nothing.
        terminal
            .type_keys(&press(Button::Left, (200, 100)))
            .unwrap();
        terminal.type_keys(ENTER).unwrap();
        terminal.wait_for("the queue", |view| view.contains("not reachable"));
        client::quit(&mut terminal);
        terminal.look(|view| {
            for mode in ["?1000", "?1002", "?1003", "?1006", "?1016h", "?1016l"] {
                assert!(!view.has_written(mode), "{mode} {arguments:?}");
            }
        });
    }
}
