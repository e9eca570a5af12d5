//! The client lends the terminal to the shell, and gives it back when a signal ends it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_tests::Size;
use medicosam_tests::client::{self, NO_SOCKET, NOWHERE};
use medicosam_tests::keys::CTRL_C;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{ScriptedTerminal, View};
use medicosam_tests::system::program;
use rustix::process::{Pid, Signal, kill_process};
use std::process::Command;

const SIZE: Size = Size::new(80, 24);
const CTRL_Z: &str = "\x1a";

/// A client without a daemon, which it says.
fn client() -> Command {
    client::on(NO_SOCKET)
}

const MOUSE_ON: &str = "\x1b[?1002h\x1b[?1006h\x1b[?1016h";
const MOUSE_OFF: &str = "\x1b[?1016l\x1b[?1006l\x1b[?1002l";

/// Whether the mouse is reported, by what was written last.
fn is_mouse_on(view: &View) -> bool {
    view.places_of(MOUSE_ON).last() > view.places_of(MOUSE_OFF).last()
}

/// Whether the shell waits for a line. What is typed earlier goes to the program that has the terminal.
fn is_at_prompt(view: &View) -> bool {
    let screen = view.screen();
    let (row, _) = screen.cursor_position();
    let line = screen.rows(0, SIZE.columns.get()).nth(row.into());
    !screen.alternate_screen() && line.is_some_and(|line| line.trim_end() == "$")
}

#[test]
fn a_signal_ends_it_and_leaves_the_terminal_as_it_was() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal =
            ScriptedTerminal::spawn(client(), SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
        terminal.wait_for("the screen", |view| view.contains("not reachable"));
        terminal.wait_for("the mouse to be asked for", is_mouse_on);
        assert!(!terminal.is_in_line_mode().unwrap());
        let process = Pid::from_raw(terminal.process_id().cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
        assert_eq!(terminal.wait_exit().unwrap().code(), Some(status));
        assert!(terminal.is_in_line_mode().unwrap(), "{signal:?}");
        terminal.look(|view| {
            assert!(!view.screen().alternate_screen() && !view.screen().hide_cursor());
            assert!(!is_mouse_on(view), "{signal:?}");
        });
    }
}

#[test]
fn the_shell_gets_the_terminal_for_a_while_and_gives_it_back() {
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]).env("PS1", "$ ");
    shell.env("XDG_STATE_HOME", NOWHERE);
    let mut terminal = ScriptedTerminal::spawn(shell, SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the shell", |view| view.contains("$"));
    let line = format!("{} --socket {NO_SOCKET}\r", program("medicosam").display());
    terminal.type_keys(&line).unwrap();
    terminal.wait_for("the screen", |view| view.contains("not reachable"));

    for times in 1..=2 {
        terminal.wait_for("the mouse to be asked for", |view| {
            view.places_of(MOUSE_ON).count() == times
        });
        terminal.type_keys(CTRL_Z).unwrap();
        // The screen of the shell still says so from the time before.
        terminal.wait_for("the shell", |view| {
            view.text().matches("Stopped").count() == times && is_at_prompt(view)
        });
        assert!(!terminal.look(is_mouse_on), "{times}");
        terminal
            .type_keys("stty -a | grep -c ' icanon'; fg\r")
            .unwrap();
        terminal.wait_for("the screen again", |view| {
            view.screen().alternate_screen() && view.contains("not reachable")
        });
    }
    terminal.type_keys(CTRL_C).unwrap();
    terminal.wait_for("the shell", is_at_prompt);
    terminal.type_keys("echo status $?; exit\r").unwrap();
    terminal.wait_exit().unwrap();
    terminal.look(|view| assert!(view.contains("status 0"), "{view}"));
    assert!(!terminal.look(is_mouse_on));
}

#[test]
fn where_there_is_no_shell_it_stays() {
    let mut terminal = ScriptedTerminal::spawn(client(), SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the screen", |view| view.contains("not reachable"));
    terminal.type_keys(CTRL_Z).unwrap();
    terminal.wait_for("why not", |view| view.contains("no shell to go back to"));
    terminal.type_keys(CTRL_C).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
}

#[test]
fn a_doctor_asks_the_terminal_and_measures_the_line() {
    let mut command = client();
    command.arg("doctor").env("LANG", "C.UTF-8");
    let mut terminal =
        ScriptedTerminal::spawn(command, Size::new(200, 40), Profile::SIXEL_WITH_SIZES).unwrap();
    assert!(
        !terminal.wait_exit().unwrap().success(),
        "the daemon is not there, which is to be mended"
    );
    terminal.look(|view| {
        for text in [
            "sixelterm 1.0, 200x40 cells of 10x20 pixels",
            "sixel, synchronized updates",
            "sixel: sixelterm 1.0 says that it has sixel",
            "ms from question to answer,",
            "MB/s",
            "cannot reach the daemon at /nonexistent/api.sock",
        ] {
            assert!(view.contains(text), "{text:?} in\n{view}");
        }
    });
}
