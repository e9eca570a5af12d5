//! Pictures on their way to terminals of several kinds, over lines of several speeds.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::CaseState;
use medicosam_tests::Size;
use medicosam_tests::client::{on_case, quit};
use medicosam_tests::keys::{CTRL_C, CTRL_L, ESCAPE};
use medicosam_tests::link::Link;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{Picture, Protocol, ScriptedTerminal, View};
use medicosam_tests::screenshot::Area;
use medicosam_tests::system::SCAN;
use medicosam_tests::under_review::reviewable;
use medicosam_tests::xterm::{self, Emulation, Xterm};
use std::process::Command;
use std::time::{Duration, Instant};

fn open(command: Command, size: Size, profile: Profile, line: Option<Link>) -> ScriptedTerminal {
    let terminal = ScriptedTerminal::spawn_behind(line, command, size, profile).unwrap();
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());
    terminal
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
    let (system, case) = reviewable(9, 12);
    for (profile, protocol) in [
        (Profile::KITTY, Protocol::Kitty),
        (Profile::WEZTERM, Protocol::Iterm2),
        (Profile::SIXEL_WITH_SIZES, Protocol::Sixel),
    ] {
        let mut terminal = open(on_case(&system, &case), Size::new(100, 30), profile, None);
        terminal.type_keys("j").unwrap();
        terminal.wait_for("another slice", |view| view.pictures().len() > 1);
        terminal.look(|view| {
            for picture in view.pictures() {
                assert_eq!(picture.protocol, protocol, "{}", profile.name);
            }
        });
        quit(&mut terminal);
    }
}

#[test]
fn a_held_key_over_a_slow_line_sends_few_drafts_and_then_one_picture_that_is_complete() {
    let (system, case) = reviewable(9, 12);
    let mut terminal = open(
        on_case(&system, &case),
        Size::new(100, 30),
        Profile::SIXEL_WITH_SIZES,
        Some(Link::SLOW),
    );
    terminal.wait_for("the first picture", last_is_complete);
    let first = terminal.look(slice_named).unwrap();
    // The slice that the keys will end on, and never come by before.
    let there = picture_after(&mut terminal, "j", first + 1);
    picture_after(&mut terminal, "k", first);
    let before = terminal.look(|view| view.pictures().len());
    let held = "kkkkkjjjjjkkkkkjjjjjkkkkkjjjjjkkkkkjjjjjj";
    for key in held.chars() {
        terminal.type_keys(&key.to_string()).unwrap();
        std::thread::sleep(Duration::from_millis(33)); // a key repeats thirty times a second
    }
    // Keys answer however many pictures were asked for: text waits for one draft at most.
    let released = Instant::now();
    terminal.wait_for("the last slice by its number", |view| {
        slice_named(view) == Some(first + 1)
    });
    let named = released.elapsed();
    assert!(named < Duration::from_secs(2), "named after {named:?}");
    terminal.wait_for("a draft, then all of it", |view| {
        let sent = &view.pictures()[before..];
        sent.last().is_some_and(|last| last.bytes == there) && sent.iter().any(|p| !is_complete(p))
    });
    terminal.look(|view| {
        let sent = &view.pictures()[before..];
        assert!(
            sent.len() < held.len() / 2,
            "{} pictures of {} slices",
            sent.len(),
            held.len()
        );
        assert!(!is_complete(&sent[0]), "a draft comes first");
        // Each was begun when the answer to the one before it had come: it arrives later than
        // that by the way there and back, and by the time of its own bytes.
        for pair in sent.windows(2) {
            let least = Link::SLOW.round_trip + Link::SLOW.time_of(pair[1].bytes.len());
            let apart = pair[1].arrived - pair[0].arrived;
            assert!(apart >= least, "{apart:?} instead of {least:?}");
        }
    });
    // It is the slice that the text names: redrawn, it is the same.
    let before = terminal.look(|view| view.pictures().len());
    terminal.type_keys(CTRL_L).unwrap();
    terminal.wait_for("the same slice again", |view| {
        view.pictures().len() > before && last_is_complete(view)
    });
    terminal.look(|view| {
        assert_eq!(slice_named(view), Some(first + 1));
        assert!(
            view.pictures().last().unwrap().bytes == there,
            "another slice"
        );
    });
    quit(&mut terminal);
}

/// The complete picture of the slice to which a key leads, when nothing else is on its way.
fn picture_after(terminal: &mut ScriptedTerminal, key: &str, slice: u32) -> Vec<u8> {
    let before = terminal.look(|view| view.pictures().len());
    terminal.type_keys(key).unwrap();
    terminal.wait_for("the slice, complete", |view| {
        slice_named(view) == Some(slice) && view.pictures().len() > before && last_is_complete(view)
    });
    terminal.look(|view| view.pictures().last().unwrap().bytes.clone())
}

/// The number of the slice that the panel names: `axial 7 of 0–20`.
fn slice_named(view: &View) -> Option<u32> {
    let text = view.text();
    let (_, rest) = text.split_once("axial ")?;
    rest.split_once(' ')?.0.parse().ok()
}

#[test]
fn in_an_xterm_a_moved_cursor_is_less_than_two_kilobytes() {
    let (system, case) = reviewable(9, 12);
    let mut terminal = open(
        on_case(&system, &case),
        Size::new(100, 30),
        Profile::XTERM_VT340,
        None,
    );
    terminal.wait_for("the first picture", last_is_complete);
    // Steps of ten pixels: a single one may be less than a pixel of the screen.
    for key in ["e", "L", "J", "H", "K"] {
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
    quit(&mut terminal);
}

#[test]
fn another_font_means_another_picture_that_stays_off_the_last_rows() {
    let (system, case) = reviewable(9, 12);
    let rows = 30;
    for profile in [Profile::XTERM_VT340, Profile::SIXEL_WITH_SIZES] {
        let mut terminal = open(on_case(&system, &case), Size::new(100, rows), profile, None);
        terminal.wait_for("the first picture", last_is_complete);
        terminal.change_font((6, 12)).unwrap();
        let height = |picture: &Picture| picture.sixel_size().unwrap().1;
        terminal.wait_for("a smaller picture", |view| {
            let last = view.pictures().last();
            last.is_some_and(|picture| {
                u32::from(picture.row) * 12 + height(picture) <= u32::from(rows - 2) * 12
            })
        });
        quit(&mut terminal);
    }
}

#[test]
fn patches_leave_the_same_pixels_in_a_real_xterm_as_the_whole_picture() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let mut xterm = Xterm::spawn(
        on_case(&system, &case),
        Size::new(100, 32),
        Emulation::Vt340,
    )
    .unwrap();
    // Yellow, as sixel rounds it: the cursor and the box.
    let tool = |[r, g, b]: [u8; 3]| r > 220 && g > 210 && (40..90).contains(&b);
    let contour = |[r, g, b]: [u8; 3]| r > 195 && (120..190).contains(&g) && b < 40;
    let picture = xterm.cells(2, 2, 71, 27).unwrap();
    // The first picture is a draft, with fewer greys.
    xterm.wait_for("a slice with a contour, in all greys", |shot| {
        shot.count(contour) > 60 && shot.crop(picture).greys().len() >= 20
    });
    xterm.type_keys("ebLLJb").unwrap();
    let patched = xterm
        .wait_for("the box", |shot| shot.crop(picture).count(tool) > 40)
        .crop(picture);
    xterm.type_keys("?").unwrap();
    xterm.wait_for("the help in its place", |shot| {
        shot.crop(picture).count(tool) == 0
    });
    xterm.type_keys(ESCAPE).unwrap();
    // Redrawn from scratch, every pixel is where the patches had put it.
    xterm.wait_for("the same picture again", |shot| {
        shot.crop(picture).pixels() == patched.pixels()
    });
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

#[test]
fn inside_a_real_tmux_pictures_are_what_it_can_show_and_no_answer_is_typed() {
    if !xterm::can_run_tmux() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let mut tmux = Command::new("tmux");
    // A server of its own without anybody's settings; it ends with its only window.
    tmux.arg("-S").arg(system.path("tmux"));
    tmux.args(["-u", "-f", "/dev/null", "new-session"]);
    let client = on_case(&system, &case);
    tmux.arg(client.get_program()).args(client.get_args());
    tmux.env_remove("TMUX");
    let size = Size::new(100, 30);
    let mut terminal = ScriptedTerminal::spawn(tmux, size, Profile::SIXEL_WITH_SIZES).unwrap();
    // A tmux without sixel draws text alone, whatever the terminal around it can do; one with
    // sixel passes pictures on if it believes that the terminal has it.
    terminal.wait_for("a picture", |view| {
        view.text().matches('▀').count() > 200 || view.pictures().iter().any(is_complete)
    });
    terminal.wait_for("the keys", |view| view.contains("approve"));
    let first = terminal.look(slice_named).unwrap();
    terminal.type_keys("j").unwrap();
    terminal.wait_for("the next slice", |view| {
        slice_named(view) == Some(first + 1)
    });
    terminal.look(|view| {
        for leaked in ["Gi=31", "tmux 3", ";22c", "1337;File"] {
            assert!(!view.contains(leaked), "{leaked}:\n{view}");
        }
    });
    let after = system.until_state(SCAN, CaseState::Review);
    assert_eq!(
        after.summary.revision,
        Some(1),
        "nothing was decided or prompted"
    );
    terminal.type_keys(CTRL_C).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
}

/// A sixel as pixels: its size, and red, green and blue of each.
fn decoded(sixel: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
    let image = icy_sixel::SixelImage::decode(sixel).unwrap();
    let pixels = image.pixels.as_chunks::<4>().0.iter();
    let pixels = pixels.map(|&[r, g, b, _]| [r, g, b]).collect();
    (image.width, image.height, pixels)
}

/// Peak signal to noise in dB; 0 for pictures of different sizes.
fn psnr(a: &[[u8; 3]], b: &[[u8; 3]]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let pairs = a.as_flattened().iter().zip(b.as_flattened());
    let squares = pairs.map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2));
    let mean = squares.sum::<f64>() / a.as_flattened().len() as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

#[test]
fn every_kind_of_picture_looks_in_a_real_xterm_as_its_bytes_say() {
    if !xterm::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id.0;
    let prompt = ["prompt", id, "--slice", "10", "--box", "330,345,395,390"];
    assert!(system.medicosam(&prompt).status.success());
    system.until("a revision to compare with", |cases| {
        (cases[0].revision == Some(2)).then_some(())
    });

    let size = Size::new(100, 32);
    let mut whole = on_case(&system, &case);
    whole.arg("--no-delta");
    let mut scripted = open(whole, size, Profile::XTERM_VT340, None);
    let mut xterm = Xterm::spawn(on_case(&system, &case), size, Emulation::Vt340).unwrap();
    for (key, what) in [
        ("", "one slice"),
        ("o", "with its mask filled"),
        ("c", "compared with the revision before"),
        ("v", "so in three planes"),
        ("c", "and with its own mask alone"),
        ("m", "as a mosaic"),
    ] {
        let before = scripted.look(|view| view.pictures().len());
        scripted.type_keys(key).unwrap();
        xterm.type_keys(key).unwrap();
        scripted.wait_for(what, |view| {
            view.pictures().len() > before.saturating_sub(usize::from(key.is_empty()))
                && last_is_complete(view)
        });
        let last = scripted.look(|view| view.pictures().last().unwrap().clone());
        let (width, height, pixels) = decoded(&last.bytes);
        let corner = xterm.cells(last.column, last.row, 1, 1).unwrap();
        let area = Area {
            width,
            height,
            ..corner
        };
        xterm.wait_for(what, |shot| psnr(shot.crop(area).pixels(), &pixels) >= 40.0);
    }
    quit(&mut scripted);
    xterm.type_keys(CTRL_C).unwrap();
    assert!(xterm.wait_exit().unwrap().success());
}

#[test]
#[ignore = "prints figures: from a key to its picture over 10 and 2 Mbit/s and 40 ms, and idle traffic"]
fn from_a_key_to_its_picture() {
    let (system, case) = reviewable(9, 12);
    let lines = [("10 Mbit/s", Link::HOME), ("2 Mbit/s", Link::SLOW)];
    let sizes = [(80, 24), (160, 50)];
    let all = lines.iter().flat_map(|line| sizes.map(|size| (line, size)));
    for (&(line, link), (columns, rows)) in all {
        let mut terminal = open(
            on_case(&system, &case),
            Size::new(columns, rows),
            Profile::SIXEL_WITH_SIZES,
            Some(link),
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
                "{line} {columns}x{rows} {what}: median {median:.0?}, p95 {p95:.0?}, at most {bytes} bytes"
            );
        }
        println!("{line} {columns}x{rows} idle: {idle} bytes in 10 s");
        quit(&mut terminal);
    }
}
