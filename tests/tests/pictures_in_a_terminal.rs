//! Pictures on their way to terminals of several kinds, over lines of several speeds.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::keys::{CTRL_C, ESCAPE};
use medicosam_tests::link::Link;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{Picture, Protocol, ScriptedTerminal, View};
use medicosam_tests::system::{System, lung_profile, program};
use medicosam_tests::xterm::{self, Emulation, Xterm};
use std::process::Command;
use std::time::{Duration, Instant};

const SCAN: &str = "ct_lung.nii.gz";

/// A system with one case up for review, and the command that opens it.
fn reviewable() -> (System, impl Fn() -> Command) {
    let mut system = System::new(&lung_profile(9, 12));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review).summary.id.0;
    let socket = system.socket();
    let open = move || {
        let mut command = Command::new(program("medicosam"));
        command.arg("--socket").arg(&socket).args(["open", &case]);
        command
    };
    (system, open)
}

fn open(command: Command, size: Size, profile: Profile, line: Option<Link>) -> ScriptedTerminal {
    let terminal = ScriptedTerminal::spawn_behind(line, command, size, profile).unwrap();
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());
    terminal
}

fn quit(mut terminal: ScriptedTerminal) {
    terminal.type_keys(CTRL_C).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
}

/// Whether a sixel has more than 16 greys and the inks beside them: it is no draft.
fn is_complete(picture: &Picture) -> bool {
    let text = String::from_utf8_lossy(&picture.bytes);
    (23..=31).any(|colour| text.contains(&format!("#{colour};2;")))
}

fn last_is_complete(view: &View) -> bool {
    view.pictures().last().is_some_and(is_complete)
}

#[test]
fn terminals_with_protocols_of_their_own_get_pictures_by_them() {
    let (_system, command) = reviewable();
    for (profile, protocol) in [
        (Profile::KITTY, Protocol::Kitty),
        (Profile::WEZTERM, Protocol::Iterm2),
        (Profile::SIXEL_WITH_SIZES, Protocol::Sixel),
    ] {
        let mut terminal = open(command(), Size::new(100, 30), profile, None);
        terminal.type_keys("j").unwrap();
        terminal.wait_for("another slice", |view| view.pictures().len() > 1);
        terminal.look(|view| {
            for picture in view.pictures() {
                assert_eq!(picture.protocol, protocol, "{}", profile.name);
            }
        });
        quit(terminal);
    }
}

#[test]
fn a_held_key_over_a_slow_line_sends_few_drafts_and_then_one_picture_that_is_complete() {
    let (_system, command) = reviewable();
    let mut terminal = open(
        command(),
        Size::new(100, 30),
        Profile::SIXEL_WITH_SIZES,
        Some(Link::SLOW),
    );
    terminal.wait_for("the first picture", last_is_complete);
    let before = terminal.look(|view| view.pictures().len());
    let held = "kkkkkjjjjjkkkkkjjjjjkkkkkjjjjjkkkkkjjjjjk";
    for key in held.chars() {
        terminal.type_keys(&key.to_string()).unwrap();
        std::thread::sleep(Duration::from_millis(33)); // a key repeats thirty times a second
    }
    terminal.wait_for("a draft, then all of it", |view| {
        last_is_complete(view) && view.pictures()[before..].iter().any(|p| !is_complete(p))
    });
    let sent = terminal.look(|view| view.pictures().len()) - before;
    assert!(
        sent < held.len() / 2,
        "{sent} pictures of {} slices",
        held.len()
    );
    quit(terminal);
}

#[test]
fn in_an_xterm_a_moved_cursor_is_less_than_two_kilobytes() {
    let (_system, command) = reviewable();
    let mut terminal = open(command(), Size::new(100, 30), Profile::XTERM_VT340, None);
    terminal.wait_for("the first picture", last_is_complete);
    for key in ["e", "l", "L", "J", "h"] {
        let (pictures, bytes) = terminal.look(|v| (v.pictures().len(), v.written().len()));
        terminal.type_keys(key).unwrap();
        terminal.wait_for("a patch", |view| view.pictures().len() > pictures);
        let patch = terminal.look(|view| view.pictures()[pictures].bytes.len());
        assert!(patch <= 2000, "{key}: {patch} bytes of pixels");
        if key != "e" {
            let all = terminal.look(|view| view.written().len()) - bytes;
            assert!(all <= 3000, "{key}: {all} bytes with the text around it");
        }
    }
    quit(terminal);
}

#[test]
fn another_font_means_another_picture_that_stays_off_the_last_rows() {
    let (_system, command) = reviewable();
    let rows = 30;
    for profile in [Profile::XTERM_VT340, Profile::SIXEL_WITH_SIZES] {
        let mut terminal = open(command(), Size::new(100, rows), profile, None);
        terminal.wait_for("the first picture", last_is_complete);
        terminal.change_font((6, 12)).unwrap();
        let height = |picture: &Picture| {
            let text = String::from_utf8_lossy(&picture.bytes).into_owned();
            let size = text.split_once("\"1;1;").unwrap().1;
            let mut numbers = size
                .split(['#', ';'])
                .map(|n| n.parse::<u32>().unwrap_or(0));
            (numbers.next().unwrap(), numbers.next().unwrap()).1
        };
        terminal.wait_for("a smaller picture", |view| {
            let last = view.pictures().last();
            last.is_some_and(|picture| {
                u32::from(picture.row) * 12 + height(picture) <= u32::from(rows - 2) * 12
            })
        });
        quit(terminal);
    }
}

#[test]
fn patches_leave_the_same_pixels_in_a_real_xterm_as_the_whole_picture() {
    if !xterm::can_run() {
        return;
    }
    let (_system, command) = reviewable();
    let mut xterm = Xterm::spawn(command(), Size::new(100, 32), Emulation::Vt340).unwrap();
    // Yellow, as sixel rounds it: the cursor and the box.
    let tool = |[r, g, b]: [u8; 3]| r > 220 && g > 210 && (40..90).contains(&b);
    let contour = |[r, g, b]: [u8; 3]| r > 200 && (120..190).contains(&g) && b < 40;
    xterm.wait_for("a slice with a contour", |shot| shot.count(contour) > 60);
    let picture = xterm.cells(2, 2, 71, 27).unwrap();
    xterm.type_keys("ebLLJb").unwrap();
    let patched = xterm
        .wait_for("the box", |shot| shot.crop(picture).count(tool) > 40)
        .crop(picture);
    xterm.type_keys("?").unwrap();
    xterm.wait_for("the help in its place", |shot| {
        shot.crop(picture).count(tool) == 0
    });
    xterm.type_keys(ESCAPE).unwrap();
    // Drawn anew from nothing, every pixel is where the patches had put it.
    xterm.wait_for("the same picture again", |shot| {
        shot.crop(picture).pixels() == patched.pixels()
    });
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

#[test]
#[ignore = "prints figures: from a key to its picture over 10 Mbit/s and 40 ms, and idle traffic"]
fn from_a_key_to_its_picture() {
    let (_system, command) = reviewable();
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut terminal = open(
            command(),
            Size::new(columns, rows),
            Profile::SIXEL_WITH_SIZES,
            Some(Link::HOME),
        );
        terminal.wait_for("the first picture", last_is_complete);
        let (mut first, mut full) = (Vec::new(), Vec::new());
        for key in ["j", "k"].repeat(10) {
            let before = terminal.look(|view| view.pictures().len());
            let pressed = Instant::now();
            terminal.type_keys(key).unwrap();
            terminal.wait_for("a picture", |view| view.pictures().len() > before);
            terminal.wait_for("all of it", last_is_complete);
            terminal.look(|view| {
                let at = |picture: &Picture| (picture.arrived - pressed, picture.bytes.len());
                first.push(at(&view.pictures()[before]));
                full.push(at(view.pictures().last().unwrap()));
            });
        }
        let quiet = terminal.look(|view| view.written().len());
        std::thread::sleep(Duration::from_secs(10));
        let idle = terminal.look(|view| view.written().len()) - quiet;
        for (what, mut times) in [("first", first), ("full", full)] {
            times.sort();
            let ((median, _), (p95, _)) = (times[times.len() / 2], times[times.len() * 95 / 100]);
            let bytes = times.iter().map(|(_, bytes)| *bytes).max().unwrap();
            println!(
                "{columns}x{rows} {what}: median {median:.0?}, p95 {p95:.0?}, at most {bytes} bytes"
            );
        }
        println!("{columns}x{rows} idle: {idle} bytes in 10 s");
        quit(terminal);
    }
}
